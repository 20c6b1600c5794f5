"""Each page run as Streamlit runs it, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import figures
from dashboards.data import Filter, Reader
from tests.e2e.published_tree import build

PAGES = Path(__file__).parents[3] / "dashboards/pages"


def open_page(name: str, lake: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("REBILL_LAKE", str(lake))
    page = AppTest.from_file(str(PAGES / name), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    return re.sub(r"<[^>]+>", "", " ".join(element.proto.body for element in page.get("html")))


@pytest.mark.parametrize("name", ["1_month.py", "2_margin.py", "3_bill.py", "4_commitments.py", "5_credits.py"])
def test_an_empty_lake_says_what_to_do(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page(name, tmp_path, monkeypatch))
    assert "Nothing published yet" in shown
    assert "rebill run" in shown


def test_month_shows_verdict_holds_and_proof(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("1_month.py", lake, monkeypatch, period="2026-10"))
    for words in ("October 2026 is published, 2 bills held", "Bills published28", "Bills held2", "39 of 39 comparisons",
                  "Granite Bank", "link sub_account 770391285514 to a tenant", "7,437.00", "-2,210.14"):  # fmt: skip
        assert words in shown


def test_month_shows_a_refusal_with_its_problem(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("1_month.py", lake, monkeypatch, period="2026-09"))
    for words in ("September 2026 is refused", "does not tie", "-118.20", "268,120.440000000001", "build again"):
        assert words in shown


def test_a_choice_of_month_is_kept(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("1_month.py", lake, monkeypatch)
    page.selectbox(key="period").set_value("2026-08").run()
    assert "August 2026 is clear" in text(page)
    assert page.query_params["period"] == "2026-08"


def test_margin_shows_the_published_totals(lake: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("2_margin.py", lake, monkeypatch, period="2026-10")
    bundle = reader.operator("2026-10")
    assert bundle is not None
    total = reader.margin(bundle, "total", Filter({"SellerTenantId": "meridian"}), 1)[0]
    shown = text(page)
    for name in ("Revenue", "Cost", "Margin", "PartnerBenefit"):
        assert figures.amount(total[name], "EUR") in shown


@pytest.mark.parametrize("ranking", ["Buyer", "End customer", "Provider", "Service"])
def test_margin_can_be_ranked(ranking: str, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("2_margin.py", lake, monkeypatch, period="2026-10", seller="kestrel")
    page.session_state["rank"] = ranking
    page.run()
    assert not page.exception
    assert "Partner benefit" not in text(page).partition("The whole chain")[0]


def test_a_refused_month_has_no_margin_and_no_bill(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No margin for September 2026" in text(open_page("2_margin.py", lake, monkeypatch, period="2026-09"))
    assert "No bill for September 2026" in text(open_page("3_bill.py", lake, monkeypatch, period="2026-09"))


def test_bill_shows_the_published_figures(lake: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("3_bill.py", lake, monkeypatch, period="2026-10", seller="kestrel", buyer="cedar-labs")
    bundle = reader.operator("2026-10")
    assert bundle is not None
    row = next(
        row
        for row in pq.read_table(bundle.file("invoices.parquet")).to_pylist()
        if row["BuyerTenantId"] == "cedar-labs"
    )
    shown = text(page)
    for words in ("Preview", row["InvoiceId"], figures.amount(row["BilledCost"], "GBP"), "Kestrel IT Partners"):
        assert words in shown
    assert len(page.get("download_button")) == 7
    for words in ("By cost centre", "Laboratory", "Research", "All cost centres"):
        assert words in shown


def test_bill_lines_can_be_narrowed(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("3_bill.py", lake, monkeypatch, period="2026-10", seller="meridian", buyer="halden")
    page.text_input(key="line_search").set_value("bigquery").run()
    shown = text(page)
    assert "By cost centre" not in shown
    assert "lines selected" in shown
    assert "Virtual Machines" not in shown
    page.text_input(key="line_search").set_value("no such thing").run()
    assert "No line matches" in text(page)


def test_a_held_bill_says_why(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("3_bill.py", lake, monkeypatch, period="2026-10", seller="kestrel", buyer="granite-bank")
    assert "The bill for Granite Bank is held" in text(page)
    assert "unlinked account" in text(page)
    assert len(page.get("download_button")) == 0


def test_warnings_are_shown_on_a_clear_month(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("1_month.py", lake, monkeypatch, period="2026-08"))
    assert "Worth knowing" in shown
    assert "Final slices" in shown


def test_a_bill_of_an_earlier_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = build(tmp_path) / "published/period=2026-08/status/version=1/status.json"
    status.write_text(json.dumps({"period": "2026-08", "verdict": "refused", "problems": []}))
    shown = text(open_page("3_bill.py", tmp_path, monkeypatch, period="2026-08"))
    assert "The latest run of August 2026 was refused" in shown
    assert "Preview" in shown


def test_commitments_show_use_owner_and_what_is_shared(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("4_commitments.py", lake, monkeypatch, period="2026-10"))
    for words in ("2f7b9c1a", "Cedar Labs", "1,840.125", "62.40", "96.7 %", "purchase unknown", "warned of",
                  "Dune Mobility", "209.55", "1 commitment reached more than one end customer"):  # fmt: skip
        assert words in shown
    assert "blocks the month" not in shown


def test_a_breach_is_said_of_a_refused_month(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("4_commitments.py", lake, monkeypatch, period="2026-09"))
    assert "This breaks a rule that blocks the month" in shown
    assert "in breach" in shown


def test_commitments_can_be_narrowed(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("4_commitments.py", lake, monkeypatch, period="2026-10")
    page.selectbox(key="commitment_provider").set_value("azure").run()
    shown = text(page)
    assert "Kestrel IT Partners" in shown
    assert "2f7b9c1a" not in shown
    page.selectbox(key="commitment_owner").set_value("kestrel").run()
    assert "No commitment is shared" in text(page)


def test_credits_show_what_was_left_on_the_table(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = text(open_page("5_credits.py", lake, monkeypatch, period="2026-10"))
    for words in ("1,524.855", "192.3825", "395.32", "1,129.535", "Cedar Sandbox", "31.875", "Linked to nobody"):
        assert words in shown


def test_a_month_that_stopped_early_has_no_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in build(tmp_path).glob("published/period=2026-09/status/version=1/*.parquet"):
        path.unlink()
    assert "No commitments for September 2026" in text(
        open_page("4_commitments.py", tmp_path, monkeypatch, period="2026-09")
    )
    assert "No partner credits for September 2026" in text(
        open_page("5_credits.py", tmp_path, monkeypatch, period="2026-09")
    )
