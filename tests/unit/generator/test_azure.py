from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.generator import generate
from tests.unit.generator.conftest import PERIOD, Month

CENT = Decimal("0.01")
USAGE_COLUMNS = """PartnerId PartnerName CustomerId CustomerName CustomerDomainName CustomerCountry MpnId Tier2MpnId
InvoiceNumber ProductId SkuId AvailabilityId SkuName ProductName PublisherName PublisherId SubscriptionDescription
SubscriptionId ChargeStartDate ChargeEndDate UsageDate MeterType MeterCategory MeterId MeterSubCategory MeterName
MeterRegion Unit ResourceLocation ConsumedService ResourceGroup ResourceURI ChargeType UnitPrice Quantity UnitType
BillingPreTaxTotal BillingCurrency PricingPreTaxTotal PricingCurrency ServiceInfo1 ServiceInfo2 Tags AdditionalInfo
EffectiveUnitPrice PCToBCExchangeRate PCToBCExchangeRateDate EntitlementId EntitlementDescription
PartnerEarnedCreditPercentage CreditPercentage CreditType BenefitOrderId BenefitId BenefitType""".split()
LINE_COLUMNS = """PartnerId CustomerId CustomerName CustomerDomainName CustomerCountry InvoiceNumber MpnId
ResellerMpnId OrderId OrderDate ProductId SkuId AvailabilityId SkuName ProductName ChargeType UnitPrice Quantity
Subtotal TaxTotal Total Currency PriceAdjustmentDescription PublisherName PublisherId SubscriptionDescription
SubscriptionId ChargeStartDate ChargeEndDate TermAndBillingCycle EffectiveUnitPrice UnitType AlternateId
BillableQuantity BillingFrequency PricingCurrency PCToBCExchangeRate PCToBCExchangeRateDate MeterDescription
ReservationOrderId CreditReasonCode SubscriptionStartDate SubscriptionEndDate ReferenceId ProductQualifiers
PromotionId""".split()


def down(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_DOWN)


def key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("CustomerId", "SubscriptionId", "ProductId", "SkuId", "AvailabilityId"))


def test_rows_have_the_columns_of_the_export(month: Month) -> None:
    assert {tuple(row) for row in month.all_azure("usage")} == {tuple(USAGE_COLUMNS)}
    assert {tuple(row) for row in month.all_azure("reconciliation")} == {tuple(LINE_COLUMNS)}


def test_control_totals_tie(month: Month) -> None:
    assert {invoice["currency"] for invoice in month.invoices("azure")} == {"EUR", "USD"}
    for invoice in month.invoices("azure"):
        lines = month.azure(invoice["invoice_id"], "reconciliation")
        net, tax = sum(line["Subtotal"] for line in lines), sum(line["TaxTotal"] for line in lines)
        assert (net, tax) == (Decimal(invoice["net"]), Decimal(invoice["tax"]))
        assert {line["Currency"] for line in lines} == {invoice["currency"]}
        assert Decimal(invoice["total"]) == net + tax == sum(line["Total"] for line in lines)
        record = json.loads(
            (month.root / "azure" / invoice["invoice_id"] / "invoice.json").read_text(encoding="utf-8"),
            parse_float=Decimal,
        )
        assert record["totalCharges"] == net + tax
        assert record["currencyCode"] == invoice["currency"]


def test_usage_lines_follow_the_rounddown_formula(month: Month) -> None:
    lines = [line for line in month.all_azure("reconciliation") if line["MeterDescription"]]
    assert len(lines) > 200
    for line in lines:
        priced = down(line["EffectiveUnitPrice"] * line["BillableQuantity"])
        assert down(priced * line["PCToBCExchangeRate"]) == line["Subtotal"]
        if not line["PriceAdjustmentDescription"]:
            assert line["EffectiveUnitPrice"] == line["UnitPrice"]
        digits = len(line["EffectiveUnitPrice"].normalize().as_tuple().digits)
        assert digits <= 15


def test_licence_lines_follow_their_formula(month: Month) -> None:
    lines = [line for line in month.all_azure("reconciliation") if not line["MeterDescription"]]
    for line in lines:
        unit = down(line["EffectiveUnitPrice"] * line["PCToBCExchangeRate"])
        assert unit * line["BillableQuantity"] == line["Subtotal"]


def test_daily_rows_add_up_to_reconciliation_lines(month: Month) -> None:
    """Same keys, same quantities; the amounts differ by rounding, less than two cents a line."""
    daily: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    lines: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    for row in month.all_azure("usage"):
        daily[key(row)][0] += row["Quantity"]
        daily[key(row)][1] += row["BillingPreTaxTotal"]
    for line in month.all_azure("reconciliation"):
        if line["MeterDescription"]:
            for position, amount in enumerate((line["BillableQuantity"], line["Subtotal"], Decimal(1))):
                lines[key(line)][position] += amount
    assert daily.keys() == lines.keys()
    for one, (quantity, amount) in daily.items():
        assert quantity == lines[one][0]
        assert abs(amount - lines[one][1]) < Decimal("0.021") * lines[one][2]


def test_numbers_survive_a_double(month: Month) -> None:
    names = ("UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal", "EffectiveUnitPrice")
    rows = month.all_azure("usage")
    for row in rows:
        for name in names:
            assert Decimal(repr(float(row[name]))) == row[name]
    # Some amounts have more decimals than the lake keeps.
    assert any(row["BillingPreTaxTotal"].as_tuple().exponent < -12 for row in rows)


def test_earned_credit(month: Month) -> None:
    rows = month.all_azure("usage")
    earned = [row for row in rows if row["PartnerEarnedCreditPercentage"] == 15]
    assert 0.5 < len(earned) / len(rows) < 0.85
    for row in earned:
        public = row["UnitPrice"] * row["Quantity"] * row["PCToBCExchangeRate"]
        assert abs(row["BillingPreTaxTotal"] - public * Decimal("0.85")) < Decimal("1e-8")
        assert not row["BenefitId"]
        assert "Spot" not in row["MeterName"]
        assert row["CreditPercentage"] == 0
    by_resource: dict[str, set[Decimal]] = defaultdict(set)
    for row in rows:
        by_resource[row["ResourceURI"].lower()].add(row["PartnerEarnedCreditPercentage"])
    assert sum(len(found) == 2 for found in by_resource.values()) > 5


def test_a_partial_month_has_two_reconciliation_lines(month: Month) -> None:
    lines = [line for line in month.all_azure("reconciliation") if line["MeterDescription"]]
    assert sum(count > 1 for count in Counter(map(key, lines)).values()) > 5


def test_everything_that_happens_in_a_month_happens(month: Month) -> None:
    rows, lines = month.all_azure("usage"), month.all_azure("reconciliation")
    assert any(row["Quantity"] < 0 for row in rows)
    assert any(row["CreditPercentage"] == 100 and row["BillingPreTaxTotal"] == 0 for row in rows)
    covered = [row for row in rows if row["BenefitType"] == "Reservation"]
    assert covered
    assert {(row["UnitPrice"], row["BillingPreTaxTotal"]) for row in covered} == {(0, 0)}
    orders = {line["ReservationOrderId"] for line in lines if line["ReservationOrderId"]}
    assert {row["BenefitOrderId"] for row in covered} <= orders
    kinds = {line["ChargeType"] for line in lines}
    assert {"cycleFee", "renew", "new", "addQuantity", "removeQuantity", "cancelImmediate"} <= kinds
    assert any(line["EffectiveUnitPrice"] < line["UnitPrice"] for line in lines if not line["MeterDescription"])
    assert any(line["BillingFrequency"] == "Annual" for line in lines)
    assert any(line["PublisherName"] != "Microsoft" for line in lines)
    assert any(line["TaxTotal"] for line in lines)
    assert any(row["ResourceGroup"].isupper() for row in rows)
    assert any(row["Tags"] for row in rows)
    assert len({row["MeterName"] for row in rows}) >= 40
    assert any(
        row["EntitlementId"] == link["scope_id"].split("/")[0]
        and row["ResourceGroup"].lower() == link["scope_id"].split("/")[1]
        for link in month.config("account_links")
        if link["scope"] == "resource_group"
        for row in rows
    )


def test_cancellations_name_what_they_cancel(month: Month) -> None:
    lines = month.all_azure("reconciliation")
    refunds = [line for line in lines if line["Subtotal"] < 0 and line["ReferenceId"]]
    same = [line for line in refunds if not line["ReferenceId"].startswith("G")]
    before = [line for line in refunds if line["ReferenceId"].startswith("G")]
    assert same
    assert before
    invoices = {invoice["invoice_id"] for invoice in month.invoices("azure")}
    assert not invoices & {line["ReferenceId"] for line in before}
    charged = {line["ReferenceId"] for line in lines if line["Subtotal"] > 0}
    assert {line["ReferenceId"] for line in same} <= charged


@pytest.mark.parametrize("kind", ["usage", "reconciliation"])
def test_manifest(month: Month, kind: str) -> None:
    for invoice in month.invoices("azure"):
        folder = month.root / "azure" / invoice["invoice_id"] / kind
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["partnerTenantId"] == invoice["billing_account_id"]
        assert manifest["dataFormat"] == "compressedJSON"
        assert {blob["name"] for blob in manifest["blobs"]} == {path.name for path in folder.glob("part-*")}
        assert manifest["sasToken"] == ""
        assert kind != "usage" or len(manifest["blobs"]) > 1 or invoice["currency"] == "USD"


def test_history_delivers_what_was_bought_a_month_earlier(tmp_path: Path) -> None:
    generate(tmp_path, PERIOD, customers=12, lines=2_000, seed=3, truth=False, history=True)
    records = {
        path.parent.name: json.loads(path.read_text()) for path in (tmp_path / "deliveries").rglob("invoice.json")
    }
    months = {name: record["billingPeriodStartDate"][:7] for name, record in records.items()}
    (earlier,) = [name for name, month in months.items() if month == "2026-09"]
    with (tmp_path / "deliveries" / "azure" / "invoices.csv").open(encoding="utf-8") as stream:
        controls = {row["invoice_id"]: row for row in csv.DictReader(stream)}
    assert controls[earlier]["billing_period"] == "2026-09"
    assert set(controls) == set(months)
    (part,) = (tmp_path / "deliveries" / "azure" / earlier / "reconciliation").glob("*.json.gz")
    lines = [json.loads(line) for line in gzip.decompress(part.read_bytes()).splitlines()]
    assert [line["ChargeStartDate"][:10] for line in lines] == ["2026-09-01"]
    assert all(line["ReservationOrderId"] for line in lines)
