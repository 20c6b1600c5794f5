"""The traps of provider bills that AWS lays, each by its number: what goes wrong in practice, shown on staged rows."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.money import Decimal
from pipelines.providers.slices import raw_totals
from tests.unit.providers import drops
from tests.unit.providers.aws import reports
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import aws_line

SP = "arn:aws:savingsplans::444455556666:savingsplan/1"
COVERED = {"savings_plan_savings_plan_a_r_n": SP, "savings_plan_savings_plan_effective_cost": "1.5"}
MONEY = "BilledCost, EffectiveCost, ListCost, ContractedCost"


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def booked(desk: Desk, columns: str, *lines: dict[str, Any]) -> list[tuple[Any, ...]]:
    drops.cur2(desk.drop, lines)
    assert desk.ingest().refusals == ()
    return desk.charges(columns)


def test_trap_01_restated_data(desk: Desk) -> None:
    """A newer version replaces the payer's month as a whole, an older one that comes late does not."""
    drops.cur2(desk.drop, [aws_line(cost="5"), aws_line(cost="6")], version="20261104T010000")
    desk.ingest()
    drops.cur2(desk.drop, [aws_line(cost="5"), aws_line(cost="7"), aws_line(cost="1")], version="20261106T010000")
    desk.ingest()
    drops.cur2(desk.drop, [aws_line(cost="99"), aws_line(cost="98"), aws_line(cost="97")], version="20261105T010000")
    desk.ingest()
    assert desk.charges("BilledCost") == [amounts("5"), amounts("7"), amounts("1")]


def test_trap_02_estimate_or_invoice(desk: Desk) -> None:
    """One line without an invoice id keeps the whole month an estimate."""
    assert booked(desk, "InvoiceId", aws_line(), aws_line(bill_invoice_id="")) == [("INV1",), (None,)]
    [row] = desk.ledger.current_slices("2026-10")
    assert not row["is_final"]


def test_trap_09_rounding(desk: Desk) -> None:
    """Nothing is rounded to cents on the way in; what 12 decimals cannot hold is told apart, per invoice."""
    texts = ("0.004", "0.004", "0.0000000000004")
    drops.cur2(desk.drop, [aws_line(cost=Decimal(text)) for text in texts])
    assert desk.ingest().refusals == ()
    assert desk.charges("BilledCost") == [amounts("0.004"), amounts("0.004"), amounts("0")]
    [row] = desk.ledger.current_slices("2026-10")
    record = desk.lake.slice("aws", row["account"], "2026-10", row["slice_id"]) / "slice.json"
    assert '"Beyond12": "0.000000000000400000000000"' in record.read_text(encoding="utf-8")


def test_trap_10_binary_floats(desk: Desk) -> None:
    """Doubles are read by their shortest digits: a tenth and two tenths make three."""
    rows = booked(desk, "BilledCost", *[aws_line(cost="0.1"), aws_line(cost="0.2")] * 5_000)
    assert len(rows) == 10_000
    assert sum(row[0] for row in rows) == Decimal(1500)


def test_trap_11_negative_amounts(desk: Desk) -> None:
    """A negative cost and quantity stand as they are; their price does not turn negative."""
    line = aws_line("Refund", "-0.6", line_item_usage_amount="-5", line_item_unblended_rate="0.12", pricing_unit="Hrs",
                    line_item_usage_type="BoxUsage")  # fmt: skip
    assert booked(desk, f"{MONEY}, PricingQuantity, ContractedUnitPrice", line) == [
        amounts("-0.6", "-0.6", "-0.6", "-0.6", "-5", "0.12")
    ]


@pytest.mark.parametrize(
    ("kind", "words", "benefit", "credit"),
    [
        ("SppDiscount", "", "SPP", None),
        ("EdpDiscount", "", "EDP", None),
        ("Credit", "AWS promotional credit", None, "promotional"),
        ("Credit", "Monthly free tier", None, "free_tier"),
        ("Credit", "SLA credit", None, "sla"),
    ],
)
def test_trap_12_credits(desk: Desk, kind: str, words: str, benefit: str | None, credit: str | None) -> None:
    """A partner's discount and every kind of credit can be told apart: contracts keep one and pass on another."""
    line = aws_line(kind, "-2", line_item_line_item_description=words)
    columns = "ChargeCategory, BilledCost, x_PartnerBenefitKind, x_CreditKind"
    assert booked(desk, columns, line) == [("Credit", Decimal(-2), benefit, credit)]


def test_trap_13_tax(desk: Desk) -> None:
    """Tax is its own category, without price, quantity or product, and apart in the invoice's totals."""
    tax = aws_line("Tax", "19", line_item_usage_amount="1", product_sku="S", pricing_rate_code="R", pricing_unit="X")
    columns = "ChargeCategory, PricingQuantity, ListUnitPrice, SkuId, SkuPriceId, PricingCategory"
    assert booked(desk, columns, aws_line(cost="100"), tax)[1] == ("Tax", None, None, None, None, None)
    [row] = desk.ledger.current_slices("2026-10")
    record = desk.lake.slice("aws", row["account"], "2026-10", row["slice_id"]) / "slice.json"
    text = record.read_text(encoding="utf-8")
    assert '"Net": "100.' in text
    assert '"Tax": "19.' in text


def test_trap_14_marketplace(desk: Desk) -> None:
    """Software of others names its seller and its own issuer, and earns no partner discount by itself."""
    line = aws_line("Fee", "250", bill_invoice_id="2501", bill_billing_entity="AWS Marketplace",
                    bill_invoicing_entity="Amazon Web Services, Inc.", line_item_legal_entity="Okta, Inc.")  # fmt: skip
    columns = "x_PublisherName, InvoiceIssuerName, InvoiceId, x_PartnerBenefitAmount, ServiceProviderName"
    assert booked(desk, columns, line) == [("Okta, Inc.", "Amazon Web Services, Inc.", "2501", Decimal(0), "AWS")]


def test_trap_15_refund_of_another_month(desk: Desk) -> None:
    """A refund is on the open bill, keeps the days it refunds and is a correction."""
    september = {
        "line_item_usage_start_date": "2026-09-03T00:00:00Z",
        "line_item_usage_end_date": "2026-09-04T00:00:00Z",
    }
    line = aws_line("Refund", "-3", bill_bill_type="Refund", **september)
    columns = "ChargeClass, cast(BillingPeriodStart as varchar), cast(ChargePeriodStart as varchar), InvoiceId"
    assert booked(desk, columns, line) == [("Correction", "2026-10-01 00:00:00", "2026-09-03 00:00:00", "INV1")]


def test_trap_16_duplicates(desk: Desk) -> None:
    """A delivery that comes twice is booked once; equal lines of one delivery are all booked."""
    drops.cur2(desk.drop, [aws_line(), aws_line()])
    desk.ingest()
    before = desk.files()
    report = desk.ingest()
    assert [unit.status for unit in report.units] == ["unchanged"]
    assert desk.files() == before
    assert desk.charges("BilledCost") == [amounts("1")] * 2


def test_trap_18_time_zones(desk: Desk) -> None:
    """Moments are UTC, also where a text names another zone; the month is the bill's, not that of the usage."""
    headers = [drops.legacy_name(name) for name in aws_line()]
    late = aws_line(
        line_item_usage_start_date="2026-11-01T00:30:00+02:00", line_item_usage_end_date="2026-10-31T23:30:00Z"
    )
    reports.legacy_csv(desk.drop, headers, [list(late.values())])
    assert desk.ingest().refusals == ()
    columns = (
        "cast(ChargePeriodStart as varchar), cast(ChargePeriodEnd as varchar), cast(BillingPeriodStart as varchar)"
    )
    assert desk.charges(columns) == [("2026-10-31 22:30:00", "2026-10-31 23:30:00", "2026-10-01 00:00:00")]


def test_trap_19_exclusive_ends(desk: Desk) -> None:
    """Ends of AWS are exclusive and stay; the one inclusive end, that of a savings plan, is moved and flagged."""
    line = aws_line("SavingsPlanUpfrontFee", "9", **COVERED, savings_plan_end_time="2027-03-31T23:59:59.000Z")
    columns = "cast(ChargePeriodEnd as varchar), cast(BillingPeriodEnd as varchar), cast(x_CommitmentEnd as varchar)"
    assert booked(desk, f"{columns}, json_extract_string(x_Repairs, '$.x_CommitmentEnd.was')", line) == [
        ("2026-10-03 00:00:00", "2026-11-01 00:00:00", "2027-04-01 00:00:00", "2027-03-31T23:59:59.000Z")
    ]


def test_trap_24_negation_pairs(desk: Desk) -> None:
    """Covered usage and its negation are both 0; what is left between them is a flagged row, not lost."""
    lines = [
        aws_line("SavingsPlanCoveredUsage", "2.5", pricing_public_on_demand_cost="2.5", **COVERED),
        aws_line("SavingsPlanNegation", "-2.5", savings_plan_savings_plan_a_r_n=SP),
        aws_line("SavingsPlanCoveredUsage", "1.25", bill_invoice_id="INV2", **COVERED),
        aws_line("SavingsPlanNegation", "-1", bill_invoice_id="INV2", savings_plan_savings_plan_a_r_n=SP),
    ]
    why = "json_extract_string(x_Repairs, '$.BilledCost.why')"
    found = booked(desk, f"InvoiceId, ChargeCategory, BilledCost, EffectiveCost, {why}", *lines)
    assert found == [
        ("INV1", "Usage", *amounts("0", "1.5"), "taken away by its negation"),
        ("INV2", "Usage", *amounts("0", "1.5"), "taken away by its negation"),
        ("INV2", "Adjustment", *amounts("0.25", "0.25"), "left by negations of covered usage"),
    ]


def test_trap_25_split_cost_rows(desk: Desk) -> None:
    """Shares of an instance that containers had are not booked beside the instance."""
    share = {"line_item_operation": "EKSPod-EC2", "split_line_item_parent_resource_id": "i-1"}
    pod = aws_line(cost="0", split_line_item_split_cost="0.7", line_item_resource_id="pod", **share)
    instance = aws_line(cost="1", line_item_resource_id="i-1", line_item_operation="RunInstances")
    assert booked(desk, "ResourceId, BilledCost, AllocatedMethodId", instance, pod) == [("i-1", Decimal(1), None)]


def test_trap_26_empty_texts(desk: Desk) -> None:
    """An empty text of a CSV file is no value: no commitment, no net cost of nothing, no invoice."""
    empty = dict.fromkeys(
        ("reservation_reservation_a_r_n", "savings_plan_savings_plan_a_r_n", "line_item_net_unblended_cost",
         "bill_invoice_id", "pricing_unit"), "",
    )  # fmt: skip
    line = aws_line(cost="4") | empty
    reports.legacy_csv(desk.drop, [drops.legacy_name(name) for name in line], [list(line.values())])
    assert desk.ingest().refusals == ()
    columns = "CommitmentDiscountId, PricingCategory, BilledCost, x_PartnerBenefitKind, InvoiceId, PricingUnit"
    assert desk.charges(columns) == [(None, "Standard", Decimal(4), None, None, None)]


def test_trap_28_schema_drift(desk: Desk) -> None:
    """A column that nobody knows is kept, an alias is recognised, a required column that is gone is refused."""
    line = aws_line("SavingsPlanUpfrontFee", savings_plan_savings_plan_arn=SP, line_item_new_idea="x")
    columns = "CommitmentDiscountId, x_Extras"
    assert booked(desk, columns, line) == [(SP, '{"line_item_new_idea":"x"}')]
    del line["line_item_usage_account_id"]
    drops.cur2(desk.drop, [line], version="20261109T010000")
    assert [problem.column for problem in desk.ingest().refusals] == ["line_item_usage_account_id"]


def test_trap_29_invoice_totals(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that do not add up to what the delivery says of its invoice are refused, not filled up.

    Against the provider's own invoice the proof ties the same sums: tests/integration/test_aws_invoices.py.
    """
    drops.cur2(desk.drop, [aws_line(cost="10"), aws_line(cost="2", bill_invoice_id="2501")])
    assert desk.ingest().refusals == ()
    totals = "pipelines.providers.slices.raw_totals"
    monkeypatch.setattr(totals, lambda con, sql: raw_totals(con, sql.replace("'0') as amount", "'0')||'1' as amount")))
    drops.cur2(
        desk.drop, [aws_line(cost="10"), aws_line(cost="2.5", bill_invoice_id="2501")], version="20261109T010000"
    )
    said = [problem.what for problem in desk.ingest().refusals]
    assert any("invoice 2501 USD: the delivery holds 2.51" in text and "the charges 2.5" in text for text in said), said
    assert desk.charges("BilledCost") == [amounts("10"), amounts("2")]


def test_trap_30_free_rows(desk: Desk) -> None:
    """A free meter keeps its quantity and a price of 0; its list cost is 0, stated and not derived."""
    line = aws_line(
        cost="0", line_item_usage_amount="1000", line_item_unblended_rate="0", pricing_unit="Requests",
        pricing_public_on_demand_cost="0", pricing_public_on_demand_rate="0", bill_invoicing_entity="AWS",
    )  # fmt: skip
    columns = f"{MONEY}, ListUnitPrice, PricingQuantity, ConsumedQuantity, x_Repairs"
    assert booked(desk, columns, line) == [(*amounts("0", "0", "0", "0", "0", "1000", "1000"), None)]


def test_a_double_beyond_12_decimals_is_flagged_as_rounded(desk: Desk) -> None:
    line = aws_line(cost="0.30000000000000004", bill_invoicing_entity="AWS", pricing_public_on_demand_cost="1e-13")
    staged = "json_extract_string(x_Repairs, '$.BilledCost.was'), json_extract_string(x_Repairs, '$.ListCost.was')"
    assert booked(desk, f"BilledCost, ListCost, {staged}", line) == [
        (*amounts("0.3", "0.3"), "0.30000000000000004", "1e-13")
    ]
