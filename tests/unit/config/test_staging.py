"""The dates that divide a month, and tables built from rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.config.arrow import NUMBER, TEXT, table
from pipelines.config.staging import boundaries
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

TENTH, SIXTEENTH = date(2026, 10, 10), date(2026, 10, 16)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), [TENTH, SIXTEENTH]),
        (TENTH, SIXTEENTH, [SIXTEENTH]),  # a change on the first charge day divides nothing
        (TENTH, date(2026, 10, 15), []),
        (date(2026, 11, 1), date(2026, 11, 30), []),
        (date(2026, 9, 20), date(2026, 10, 9), [date(2026, 10, 1)]),  # earlier charges are told apart
    ],
)
def test_boundaries_divide_the_charge_dates(directory: Path, first: date, last: date, expected: list[date]) -> None:
    assert boundaries(config.load(directory), BillingPeriod("2026-10"), first, last) == expected


def test_a_table_keeps_decimals_and_may_be_empty() -> None:
    columns = [("Name", TEXT), ("Amount", NUMBER)]
    amount = Decimal("12345678901234567890123456.123456789012")
    assert table(columns, [("a", amount)]).to_pylist() == [{"Name": "a", "Amount": amount}]
    assert table(columns, []).num_rows == 0
