"""Reconciliation lines: control of the days, rounding, purchases, tax."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pipelines.errors import BadDelivery
from pipelines.money import Decimal

day = datetime.fromisoformat
PEC = {"PartnerEarnedCreditPercentage": "15"}


def by_category(charges: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    return [charge for charge in charges if charge["ChargeCategory"] == category]


def test_a_month_with_credit_on_some_days_ties_to_its_two_lines(bill: Any) -> None:
    days = [
        PEC | {"UnitPrice": "0.868", "Quantity": "29", "BillingPreTaxTotal": "21.3962"},
        {"UnitPrice": "0.868", "Quantity": "10", "BillingPreTaxTotal": "8.68", "PricingPreTaxTotal": "8.68"},
    ]
    months = [
        {"month": 1, "UnitPrice": "0.868", "EffectiveUnitPrice": "0.737586206896552", "BillableQuantity": "29",
         "Subtotal": "21.39", "PriceAdjustmentDescription": '["15.0% Partner earned credit for services managed"]'},
        {"month": 1, "UnitPrice": "0.868", "EffectiveUnitPrice": "0.868", "BillableQuantity": "10", "Subtotal": "8.68"},
    ]  # fmt: skip
    charges = bill.usage(*days).lines(*months).booked()
    assert sum(charge["BilledCost"] for charge in charges) == Decimal("30.07")
    (rounding,) = by_category(charges, "Adjustment")
    assert rounding["BilledCost"] == rounding["ListCost"] == rounding["EffectiveCost"] == Decimal("-0.0062")
    assert (rounding["x_ProviderCustomerId"], rounding["SubAccountId"], rounding["x_SourcePart"]) == (None, None, 2)
    assert bill.total == [("G016907411", "EUR", Decimal("30.07"), 0, 2, 0)]


def test_each_rounding_goes_to_its_own_key(bill: Any) -> None:
    days = [{"BillingPreTaxTotal": "1.001"}, {"SubscriptionId": "PLAN-2", "BillingPreTaxTotal": "1.002"}]
    charges = bill.usage(*days).lines({"month": 1}, {"month": 1, "SubscriptionId": "plan-2"}).booked()
    assert [row["BilledCost"] for row in by_category(charges, "Adjustment")] == [Decimal("-0.001"), Decimal("-0.002")]


@pytest.mark.parametrize(("days", "month", "said"), [
    ({"BillingPreTaxTotal": "1.501"}, {}, "differ by -0.501: rounding can explain at most 0.02"),
    ({"BillingPreTaxTotal": "1.012"}, {"EffectiveUnitPrice": "1.1"}, "formula does not give the subtotal"),
    ({"BillingPreTaxTotal": "1.012", "Quantity": "1.1"}, {}, "the quantities differ by -0.1"),
    ({"ProductId": "OTHER"}, {"Subtotal": "3"}, "there is no daily usage for these lines"),
    ({"BillingPreTaxTotal": "1"}, {"month": None}, "there is no reconciliation line for this usage"),
])  # fmt: skip
def test_an_unexplained_difference_is_refused(
    bill: Any, days: dict[str, str], month: dict[str, Any], said: str
) -> None:
    lines = [{}] if month.get("month", 1) is None else [{"month": 1} | month]
    with pytest.raises(BadDelivery, match=said):
        bill.usage(days).lines(*lines).booked()


def test_usage_lines_without_their_days_are_refused(bill: Any) -> None:
    with pytest.raises(BadDelivery, match="no daily usage"):
        bill.lines({"month": 1}).booked()


def test_days_without_lines_stand_for_themselves(bill: Any) -> None:
    bill.usage({"BillingPreTaxTotal": "1.237"}).booked()
    assert bill.total == [("G016907411", "EUR", Decimal("1.237"), 0, 1, 0)]


def test_a_licence_is_a_purchase(bill: Any) -> None:
    line = {"UnitPrice": "35.7", "EffectiveUnitPrice": "35.7", "BillableQuantity": "10", "Subtotal": "357"}
    (charge,) = bill.lines(line).booked()
    said = (charge["ChargeCategory"], charge["ChargeFrequency"], charge["x_LineType"])
    assert said == ("Purchase", "Recurring", "New")
    assert charge["ListCost"] == charge["ContractedCost"] == charge["BilledCost"] == charge["EffectiveCost"] == 357
    assert charge["ListUnitPrice"] == charge["ContractedUnitPrice"] == Decimal("35.7")
    assert (charge["SubAccountId"], charge["SkuId"], charge["ServiceName"]) == (
        "lic-1", "CFQ7TTC0LH18/0001", "Microsoft 365 E3",
    )  # fmt: skip
    assert charge["ServiceCategory"] == "Business Applications"
    assert (charge["ChargePeriodStart"], charge["ChargePeriodEnd"]) == (day("2026-10-01"), day("2026-11-01"))


def test_seats_added_removed_and_cancelled(bill: Any) -> None:
    prorated = {"UnitPrice": "31", "EffectiveUnitPrice": "15", "ChargeStartDate": "2026-10-17"}
    charges = bill.lines(
        prorated | {"ChargeType": "addQuantity", "BillableQuantity": "2", "Subtotal": "30"},
        prorated | {"ChargeType": "removeQuantity", "BillableQuantity": "-3", "Subtotal": "-45"},
        {"ChargeType": "cancelImmediate", "UnitPrice": "31", "EffectiveUnitPrice": "31", "BillableQuantity": "-5",
         "Subtotal": "-155", "ReferenceId": "G015000000"},
    ).booked()  # fmt: skip
    assert [charge["BilledCost"] for charge in charges] == [30, -45, -155]
    assert [charge["ListCost"] for charge in charges] == [30, -45, -155]  # never prorated a second time
    assert [charge["ListUnitPrice"] for charge in charges] == [None, None, 31]
    assert [charge["ChargeClass"] for charge in charges] == [None, None, "Correction"]
    assert [charge["x_CorrectedInvoiceId"] for charge in charges] == [None, None, "G015000000"]


def test_a_reference_to_the_same_invoice_corrects_nothing_closed(bill: Any) -> None:
    charges = bill.lines({"ReferenceId": "G016907411"}, {"ReferenceId": "DEADBEEF-0000"}).booked()
    assert [charge["ChargeClass"] for charge in charges] == [None, None]


def test_a_promotion_lowers_the_price_not_the_list(bill: Any) -> None:
    line = {"UnitPrice": "10", "EffectiveUnitPrice": "8", "BillableQuantity": "4", "Subtotal": "32"}
    (charge,) = bill.lines(line | {"PromotionId": "P1"}).booked()
    assert (charge["ListCost"], charge["ContractedCost"], charge["BilledCost"]) == (40, 32, 32)
    assert (charge["ListUnitPrice"], charge["ContractedUnitPrice"]) == (10, 8)


def test_a_reservation_is_bought_once(bill: Any) -> None:
    line = {"ReservationOrderId": "ORDER-1", "BillingFrequency": "OneTime", "UnitPrice": "1089", "Subtotal": "1089",
            "EffectiveUnitPrice": "1089", "ProductName": "Reserved VM Instance Dsv5 Series"}  # fmt: skip
    (charge,) = by_category(bill.lines(line).booked(), "Purchase")
    assert (charge["CommitmentDiscountId"], charge["ResourceId"]) == ("order-1", "order-1")
    assert (charge["CommitmentDiscountType"], charge["CommitmentDiscountStatus"]) == ("Reservation", None)
    assert (charge["ChargeCategory"], charge["ChargeFrequency"]) == ("Purchase", "One-Time")
    assert charge["ListCost"] == charge["ContractedCost"] == charge["BilledCost"] == 1089
    assert (charge["EffectiveCost"], charge["x_CommitmentOwnerId"]) == (0, charge["x_ProviderCustomerId"])
    assert (charge["ServiceCategory"], charge["PricingCategory"]) == ("Compute", "Standard")


def test_a_marketplace_line_names_its_publisher(bill: Any) -> None:
    line = {"PublisherName": "Datadog, Inc.", "ProductName": "Datadog Pro"}
    (charge,) = bill.lines(line).booked()
    assert (charge["x_PublisherName"], charge["ServiceCategory"]) == ("Datadog, Inc.", "Other")


def test_tax_of_any_line_is_its_own_row(bill: Any) -> None:
    charges = bill.usage({}).lines({"month": 1, "TaxTotal": "0.19"}, {"TaxTotal": "0.21"}).booked()
    taxes = by_category(charges, "Tax")
    assert [tax["BilledCost"] for tax in taxes] == [Decimal("0.19"), Decimal("0.21")]
    assert [tax["ListCost"] for tax in taxes] == [Decimal("0.19"), Decimal("0.21")]
    assert {(tax["SkuId"], tax["PricingQuantity"], tax["x_SourcePart"]) for tax in taxes} == {(None, None, 1)}
    assert bill.total == [("G016907411", "EUR", 2, Decimal("0.4"), 2, 0)]


@pytest.mark.parametrize(("kind", "shown", "category"), [
    ("cycleFee", "cycleFee", "Purchase"), ("customerCredit", "customerCredit", "Credit"),
    ("teleport", "unrecognized: teleport", "Purchase"), (None, "unrecognized: ", "Purchase"),
])  # fmt: skip
def test_no_kind_of_line_is_dropped(bill: Any, kind: str | None, shown: str, category: str) -> None:
    charges = bill.lines({"ChargeType": kind}, {}).booked()
    assert (shown, category) in {(charge["x_LineType"], charge["ChargeCategory"]) for charge in charges}
    assert len(charges) == 2


@pytest.mark.parametrize(("line", "expected"), [
    ({"ChargeType": "customerCredit"}, "other"), ({"ChargeType": "New"}, None),
    ({"ChargeType": "credit", "CreditReasonCode": "SLA breach"}, "sla"),
    ({"ChargeType": "credit", "CreditReasonCode": "ServiceLevelAgreement"}, "sla"),
    ({"ChargeType": "promotionalCredit"}, "promotional"), ({"ChargeType": "credit Translator"}, "other"),
])  # fmt: skip
def test_a_credit_line_is_of_the_kind_its_reason_says(bill: Any, line: dict[str, str], expected: str | None) -> None:
    (charge,) = bill.lines(line).booked()
    assert charge["x_CreditKind"] == expected


def test_a_line_states_its_rate_and_its_tax_none(bill: Any) -> None:
    line = {"PricingCurrency": "USD", "PCToBCExchangeRate": "0.9153", "TaxTotal": "0.19"}
    tax, charge = sorted(bill.lines(line).booked(), key=lambda row: row["x_SourcePart"], reverse=True)
    assert (charge["PricingCurrency"], charge["x_ExchangeRate"]) == ("USD", Decimal("0.9153"))
    assert (tax["PricingCurrency"], tax["x_ExchangeRate"]) == ("EUR", None)


def test_a_rate_between_unnamed_currencies_is_not_stated(bill: Any) -> None:
    (charge,) = bill.lines({"PricingCurrency": None}).booked()
    assert (charge["PricingCurrency"], charge["x_ExchangeRate"]) == ("EUR", None)


def test_every_charge_names_the_kind_of_its_invoice(bill: Any) -> None:
    bill.record = {"invoiceType": "one_time"}
    charges = bill.usage({}).lines({"month": 1, "TaxTotal": "1"}).booked()
    assert {charge["x_InvoiceType"] for charge in charges} == {"one_time"}


def test_a_line_without_a_customer_is_the_operators(bill: Any) -> None:
    charges = bill.lines({"CustomerId": '""', "SubscriptionId": '""', "Subtotal": "-5"}, {}).booked()
    nobody = next(charge for charge in charges if charge["BilledCost"] == -5)
    assert (nobody["x_ProviderCustomerId"], nobody["SubAccountId"], nobody["SubAccountType"]) == (None, None, None)
