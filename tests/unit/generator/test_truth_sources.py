"""The oracle's reading of the three providers' files, on months small enough to add up by hand."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth_files import contradictions
from tests.oracle.billing import LIST, LIST_5, LIST_10, bill, dispositions, totals
from tests.oracle.tiny import (
    CUSTOMER,
    ENTITLEMENT,
    MEMBER,
    PARENT,
    PAYER,
    PLAN_SUBSCRIPTION,
    Number,
    TinyConfig,
    aws_row,
    azure_line,
    azure_usage,
    gcp_row,
    write_aws,
    write_azure,
    write_control,
    write_gcp,
)


def test_partner_earned_credit_never_reaches_the_buyer(tmp_path: Path) -> None:
    """UnitPrice 0.868, 29 units, 15 % credit: the base is 25.172, not 21.39 / 0.85 = 25.1647."""
    usage = azure_usage(
        UnitPrice=Number("0.868"),
        Quantity=Number("29"),
        BillingPreTaxTotal=Number("21.39"),
        PartnerEarnedCreditPercentage=Number("15"),
    )
    line = azure_line(
        SubscriptionId=PLAN_SUBSCRIPTION,
        ProductId="DZH318Z0BPS6",
        AvailabilityId="AV1",
        Subtotal=Number("21.39"),
        MeterDescription="x",
    )
    write_azure(tmp_path / "deliveries", [usage], [line])
    plans = {"first": "action: markup, basis: cost, percent: 0", "second": LIST}
    truth = bill(tmp_path, TinyConfig(plans, currency="EUR"))
    assert totals(truth) == {"res": Decimal("25.172"), "cus": Decimal("25.172")}
    [(_, total)] = truth.coverage.items()
    assert (total.billed, total.benefit) == (Decimal("21.39"), Decimal("3.782"))


def test_google_margin_is_absorbed_and_the_invoice_ties(tmp_path: Path) -> None:
    rows = [
        gcp_row("100", (("RESELLER_MARGIN", "-8"), ("SUSTAINED_USAGE_DISCOUNT", "-5"))),
        gcp_row("0.01", cost_type="rounding_error", billing_account_id=PARENT, project={"id": None, "name": None}),
        gcp_row("17.5", cost_type="tax"),
    ]
    write_gcp(tmp_path / "deliveries", rows)
    write_control(tmp_path / "deliveries", "gcp", "X", PARENT, "EUR", "87.01", "17.5")
    truth = bill(tmp_path, TinyConfig({"first": LIST_10, "second": LIST_5}, currency="EUR"))
    assert totals(truth) == {"res": Decimal(90), "cus": Decimal(95)}
    assert dispositions(truth) == {
        ("billed", "priced"): Decimal(100),
        ("absorbed", "partner benefit"): Decimal(-8),
        ("absorbed", "credit kept by operator"): Decimal(-5),
        ("absorbed", "no customer key"): Decimal("0.01"),
        ("excluded", "provider tax"): Decimal("17.5"),
    }
    assert contradictions(truth) == []


def test_csp_books_usage_once_and_licences_as_delivered(tmp_path: Path) -> None:
    """Usage from the daily file, the invoice's rounding to the operator, prorated licences untouched."""
    usage = [azure_usage(UnitPrice=Number("0.3333"), BillingPreTaxTotal=Number("0.3333")) for _ in range(2)]
    control = azure_line(
        SubscriptionId=PLAN_SUBSCRIPTION,
        ProductId="DZH318Z0BPS6",
        AvailabilityId="AV1",
        Subtotal=Number("0.66"),
        TaxTotal=Number("0.13"),
    )
    prorated = azure_line(EffectiveUnitPrice=Number("4.5"), Subtotal=Number("9"), TaxTotal=Number("1.71"))
    promoted = azure_line(EffectiveUnitPrice=Number("8"), Subtotal=Number("16"), PromotionId="39NFJQT1Q5KX")
    reserved = azure_line(ReservationOrderId="r1", Subtotal=Number("50"), UnitPrice=Number("60"))
    lines = [control, prorated, promoted, reserved]
    write_azure(tmp_path / "deliveries", usage, lines)
    write_control(tmp_path / "deliveries", "azure", "G1", "partner", "EUR", "75.66", "1.84")
    truth = bill(tmp_path, TinyConfig({"first": LIST, "second": LIST}, currency="EUR"))
    assert totals(truth)["cus"] == Decimal("0.6666") + 9 + 20 + 50
    assert dispositions(truth) == {
        ("billed", "priced"): Decimal("75.6666"),
        ("absorbed", "no customer key"): Decimal("-0.0066"),
        ("excluded", "provider tax"): Decimal("1.84"),
    }
    assert contradictions(truth) == []


def test_resource_groups_are_the_narrowest_scope(tmp_path: Path) -> None:
    config = TinyConfig({"first": LIST, "second": LIST}, currency="EUR")
    scope = {"provider": "azure", "scope": "resource_group", "scope_id": f"{ENTITLEMENT}/rg-one", "tenant": "res"}
    config.links.append(scope)
    write_azure(tmp_path / "deliveries", [azure_usage(), azure_usage(ResourceGroup="other")], [])
    assert totals(bill(tmp_path, config)) == {"res": Decimal(2), "cus": Decimal(1)}


def test_customers_are_known_without_their_prefix(tmp_path: Path) -> None:
    write_azure(tmp_path / "deliveries", [azure_usage(CustomerId=f"org:{CUSTOMER.upper()}")], [])
    truth = bill(tmp_path, TinyConfig({"first": LIST, "second": LIST}, currency="EUR"))
    assert totals(truth) == {"res": Decimal(1), "cus": Decimal(1)}


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        ("12345678901234567890.123456789012", "12345678901234567890.123456789012"),
        ("0.1234567890125", "0.123456789013"),
        ("-0.1234567890125", "-0.123456789013"),
        ("1.5E-7", "0.00000015"),
        ("-0.0", "0"),
    ],
)
def test_json_numbers_stay_exact(tmp_path: Path, amount: str, kept: str) -> None:
    usage = azure_usage(UnitPrice=Number(amount), BillingPreTaxTotal=Number(amount))
    write_azure(tmp_path / "deliveries", [usage], [])
    truth = bill(tmp_path, TinyConfig({"first": "action: markup, basis: cost, percent: 0", "second": LIST}, "EUR"))
    assert totals(truth) == {"res": Decimal(kept), "cus": Decimal(kept)}
    [raw] = truth.raw.values()
    assert (raw.net, raw.kept) == (Decimal(amount), Decimal(kept))


def test_the_newest_version_that_is_not_shorter_is_billed(tmp_path: Path) -> None:
    write_aws(tmp_path / "deliveries", [aws_row(line_item_unblended_cost=1.0)] * 2, version="exec-1")
    write_aws(tmp_path / "deliveries", [aws_row(line_item_unblended_cost=2.0)] * 2, version="exec-2")
    write_aws(tmp_path / "deliveries", [aws_row(line_item_unblended_cost=5.0)], version="exec-3")
    assert totals(bill(tmp_path, TinyConfig({"first": LIST, "second": LIST}))) == {"res": Decimal(4), "cus": Decimal(4)}


def test_the_legacy_report_bills_the_same(tmp_path: Path) -> None:
    """The CSV report is read where there is no data export; empty text is no value."""
    root = tmp_path / "deliveries" / "aws" / PAYER / "cur" / "20261001-20261101"
    (root / "a1").mkdir(parents=True)
    header = (
        "bill/InvoiceId,bill/PayerAccountId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,"
        "lineItem/ProductCode,lineItem/CurrencyCode,lineItem/UnblendedCost,lineItem/NetUnblendedCost,"
        "pricing/publicOnDemandCost,savingsPlan/SavingsPlanARN,reservation/ReservationARN\n"
    )
    place = f"INV-1,{PAYER},{MEMBER}"
    lines = [
        f"{place},Usage,2026-10-05T00:00:00Z,AmazonEC2,USD,8500.000000000000001,,10000,,\n",
        f"{place},Fee,2026-10-05T00:00:00Z,AmazonEC2,USD,10,8,,,arn:aws:ec2\n",
        f"{place},Usage,2026-10-05T00:00:00Z,AmazonEC2,USD,10,8,,,\n",
    ]
    with gzip.open(root / "a1" / "cur-00001.csv.gz", "wt", encoding="utf-8") as stream:
        stream.writelines([header, *lines])
    manifest = {
        "account": PAYER,
        "assemblyId": "a1",
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "reportKeys": ["reports/cur/20261001-20261101/a1/cur-00001.csv.gz"],
    }
    (root / "cur-Manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    truth = bill(tmp_path, TinyConfig({"first": LIST, "second": LIST}))
    assert totals(truth)["cus"] == Decimal(10020)
    assert truth.edges["res", "cus", "USD"].amortized == Decimal(10010)
    [total] = truth.coverage.values()
    assert (total.billed, total.benefit) == (Decimal(8516), Decimal(4))
    [raw] = truth.raw.values()
    assert raw.net == Decimal("8516.000000000000001")
