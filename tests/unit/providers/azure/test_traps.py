"""The traps of Microsoft's bills, each on rows that went through staging. Numbers are those of docs/traps.md."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from pipelines.errors import BadDelivery
from pipelines.money import Decimal
from tests.unit.providers.azure import cost_files
from tests.unit.providers.azure.conftest import CUSTOMER, Bill
from tests.unit.providers.conftest import Desk

day = datetime.fromisoformat
PEC = {"PartnerEarnedCreditPercentage": "15"}
OPEN = {"InvoiceNumber": None}


def amounts(desk: Desk) -> list[Decimal]:
    return [record["BilledCost"] for record in desk.records()]


def estimate(desk: Desk, *rows: dict[str, Any]) -> Bill:
    bill = Bill(desk.drop, invoice="unbilled-EUR", is_estimate=True)
    return bill.usage(*(OPEN | row for row in rows))


def test_trap_01_restated_invoices_replace_the_whole_slice(desk: Desk) -> None:
    """A new eTag is a new version of the whole invoice; the order is Microsoft's, not that of arrival."""
    later = {"eTag": "tag-2", "createdDateTime": "2026-11-09T00:00:00Z"}
    Bill(desk.drop, manifest=later).usage({"BillingPreTaxTotal": "5"}, {"BillingPreTaxTotal": "6"})
    desk.azure()
    Bill(desk.drop).usage({"BillingPreTaxTotal": "1"})
    (unit,) = desk.azure().units
    assert unit.status == "unchanged"
    assert amounts(desk) == [5, 6]


def test_trap_02_unbilled_is_an_estimate(desk: Desk) -> None:
    estimate(desk, {})
    desk.azure()
    assert [row["is_final"] for row in desk.ledger.current_slices("2026-10")] == [False]
    Bill(desk.drop).usage({})
    desk.azure()
    assert [row["is_final"] for row in desk.ledger.current_slices("2026-10")] == [True]


def test_trap_03_usage_is_booked_once(bill: Any) -> None:
    """The month's line of the usage only controls the days: the charges cost what the lines cost."""
    charges = bill.usage({}, {}).lines({"month": 1, "BillableQuantity": "2", "Subtotal": "2"}, {"Subtotal": "7"})
    assert sorted(charge["BilledCost"] for charge in charges.booked()) == [1, 1, 7]


def test_trap_04_the_invoice_drops_the_unbilled_rows(desk: Desk) -> None:
    estimate(desk, {"BillingPreTaxTotal": "0.9"}, {"BillingPreTaxTotal": "0.8"})
    desk.azure()
    Bill(desk.drop).usage({"BillingPreTaxTotal": "1.7"})
    desk.azure()
    assert amounts(desk) == [Decimal("1.7")]


def test_trap_05_latent_usage_is_billed_with_its_invoice_and_keeps_its_day(bill: Any) -> None:
    late, own = bill.usage({"UsageDate": "2026-09-28T00:00:00Z"}, {}).booked()
    assert (late["ChargePeriodStart"], own["ChargePeriodStart"]) == (day("2026-09-28"), day("2026-10-05"))
    assert late["InvoiceId"] == own["InvoiceId"] == "G016907411"
    assert late["BillingPeriodStart"] == own["BillingPeriodStart"] == day("2026-10-01")


@pytest.mark.parametrize("is_estimate", [False, True])
def test_trap_06_the_basic_attribute_set_is_refused(desk: Desk, is_estimate: bool) -> None:
    bill = Bill(desk.drop, is_estimate=is_estimate)
    bill.usage({"PartnerEarnedCreditPercentage": None})
    assert any("attribute set is basic" in problem.what for problem in desk.azure().refusals)
    assert desk.ledger.current_slices("2026-10") == []


def test_trap_07_no_price_comes_from_the_effective_unit_price(bill: Any) -> None:
    row = PEC | {"UnitPrice": "0.868", "Quantity": "29", "BillingPreTaxTotal": "21.39"}
    quiet, noisy = bill.usage(*(row | {"EffectiveUnitPrice": text} for text in ("0.7378", "0.000001"))).booked()
    for name in ("ListCost", "ContractedCost", "ListUnitPrice", "ContractedUnitPrice", "x_PartnerBenefitAmount"):
        assert quiet[name] == noisy[name]
    assert quiet["ListCost"] == Decimal("25.172")  # not 21.39 / 0.85


def test_trap_08_the_rows_own_rate_is_the_rate(bill: Any) -> None:
    row = {"PricingCurrency": "USD", "UnitPrice": "10", "BillingPreTaxTotal": "9.15", "PricingPreTaxTotal": "10"}
    rates = ("0.9153", "0.9")
    charges = bill.usage(*(row | {"PCToBCExchangeRate": rate} for rate in rates)).booked()
    assert [charge["ListCost"] for charge in charges] == [Decimal("9.153"), 9]
    assert [charge["x_ExchangeRate"] for charge in charges] == [Decimal(rate) for rate in rates]


def test_trap_09_microsofts_two_cuts_are_explicit_rows(bill: Any) -> None:
    """ROUNDDOWN(ROUNDDOWN(29 x 0.868, 2) x 0.9153, 2) = 23.03; the days say 23.0399316 exactly."""
    price = {"UnitPrice": "0.868", "PCToBCExchangeRate": "0.9153", "PricingCurrency": "USD"}
    days = [price | {"Quantity": "9", "BillingPreTaxTotal": "7.1503236"},
            price | {"Quantity": "20", "BillingPreTaxTotal": "15.889608"}]  # fmt: skip
    month = price | {"month": 1, "EffectiveUnitPrice": "0.868", "BillableQuantity": "29", "Subtotal": "23.03"}
    charges = bill.usage(*days).lines(month).booked()
    (row,) = [charge for charge in charges if charge["ChargeCategory"] == "Adjustment"]
    assert row["BilledCost"] == Decimal("-0.0099316")
    assert sum(charge["BilledCost"] for charge in charges) == Decimal("23.03")
    sides = json.loads(row["x_Extras"])
    assert (Decimal(sides["Reconciliation"]), Decimal(sides["Daily"])) == (Decimal("23.03"), Decimal("23.0399316"))
    assert (sides["SubscriptionId"], sides["ProductId"], sides["SkuId"]) == ("plan-1", "DZH318Z0BPS6", "0001")
    assert json.loads(row["x_Repairs"])["BilledCost"]["why"] == "derived: the month less its days"


def test_trap_09_what_no_rounding_explains_is_refused(bill: Any) -> None:
    """0.02 off: the quantities agree, the formula does not give the subtotal. No plug is written."""
    month = {"month": 1, "EffectiveUnitPrice": "1", "BillableQuantity": "1", "Subtotal": "0.98"}
    with pytest.raises(BadDelivery, match=r"differ by -0\.02: the rounding formula does not give"):
        bill.usage({}).lines(month).booked()


def test_trap_10_no_amount_passes_through_a_float(desk: Desk) -> None:
    texts = ["0.1", "0.2", "98765432109.000000000001", "1e-12"]
    Bill(desk.drop).usage(*({"BillingPreTaxTotal": text} for text in texts))
    assert desk.azure().refusals == ()
    assert sum(amounts(desk)) == sum(Decimal(text) for text in texts)


def test_trap_11_negative_rows_stay_negative(bill: Any) -> None:
    back = PEC | {"Quantity": "-2", "UnitPrice": "10", "BillingPreTaxTotal": "-17", "PricingPreTaxTotal": "-17"}
    month = {"month": 1, "BillableQuantity": "-2", "Subtotal": "-17"}
    usage, line = bill.usage(back).lines(month, {"BillableQuantity": "-3", "Subtotal": "-3"}).booked()
    usage, line = sorted((usage, line), key=lambda charge: charge["BilledCost"])
    assert (usage["BilledCost"], usage["ListCost"], usage["x_PartnerBenefitAmount"]) == (-17, -20, -3)
    assert (usage["PricingQuantity"], line["PricingQuantity"], line["BilledCost"]) == (-2, -3, -3)


def test_trap_12_credits_are_rows_of_their_own_kind(bill: Any) -> None:
    """Earned credit stands apart from the price; a credit line is a Credit, never a cheaper purchase."""
    line = {"ChargeType": "customerCredit", "CreditReasonCode": "Service Level Agreement", "Subtotal": "-5"}
    charges = bill.usage(PEC | {"BillingPreTaxTotal": "0.85"}).lines({"month": 1, "Subtotal": "0.85"}, line).booked()
    usage, credit = sorted(charges, key=lambda charge: charge["ChargeCategory"], reverse=True)
    assert (usage["ContractedCost"], usage["x_PartnerBenefitAmount"]) == (1, Decimal("0.15"))
    assert (credit["ChargeCategory"], credit["x_CreditKind"], credit["BilledCost"]) == ("Credit", "sla", -5)


def test_trap_13_tax_is_never_in_a_price(bill: Any) -> None:
    charges = bill.lines({"Subtotal": "100", "UnitPrice": "100", "TaxTotal": "19"}).booked()
    tax, licence = sorted(charges, key=lambda charge: charge["BilledCost"])
    assert (tax["ChargeCategory"], tax["BilledCost"], tax["SkuId"], tax["ListUnitPrice"]) == ("Tax", 19, None, None)
    assert licence["BilledCost"] == licence["ListCost"] == licence["ContractedCost"] == 100


def test_trap_14_marketplace_names_its_publisher_and_earns_nothing(bill: Any) -> None:
    charges = bill.usage({"PublisherName": "Datadog"}).lines({"month": 1}, {"PublisherName": "Datadog, Inc."})
    usage, line = charges.booked()
    assert {usage["x_PublisherName"], line["x_PublisherName"]} == {"Datadog", "Datadog, Inc."}
    assert {usage["x_PartnerBenefitKind"], line["x_PartnerBenefitKind"]} == {None}


def test_trap_15_a_refund_names_the_invoice_it_takes_back(bill: Any) -> None:
    refund = {"ChargeType": "cancelImmediate", "Subtotal": "-4", "ReferenceId": "G012586105"}
    own = {"ChargeType": "cancelImmediate", "Subtotal": "-2", "ReferenceId": "G016907411"}
    (first, second) = sorted(bill.lines(refund, own).booked(), key=lambda charge: charge["BilledCost"])
    assert (first["ChargeClass"], first["x_CorrectedInvoiceId"]) == ("Correction", "G012586105")
    assert first["BillingPeriodStart"] == day("2026-10-01")
    assert (second["ChargeClass"], second["x_CorrectedInvoiceId"]) == (None, None)


def test_trap_16_equal_rows_are_two_charges_and_a_second_fetch_none(desk: Desk) -> None:
    Bill(desk.drop).usage({}, {}, {})
    desk.azure()
    files = desk.files()
    assert [unit.status for unit in desk.azure().units] == ["unchanged"]
    assert amounts(desk) == [1, 1, 1]
    assert desk.files() == files


def test_trap_17_a_prorated_line_is_not_prorated_again(bill: Any) -> None:
    line = {"UnitPrice": "31", "EffectiveUnitPrice": "10", "BillableQuantity": "2", "Subtotal": "20",
            "ChargeType": "addQuantity", "ChargeStartDate": "2026-10-22T00:00:00Z"}  # fmt: skip
    (charge,) = bill.lines(line).booked()
    assert charge["ListCost"] == charge["ContractedCost"] == charge["BilledCost"] == 20
    repairs = json.loads(charge["x_Repairs"])
    assert repairs["ListCost"] == {"was": None, "why": "prorated: Subtotal"}
    assert repairs["ListUnitPrice"] == {"was": "31", "why": "dropped: does not give ListCost"}


def test_trap_19_inclusive_ends_become_exclusive(bill: Any, desk: Desk) -> None:
    usage, line = bill.usage({"UsageDate": "2026-10-31"}).lines({"month": 1}, {}).booked()
    assert {usage["ChargePeriodEnd"], line["ChargePeriodEnd"]} == {day("2026-11-01")}
    assert {usage["BillingPeriodEnd"], line["BillingPeriodEnd"]} == {day("2026-11-01")}
    row = cost_files.USAGE | {"Date": "10/31/2026"}
    cost_files.pair(desk.drop, [row], [row])
    desk.azure()
    ends = set(desk.charges("ChargePeriodEnd, BillingPeriodEnd", f"BillingAccountId = '{row['BillingAccountId']}'"))
    assert ends == {(day("2026-11-01"), day("2026-11-01"))}


def test_trap_20_the_azure_subscription_is_the_entitlement(bill: Any) -> None:
    ids = {"EntitlementId": "S-7", "SubscriptionId": "PLAN-7"}
    charges = bill.usage(ids).lines({"month": 1, "SubscriptionId": "PLAN-7"}, {"SubscriptionId": "LIC-7"}).booked()
    assert {(charge["ChargeCategory"], charge["SubAccountId"]) for charge in charges} == {
        ("Usage", "s-7"), ("Purchase", "lic-7"),
    }  # fmt: skip


def test_trap_21_ids_are_one_whatever_their_case_and_prefix(bill: Any) -> None:
    uri = "/subscriptions/S-1/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/VM1"
    plain = {"CustomerId": CUSTOMER, "ResourceURI": uri.lower(), "ResourceGroup": "rg-web", "EntitlementId": "s-1"}
    loud = {"CustomerId": f"org:{CUSTOMER.upper()}", "ResourceURI": uri.upper()}
    names = ("x_ProviderCustomerId", "ResourceId", "x_ResourceGroup", "SubAccountId")
    found = {tuple(charge[name] for name in names) for charge in bill.usage(plain, loud).booked()}
    assert found == {(CUSTOMER, uri.lower(), "rg-web", "s-1")}


@pytest.mark.parametrize("number", [None, "", "-1", "0", "4567890"])
def test_trap_22_the_resellers_number_decides_nothing(desk: Desk, number: str | None) -> None:
    """Unbilled rows lack it: whose a row is follows from customer and subscription alone."""
    estimate(desk, {"Tier2MpnId": number})
    assert desk.azure().refusals == ()
    (record,) = desk.records()
    assert (record["x_ProviderCustomerId"], record["SubAccountId"]) == (CUSTOMER, "s-1")
    assert "4567890" not in "".join(str(value) for value in record.values())


def test_trap_23_what_is_the_partners_own_stays_in_its_columns(desk: Desk) -> None:
    """Credit, net price and the access token are in no free text that later layers pass on."""
    row = PEC | {"UnitPrice": "9.87", "EffectiveUnitPrice": "8.3895", "BillingPreTaxTotal": "8.3895", "Carbon": "7"}
    Bill(desk.drop).usage(row)
    assert desk.azure().refusals == ()
    ((extras, repairs),) = desk.charges("x_Extras, x_Repairs")
    assert extras == '{"Carbon":"7"}'
    assert "8.3895" not in repairs
    assert not any(b"sig=secret" in content for content in desk.files().values())


def test_trap_27_each_day_says_whose_it_is(bill: Any) -> None:
    """A customer that moves in the month is told by the day of its usage, which every row keeps."""
    charges = bill.usage({"UsageDate": "2026-10-14"}, {"UsageDate": "2026-10-15"}).booked()
    assert [charge["ChargePeriodStart"] for charge in charges] == [day("2026-10-14"), day("2026-10-15")]


def test_trap_28_unknown_columns_are_kept_and_missing_ones_refused(bill: Any) -> None:
    charges = bill.usage({"Carbon": "2.5"}).lines({"month": 1}, {"SeatColour": "red"}).booked()
    assert {charge["x_Extras"] for charge in charges} == {'{"Carbon":"2.5"}', '{"SeatColour":"red"}'}
    bill.usage({"EntitlementId": None}).lines({"Subtotal": None})
    with pytest.raises(BadDelivery) as caught:
        bill.booked()
    assert [problem.column for problem in caught.value.problems] == ["EntitlementId", "Subtotal"]


@pytest.mark.parametrize(("total", "is_booked"), [("1.19", True), ("1.190", True), ("1.18", False), ("1.20", False)])
def test_trap_29_an_invoice_is_the_sum_of_its_lines(desk: Desk, total: str, is_booked: bool) -> None:
    Bill(desk.drop, record={"totalCharges": total}).usage({}).lines({"month": 1, "TaxTotal": "0.19"})
    refusals = desk.azure().refusals
    assert (refusals == ()) is is_booked
    assert bool(desk.ledger.current_slices("2026-10")) is is_booked
    assert all("is on no line" in problem.what for problem in refusals)


def test_trap_30_free_rows_are_charges(bill: Any) -> None:
    free = {"UnitPrice": "0", "BillingPreTaxTotal": "0", "PricingPreTaxTotal": "0", "Quantity": "12"}
    (charge,) = bill.usage(free).booked()
    assert (charge["BilledCost"], charge["ListCost"], charge["PricingQuantity"]) == (0, 0, 12)
    assert charge["x_PartnerBenefitKind"] is None
