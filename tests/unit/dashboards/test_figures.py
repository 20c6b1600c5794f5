"""Figures are the published digits."""

from __future__ import annotations

import pytest

from dashboards import figures
from pipelines.money import Decimal


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("1234567.8", "EUR", ("1,234,567.80", "")),
        ("85498.6800", "EUR", ("85,498.68", "")),
        ("0.005", "EUR", ("0.00", "5")),
        ("-0.0321", "EUR", ("-0.03", "21")),
        ("-0.000000000000", "EUR", ("0.00", "")),
        ("0E-24", None, ("0.00", "")),
        ("1200", "JPY", ("1,200", "")),
        ("1200.5", "JPY", ("1,200", ".5")),
        ("12.3456", "KWD", ("12.345", "6")),
        ("12345678901234.123456789012345678901234", "USD", ("12,345,678,901,234.12", "3456789012345678901234")),
    ],
)
def test_split_keeps_every_digit(value: str, currency: str | None, expected: tuple[str, str]) -> None:
    assert figures.split(Decimal(value), currency) == expected
    assert Decimal("".join(expected).replace(",", "")) == Decimal(value)


def test_words() -> None:
    assert figures.with_currency(Decimal("1234.5"), "EUR") == "EUR 1,234.50"
    assert figures.month("2026-10") == "October 2026"
    assert (figures.plural(1, "bill"), figures.plural(1200, "bill")) == ("1 bill", "1,200 bills")
