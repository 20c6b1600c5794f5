"""The dashboards: the list of pages, nothing else.

Start with `streamlit run dashboards/app.py -- --lake LAKE` or set REBILL_LAKE.
"""

import sys
from pathlib import Path

# Streamlit puts only this file's folder on the path; the pages import `dashboards` and `pipelines` by name.
ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402

# No page icons: Streamlit would make them the favicon and fetch that from a public font server.
st.navigation(
    [
        st.Page("pages/1_month.py", title="Month", url_path="month", default=True),
        st.Page("pages/2_margin.py", title="Margin", url_path="margin"),
        st.Page("pages/3_bill.py", title="Bills", url_path="bill"),
        st.Page("pages/4_commitments.py", title="Commitments", url_path="commitments"),
        st.Page("pages/5_credits.py", title="Credits", url_path="credits"),
    ],
    position="top",
).run()
