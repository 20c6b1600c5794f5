"""Reservations and savings plans of CSP: one id for purchase and use, whose they are, what a day costs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from pipelines.money import Decimal

ORDER = "aaaaaaaa-0000-4000-8000-000000000001"
LINE = {
    "ReservationOrderId": ORDER.upper(), "BillingFrequency": "OneTime", "UnitPrice": "365", "EffectiveUnitPrice": "365",
    "Subtotal": "365", "ProductName": "Reserved VM Instance Dsv5 Series", "UnitType": "reservation",
    "ChargeEndDate": "2027-09-30T00:00:00Z",
}  # fmt: skip
COVERED = {"UnitPrice": "0", "BillingPreTaxTotal": "0", "EffectiveUnitPrice": "0", "Quantity": "12"}


@pytest.mark.parametrize("row", [
    {"BenefitOrderId": ORDER, "BenefitId": "some-reservation"},
    {"BenefitId": f"{ORDER}/bbbbbbbb-0000-4000-8000-000000000002"},
    {"BenefitId": f"/providers/Microsoft.Capacity/reservationOrders/{ORDER.upper()}/reservations/b"},
    {"BenefitId": f"/providers/Microsoft.BillingBenefits/savingsPlanOrders/{ORDER}/savingsPlans/b"},
])  # fmt: skip
def test_use_and_purchase_name_the_same_order(bill: Any, row: dict[str, str]) -> None:
    charges = bill.usage(COVERED | row).lines(LINE).booked()
    assert {charge["CommitmentDiscountId"] for charge in charges} == {ORDER}


def test_a_day_is_used_by_its_hours_and_the_rest_is_unused(bill: Any) -> None:
    covered = COVERED | {"BenefitOrderId": ORDER, "BenefitType": "Reservation", "Unit": "1 Hour"}
    charges = bill.usage(covered).lines(LINE).booked()
    used = [charge for charge in charges if charge["CommitmentDiscountStatus"] == "Used"]
    idle = [charge for charge in charges if charge["CommitmentDiscountStatus"] == "Unused"]
    assert [charge["EffectiveCost"] for charge in used] == [Decimal("0.5")]
    derived = {"was": None, "why": "amortized"}
    assert [json.loads(charge["x_Repairs"]) for charge in used] == [
        {"EffectiveCost": derived, "PricingCurrencyEffectiveCost": derived}
    ]
    assert sum(charge["EffectiveCost"] for charge in idle) == Decimal("30.5")
    assert {charge["x_CommitmentOwnerId"] for charge in charges} == {"11111111-aaaa-4bbb-8ccc-000000000001"}
    assert {charge["SubAccountId"] for charge in idle} == {"lic-1"}


def test_a_commitment_paid_once_is_paid_for_its_term(bill: Any) -> None:
    term = LINE | {"ChargeEndDate": "2026-10-01T00:00:00Z", "SubscriptionEndDate": "2027-09-30T00:00:00Z"}
    *idle, bought = bill.lines(term).booked()
    assert bought["ChargePeriodEnd"] == datetime(2027, 10, 1)
    assert (bought["x_CommitmentEnd"], bought["x_CommitmentPayment"]) == (datetime(2027, 10, 1), "all_upfront")
    assert {charge["x_CommitmentEnd"] for charge in idle} == {datetime(2027, 10, 1)}
    assert {charge["EffectiveCost"] for charge in idle} == {1}


def test_a_monthly_instalment_is_paid_for_its_month(bill: Any) -> None:
    monthly = {"BillingFrequency": "Monthly", "Subtotal": "31", "ChargeEndDate": "2026-10-31T00:00:00Z"}
    charges = bill.lines(LINE | monthly | {"SubscriptionEndDate": "2027-09-30T00:00:00Z"}).booked()
    assert charges[-1]["ChargePeriodEnd"] == datetime(2026, 11, 1)
    assert sum(charge["EffectiveCost"] for charge in charges) == 31


def test_a_savings_plan_is_used_whole(bill: Any) -> None:
    plan = LINE | {"ProductName": "Compute Savings Plan", "UnitType": "1 Hour"}
    use = COVERED | {"BenefitOrderId": ORDER, "BenefitType": "SavingsPlan"}
    charges = bill.usage(use | {"Quantity": "6"}, use | {"Quantity": "2"}).lines(plan).booked()
    used = [charge["EffectiveCost"] for charge in charges if charge["CommitmentDiscountStatus"] == "Used"]
    assert used == [Decimal("0.75"), Decimal("0.25")]
