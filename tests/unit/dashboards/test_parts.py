"""HTML pieces: exact text, everything escaped."""

from __future__ import annotations

import re

from dashboards import parts
from dashboards.parts import Column
from pipelines.money import Decimal


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def test_money_is_the_exact_text() -> None:
    assert text(parts.money(Decimal("-1234.567890123456"), "EUR")) == "-1,234.567890123456"
    assert text(parts.money(None, "EUR")) == "—"


def test_no_difference_is_a_bare_zero() -> None:
    assert text(parts.difference(Decimal("0E-24"), "EUR")) == "0"
    assert text(parts.difference(Decimal("1E-24"), "EUR")) == "0.000000000000000000000001"


def test_tables_escape_and_leave_absent_totals_blank() -> None:
    rows = [{"Name": "<script>", "Amount": Decimal("1.5"), "Currency": "EUR"}, {"Name": None, "Amount": None}]
    columns = [Column("Na<me", "Name"), Column("Amount", "Amount", "money", "Currency"), Column("Other", "Other")]
    html = parts.table(rows, columns, label='a"b', total={"Name": "2 lines", "Amount": Decimal("1.5")})
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Na&lt;me" in html
    assert 'aria-label="a&quot;b"' in html
    assert text(html.partition("<tfoot>")[2]) == "2 lines1.50"


def test_headline_pieces_escape() -> None:
    for html in (parts.banner("held", "<b>", "<i>"), parts.empty("<b>", "<i>", "<u>"), parts.badge("<b>", "held")):
        assert not re.search(r"<(b|i|u)>", html)
