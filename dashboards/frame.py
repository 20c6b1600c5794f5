"""What every page starts with: the look, the lake, the month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboards import figures, parts, settings, theme
from dashboards.data import Reader, Row


def open_page(title: str, lead: str) -> tuple[Reader, str, dict[str, Any]]:
    """Draw the page's head and let the reader pick a month; a lake with nothing published ends the page here."""
    look = theme.theme()
    st.set_page_config(page_title=f"{title} · {look['name']}", page_icon=theme.favicon(look), layout="wide")
    st.html(theme.style_sheet(look))
    st.logo(theme.logo(look), size="large")
    reader = Reader(settings.lake_root())
    periods = reader.periods()
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.html(f'<header class="rb-head"><h1>{title}</h1><p>{lead}</p></header>')
    if not periods:
        st.html(
            parts.empty(
                "Nothing published yet",
                f"This lake has no month to show ({reader.lake.root}). Run a month; its state appears here "
                "whether it publishes or is refused.",
                "rebill run 2026-10 --lake LAKE --config DIR/config --deliveries DIR/deliveries",
            )
        )
        st.stop()
    with right:
        period = choose("Billing period", periods, "period", figures.month)
    return reader, period, look


def choose(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> str:
    """A select box that keeps its choice across pages and in the address, so that a view can be sent to someone."""
    kept = f"chosen_{key}"
    address = st.query_params.get(key)
    # Turning to another page clears the address, and what the state then holds is that page's widget, not ours.
    if address is None or st.session_state.get(key) not in options:
        asked = (address, st.session_state.get(kept))
        st.session_state[key] = next((value for value in asked if value in options), options[0])
    chosen = st.selectbox(label, options, key=key, format_func=show)
    st.session_state[kept] = chosen
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def show_chart(chart: Any, key: str) -> None:
    """A chart on a card of its own, in our colours rather than Streamlit's."""
    with st.container(border=True, key=f"rbchart_{key}"):
        st.altair_chart(chart, theme=None, width="stretch")


def show_by_currency(rows: Sequence[Row], draw: Callable[[list[Row]], Any], key: str, bars: int, rest: str) -> None:
    """A chart of the first `bars` rows of each billing currency; `rest` says where the others are, if there are any."""
    parted: dict[str, list[Row]] = {}
    for row in rows:
        parted.setdefault(row["BillingCurrency"], []).append(row)
    for currency, shown in sorted(parted.items()):
        show_chart(draw(shown[:bars]), f"{key}_{currency.lower()}")
    if any(len(shown) > bars for shown in parted.values()):
        st.caption(f"The chart shows the first {bars} per currency; {rest}.")


def pick(label: str, options: Sequence[str], key: str, show: Callable[[str], str] = str) -> str | None:
    """A filter: one of the options, or None for all of them."""
    return st.selectbox(label, options, index=None, key=key, format_func=show, placeholder="All")
