"""Rates of a period: as stored, or inverted once; never chained, never of another month."""

from __future__ import annotations

from datetime import date

from pipelines.config.fx import Rates
from pipelines.config.models import FxRate
from pipelines.config.records import Place
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

OCTOBER = BillingPeriod("2026-10")


def stored(source: str, target: str, rate: str, period: BillingPeriod = OCTOBER) -> FxRate:
    return FxRate(Place("fx_rates.csv", 2), period, source, target, Decimal(rate), "ECB", date(2026, 10, 30))


def test_direct_inverted_and_same_currency() -> None:
    rates = Rates([stored("EUR", "USD", "1.17")], OCTOBER)
    for pair in (("EUR", "USD"), ("USD", "EUR"), ("JPY", "JPY")):
        rates.need(*pair, reason="a test")
    assert rates.used == {
        ("EUR", "USD"): Decimal("1.17"),
        ("USD", "EUR"): Decimal("0.854700854701"),
        ("JPY", "JPY"): Decimal(1),
    }
    assert rates.problems() == []


def test_both_directions_stored_are_both_used_as_they_stand() -> None:
    rates = Rates([stored("EUR", "USD", "1.17"), stored("USD", "EUR", "0.855")], OCTOBER)
    rates.need("USD", "EUR", "a test")
    assert rates.used["USD", "EUR"] == Decimal("0.855")


def test_a_missing_pair_names_pair_period_and_need() -> None:
    other = stored("KWD", "USD", "3.26", BillingPeriod("2026-09"))
    rates = Rates([stored("EUR", "USD", "1.17"), stored("EUR", "KWD", "0.36"), other], OCTOBER)
    rates.need("KWD", "USD", "contract c-1")
    (problem,) = rates.problems()
    assert problem.what == "no rate from KWD to USD for 2026-10, needed by contract c-1"
    assert problem.remedy == "add a row 2026-10,KWD,USD,<rate>,<source>,<date>, or one from USD to KWD"


def test_the_digest_depends_on_used_rates_only() -> None:
    one = Rates([stored("EUR", "USD", "1.17")], OCTOBER)
    two = Rates([stored("EUR", "USD", "1.17"), stored("EUR", "KWD", "0.36")], OCTOBER)
    three = Rates([stored("EUR", "USD", "1.18")], OCTOBER)
    for rates in (one, two, three):
        rates.need("EUR", "USD", "a test")
    assert one.digest() == two.digest() != three.digest()
