"""Earned credit that was missed: what could have earned it, and how much that would have been."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.money import Decimal

COLUMNS = ("x_PartnerBenefitKind", "x_PartnerBenefitStatus", "x_PartnerBenefitAmount", "x_PartnerBenefitMissed")


def benefit(charge: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(charge[name] for name in COLUMNS)


def test_a_day_without_the_credit_missed_fifteen_percent_of_list(bill: Any) -> None:
    row = {"UnitPrice": "0.123456789", "Quantity": "7", "BillingPreTaxTotal": "0.86"}
    (charge,) = bill.usage(row).booked()
    # 0.15 x 0.864197523, rounded half away from zero at 12 decimals; 0.004197523 is Microsoft's rounding of the charge,
    # kept out of the basis, so that a day without the credit costs what a day with it costs before it
    assert benefit(charge) == ("PEC", "missed", Decimal("0.004197523"), Decimal("0.129629628450"))


def test_a_price_that_is_not_rounding_stays_what_was_charged(bill: Any) -> None:
    (charge,) = bill.usage({"UnitPrice": "1", "Quantity": "1", "BillingPreTaxTotal": "0.98"}).booked()
    assert benefit(charge) == ("PEC", "missed", 0, Decimal("0.15"))


def test_a_day_with_the_credit_earned_it(bill: Any) -> None:
    row = {"PartnerEarnedCreditPercentage": "15", "BillingPreTaxTotal": "0.85"}
    (charge,) = bill.usage(row).booked()
    assert benefit(charge) == ("PEC", "earned", Decimal("0.15"), 0)


@pytest.mark.parametrize("row", [
    {"BenefitOrderId": "R-1", "BillingPreTaxTotal": "0"},  # covered by a commitment
    {"CreditPercentage": "100", "BillingPreTaxTotal": "0"},  # paid by an Azure credit
    {"MeterName": "D2s v5 Spot"},
    {"PublisherName": "Datadog, Inc."},
    {"MeterCategory": "Azure Support"},
    {"UnitPrice": "0", "BillingPreTaxTotal": "0"},
    {"Quantity": "-2", "BillingPreTaxTotal": "-2"},  # a correction
])  # fmt: skip
def test_what_cannot_earn_the_credit_missed_nothing(bill: Any, row: dict[str, str]) -> None:
    (charge,) = bill.usage(row).booked()
    assert benefit(charge) == (None, None, 0, 0)


@pytest.mark.parametrize("row", [{"PublisherName": ""}, {"MeterCategory": "Supported things"}, {"BenefitId": "R-1"}])
def test_microsofts_own_usage_that_somebody_pays_for_could(bill: Any, row: dict[str, str]) -> None:
    (charge,) = bill.usage(row).booked()
    assert benefit(charge) == ("PEC", "missed", 0, Decimal("0.15"))


def test_lines_that_are_not_usage_earn_nothing(bill: Any) -> None:
    (charge,) = bill.lines({}).booked()
    assert benefit(charge) == (None, None, 0, 0)
