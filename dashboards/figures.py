"""Figures as text: what the published file says, digit for digit, with separators a reader needs.

A figure is shown in two parts: the digits down to the currency's minor unit, and whatever the published
value has beyond it, which the page sets smaller. Together they are the exact value; nothing is rounded.
"""

from __future__ import annotations

from pipelines.money import Decimal

MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def minor_units(currency: str | None) -> int:
    """How many decimals the currency is written with; two unless it is one of the known exceptions."""
    return MINOR_UNITS.get(currency or "", 2)


def split(value: Decimal, currency: str | None = None) -> tuple[str, str]:
    """The exact value as (digits to the minor unit, digits beyond it without closing zeros)."""
    units = minor_units(currency)
    if value == 0:
        value = abs(value)  # a negative zero is a zero
    whole, _, decimals = f"{value:,f}".partition(".")
    decimals = decimals.rstrip("0").ljust(units, "0")
    main, tail = decimals[:units], decimals[units:]
    if units == 0:
        return whole, f".{tail}" if tail else ""
    return f"{whole}.{main}", tail


def amount(value: Decimal, currency: str | None = None) -> str:
    """The exact value in one piece, e.g. `1,234.50`."""
    return "".join(split(value, currency))


def with_currency(value: Decimal, currency: str) -> str:
    """The exact value and its currency, e.g. `EUR 1,234.50`."""
    return f"{currency} {amount(value, currency)}"


def count(value: int) -> str:
    """A number of things, e.g. `12,345`."""
    return f"{value:,d}"


def pixels(value: Decimal) -> float:
    """A length on a screen. The only way from money to a float, and never back."""
    return float(value)


def month(period: str) -> str:
    """`2026-10` as `October 2026`."""
    names = "January February March April May June July August September October November December".split()
    year, number = period.split("-")
    return f"{names[int(number) - 1]} {year}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 bill`, `12 bills`."""
    return f"{number:,d} {one if number == 1 else many or one + 's'}"
