"""Figures as exact text."""

from __future__ import annotations

from pipelines.building import MARTS
from pipelines.lake import connect
from pipelines.orchestration.figures import MART_TABLES, Table, _query


def test_money_is_exact_text_and_counts_are_numbers() -> None:
    with connect() as con:
        shown = _query(con, "select exact('-1234.567890123456789012') as amount, 3 as lines, date '2026-10-31' as day")
    assert shown == Table(("amount", "lines", "day"), (("-1,234.567890123456789012", 3, "2026-10-31"),))


def test_rows_are_found_and_summed_by_column() -> None:
    shown = Table(("tie", "scopes"), (("a", 2), ("b", 3), ("a", 4)))
    assert shown.total("scopes") == 9
    assert shown.where("tie", {"a"}).total("scopes") == 6


def test_every_published_mart_has_a_table() -> None:
    assert set(MART_TABLES) == set(MARTS)
