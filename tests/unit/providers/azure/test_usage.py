"""Daily rated usage: the public price, the earned credit, what is covered, and numbers as Microsoft writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pipelines.errors import BadDelivery
from pipelines.money import Decimal

day = datetime.fromisoformat
PEC = {"PartnerEarnedCreditPercentage": "15"}


def test_the_earned_credit_is_what_the_charge_is_below_the_public_price(bill: Any) -> None:
    row = PEC | {"UnitPrice": "0.868", "Quantity": "29", "BillingPreTaxTotal": "21.39", "PricingPreTaxTotal": "21.39",
                 "EffectiveUnitPrice": "0.737586206896552"}  # fmt: skip
    (charge,) = bill.usage(row).booked()
    assert charge["ListCost"] == charge["ContractedCost"] == Decimal("25.172")  # not 21.39 / 0.85 = 25.1647
    assert charge["BilledCost"] == charge["EffectiveCost"] == Decimal("21.39")
    assert charge["x_PartnerBenefitAmount"] == Decimal("3.782")
    assert (charge["x_PartnerBenefitKind"], charge["ListUnitPrice"]) == ("PEC", Decimal("0.868"))


def test_a_days_row_says_who_what_and_where(bill: Any) -> None:
    (charge,) = bill.usage({"CustomerId": "org:11111111-AAAA-4bbb-8ccc-000000000001"}).booked()
    assert charge["x_ProviderCustomerId"] == "11111111-aaaa-4bbb-8ccc-000000000001"
    assert (charge["SubAccountId"], charge["SubAccountName"], charge["x_ResourceGroup"]) == ("s-1", "Shop", "rg-web")
    assert (charge["ChargePeriodStart"], charge["ChargePeriodEnd"]) == (day("2026-10-05"), day("2026-10-06"))
    assert (charge["BillingPeriodStart"], charge["BillingPeriodEnd"]) == (day("2026-10-01"), day("2026-11-01"))
    assert (charge["SkuId"], charge["SkuPriceId"]) == ("DZH318Z0BPS6/0001", "DZH318Z0BPS6/0001/DZH318Z0C0LV/m-1")
    assert (charge["ServiceName"], charge["ServiceCategory"]) == ("Virtual Machines", "Compute")
    assert charge["ResourceId"].endswith("microsoft.compute/virtualmachines/vm1")
    assert (charge["ResourceType"], charge["ResourceName"]) == ("microsoft.compute/virtualmachines", "vm1")
    assert (charge["RegionId"], charge["Tags"], charge["x_PublisherName"]) == ("westeurope", '{"env":"prod"}', None)
    assert (charge["InvoiceId"], charge["ChargeFrequency"]) == ("G016907411", "Usage-Based")


@pytest.mark.parametrize(("benefit", "kind", "category"), [
    ("Reservation", "Reservation", "Usage"), ("SavingsPlan", "SavingsPlan", "Spend"), ("", "Reservation", "Usage"),
])  # fmt: skip
def test_covered_usage_is_used_at_no_cost(bill: Any, benefit: str, kind: str, category: str) -> None:
    row = {"BenefitId": "Order-1/Res-1", "BenefitType": benefit, "UnitPrice": "0", "BillingPreTaxTotal": "0"}
    (charge,) = bill.usage(row | {"PricingPreTaxTotal": "0", "Quantity": "24"}).booked()
    assert (charge["CommitmentDiscountId"], charge["CommitmentDiscountStatus"]) == ("order-1", "Used")
    assert (charge["CommitmentDiscountType"], charge["CommitmentDiscountCategory"]) == (kind, category)
    assert (charge["PricingCategory"], charge["CommitmentDiscountQuantity"]) == ("Committed", 24)
    assert charge["BilledCost"] == charge["EffectiveCost"] == charge["ListCost"] == 0


def test_the_other_spelling_of_the_benefit_is_read(bill: Any) -> None:
    row = {"BenefitId": None, "BenefitID": "R-1", "BillingPreTaxTotal": "0", "PCToBCExchangeRate": None}
    (charge,) = bill.usage(row | {"PCBCExchangeRate": "1"}).booked()
    assert (charge["CommitmentDiscountId"], charge["x_Extras"]) == ("r-1", None)


@pytest.mark.parametrize("row", [{"BenefitId": "R-1"}, {"BenefitId": "R-1", "BenefitType": "IncludedQuantity"}])
def test_usage_that_costs_money_is_not_covered(bill: Any, row: dict[str, str]) -> None:
    (charge,) = bill.usage(row).booked()
    assert (charge["CommitmentDiscountStatus"], charge["CommitmentDiscountId"]) == (None, None)
    assert charge["BilledCost"] == 1


def test_azure_credit_leaves_the_public_price(bill: Any) -> None:
    row = {"CreditPercentage": "100", "Quantity": "3", "UnitPrice": "2.5", "BillingPreTaxTotal": "0"}
    (charge,) = bill.usage(row).booked()
    assert (charge["ListCost"], charge["BilledCost"], charge["x_PartnerBenefitAmount"]) == (Decimal("7.5"), 0, 0)


def test_a_correction_takes_back_what_it_gave(bill: Any) -> None:
    row = PEC | {"Quantity": "-2", "UnitPrice": "10", "BillingPreTaxTotal": "-17", "PricingPreTaxTotal": "-17"}
    (charge,) = bill.usage(row).booked()
    assert (charge["ListCost"], charge["BilledCost"], charge["x_PartnerBenefitAmount"]) == (-20, -17, -3)


def test_late_usage_keeps_its_day_and_is_billed_with_its_invoice(bill: Any) -> None:
    (charge,) = bill.usage({"UsageDate": "2026-09-29"}).booked()
    assert (charge["ChargePeriodStart"], charge["BillingPeriodStart"]) == (day("2026-09-29"), day("2026-10-01"))


def test_spot_is_dynamic(bill: Any) -> None:
    (charge,) = bill.usage({"MeterName": "D2s v5 Spot"}).booked()
    assert charge["PricingCategory"] == "Dynamic"


def test_the_rows_own_rate_leads_to_the_billing_currency(bill: Any) -> None:
    row = PEC | {"UnitPrice": "0.868", "Quantity": "29", "PCToBCExchangeRate": "0.9153", "PricingCurrency": "USD",
                 "BillingPreTaxTotal": "19.58", "PricingPreTaxTotal": "21.39"}  # fmt: skip
    (charge,) = bill.usage(row).booked()
    assert charge["ListCost"] == Decimal("23.0399316")
    assert charge["ListUnitPrice"] == Decimal("0.7944804")
    assert (charge["PricingCurrency"], charge["PricingCurrencyListUnitPrice"]) == ("USD", Decimal("0.868"))
    assert (charge["x_ExchangeRate"], charge["x_InvoiceType"]) == (Decimal("0.9153"), None)


@pytest.mark.parametrize(("price", "quantity", "rate", "expected"), [
    ("0.123456789012", "98765.432109876543", "0.915312345678", "11160.644262040526"),
    ("0.000000000001", "0.5", "1", "0.000000000001"),  # half away from zero
    ("0.000000000001", "0.7", "0.7", "0"),  # not rounded twice: 0.7e-12 would go up, 0.49e-12 goes down
])  # fmt: skip
def test_list_cost_is_rounded_once(bill: Any, price: str, quantity: str, rate: str, expected: str) -> None:
    row = {"UnitPrice": price, "Quantity": quantity, "PCToBCExchangeRate": rate}
    (charge,) = bill.usage(row).booked()
    assert charge["ListCost"] == Decimal(expected)


@pytest.mark.parametrize(("text", "expected"), [
    ("98765432109.000000000001", "98765432109.000000000001"),
    ("1234567.123456789012", "1234567.123456789012"),
    ("0.737586206896552", "0.737586206897"),
    ("35.2E-7", "0.00000352"),
    ("-0.0", "0"),
    ("123456.7", "123456.7"),
    ('"98765432109.000000000001"', "98765432109.000000000001"),
    ("0.0000000000005", "0.000000000001"),
])  # fmt: skip
def test_amounts_are_exact_whatever_way_they_are_written(bill: Any, text: str, expected: str) -> None:
    charges = bill.usage({"BillingPreTaxTotal": text}, {}).booked()
    assert charges[0]["BilledCost"] == Decimal(expected)


def test_what_twelve_decimals_cannot_hold_is_stated(bill: Any) -> None:
    bill.usage(*[{"BillingPreTaxTotal": "0.0000000000004"}] * 3).booked()
    assert bill.total == [("G016907411", "EUR", Decimal("0.0000000000012"), 0, 3, Decimal("0.0000000000012"))]


def test_unknown_columns_are_kept(bill: Any) -> None:
    first, second = bill.usage({"Carbon": "2.5", "Zone": None}, {"Carbon": ""}).booked()
    assert (first["x_Extras"], second["x_Extras"]) == ('{"Carbon":"2.5"}', None)


def test_the_basic_attribute_set_is_refused(bill: Any) -> None:
    bill.usage({"PartnerEarnedCreditPercentage": None})
    with pytest.raises(BadDelivery, match=r"attribute set is basic.*attributeSet full"):
        bill.booked()


@pytest.mark.parametrize(("row", "said"), [
    ({"UnitPrice": None}, r"part-0.json.gz \[UnitPrice\]: required column UnitPrice is missing"),
    ({"BillingCurrency": "USD"}, r"part-0.json.gz:2 \[BillingCurrency\]: not a row of the invoice's currency EUR"),
    ({"InvoiceNumber": "G099"}, r"part-0.json.gz:2 \[InvoiceNumber\]: not a row of invoice G016907411"),
    ({"PartnerId": "someone"}, r":2 \[PartnerId\]: not a row of partner tenant"),
    ({"UnitPrice": '"one"'}, r":2 \[UnitPrice\]: UnitPrice is not a decimal"),
    ({"UsageDate": "10/05/2026"}, r":2 \[UsageDate\]: UsageDate is not a date"),
    ({"Quantity": ""}, r":2 \[Quantity\]: the row has no Quantity"),
])  # fmt: skip
def test_a_bad_row_is_named_by_file_line_and_column(bill: Any, row: dict[str, Any], said: str) -> None:
    absent = None in row.values()
    rows = [row] if absent else [{}, {key: value or '""' for key, value in row.items()}]
    with pytest.raises(BadDelivery, match=said):
        bill.usage(*rows).booked()


def test_every_problem_is_named(bill: Any) -> None:
    bill.usage({"Quantity": '"x"', "UnitPrice": '"y"'}).lines({"Subtotal": '"z"'})
    with pytest.raises(BadDelivery) as caught:
        bill.booked()
    assert [problem.column for problem in caught.value.problems] == ["UnitPrice", "Quantity", "Subtotal"]


def test_the_partner_tenant_may_change_its_case(bill: Any) -> None:
    (charge,) = bill.usage({"PartnerId": "0E195B37-4574-4539-BC42-0E3A2E5A0001"}).booked()
    assert charge["BillingAccountId"] == "0e195b37-4574-4539-bc42-0e3a2e5a0001"
