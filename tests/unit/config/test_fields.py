"""Fields: exact numbers, real dates, known words; everything else says what to write."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.config import fields
from pipelines.money import Decimal


@pytest.mark.parametrize("raw", ["0", "-1.5", "0.000000000001", "1234567890123456789012345.123456789012", "007"])
def test_numbers_are_exact(raw: str) -> None:
    assert fields.number(raw) == Decimal(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "1e3",
        "1E-3",
        "1_000",
        "1,000",
        "1.000,5",
        "+1",
        ".5",
        "5.",
        "10%",
        "0x10",
        "inf",
        "NaN",
        "1 000",
        "\u0661",
        "0.0000000000001",
        "12345678901234567890123456",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_number(raw: str) -> None:
    with pytest.raises(fields.Unfit):
        fields.number(raw)


@pytest.mark.parametrize("raw", ["2026-1-01", "20261001", "2026-02-30", "2026-10-01T00:00", "1899-12-31", "2026-W40-1"])
def test_dates_are_iso_days(raw: str) -> None:
    with pytest.raises(fields.Unfit):
        fields.day(raw)


def test_the_open_ends_are_dates_too() -> None:
    assert fields.day("1900-01-01") == fields.OPEN_START
    assert fields.day("9999-12-31") == fields.OPEN_END
    assert fields.day("2026-10-01") == date(2026, 10, 1)


@pytest.mark.parametrize("raw", ["", ".hidden", "a/b", "a b", "-a", "é", "a" * 65, ".."])
def test_ids_are_safe_folder_names(raw: str) -> None:
    with pytest.raises(fields.Unfit):
        fields.identifier(raw)


def test_a_currency_in_lower_case_is_suggested_in_upper_case() -> None:
    with pytest.raises(fields.Unfit, match="did you mean 'EUR'"):
        fields.currency("eur")
