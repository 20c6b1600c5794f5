"""Engine and oracle bill generated months alike, the proof is zero and no unit of cost is lost."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from pipelines.generator.truth_files import contradictions
from pipelines.generator.truth_model import Truth
from tests.oracle.compare import compare, proof_gaps, read
from tests.oracle.rows import compare_rows
from tests.properties.conftest import Billed
from tests.properties.months import PERIOD

pytestmark = pytest.mark.slow
DISPOSITIONS = {"billed", "absorbed", "quarantined", "excluded"}
Invoice = tuple[str, str, str]


@pytest.fixture(scope="session")
def truth(billed: Billed) -> Truth:
    return billed.month.truth()


def test_the_generated_month_ties_to_its_invoices(truth: Truth) -> None:
    assert contradictions(truth) == []


def test_every_row_is_read_alike(billed: Billed) -> None:
    assert compare_rows(billed.month.deliveries, billed.lake, PERIOD) == []


def test_engine_and_oracle_agree_to_the_last_digit(billed: Billed, truth: Truth) -> None:
    assert truth.edges
    assert compare(truth, billed.marts) == []


def test_the_proof_is_zero(billed: Billed) -> None:
    assert read(billed.marts, "marts_reconciliation")
    assert proof_gaps(billed.marts) == []


def raw_totals(billed: Billed) -> dict[Invoice, Decimal]:
    """Σ of every booked line by provider, invoice and currency, as the slices say what they read."""
    totals: dict[Invoice, Decimal] = defaultdict(Decimal)
    for path in billed.lake.glob(f"focus/provider=*/account=*/period={PERIOD}/slice=*/slice.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for raw in record["RawTotals"]:
            key = (record["Provider"], raw["InvoiceId"] or "", raw["BillingCurrency"])
            totals[key] += Decimal(raw["Net"]) + Decimal(raw["Tax"]) - Decimal(raw["Beyond12"])
    return dict(totals)


def test_every_unit_of_cost_has_one_disposition(billed: Billed) -> None:
    """billed + absorbed + quarantined + excluded = Σ raw, per provider invoice and currency."""
    covered: dict[Invoice, Decimal] = defaultdict(Decimal)
    for row in read(billed.marts, "marts_coverage"):
        assert row["Disposition"] in DISPOSITIONS
        covered[row["x_Provider"], row["InvoiceId"] or "", row["BillingCurrency"]] += row["BilledCost"]
    assert dict(covered) == raw_totals(billed)


def test_the_oracle_read_the_same_lines(billed: Billed, truth: Truth) -> None:
    kept: dict[Invoice, Decimal] = defaultdict(Decimal)
    for (provider, _, invoice, currency), total in truth.raw.items():
        kept[provider, invoice, currency] += total.kept
    assert dict(kept) == raw_totals(billed)


def test_invoices_are_the_sum_of_their_rounded_lines(billed: Billed) -> None:
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for row in read(billed.marts, "marts_invoice_lines"):
        lines[row["InvoiceId"]] += row["BilledCost"]
    assert {row["InvoiceId"]: row["BilledCost"] for row in read(billed.marts, "marts_invoices")} == dict(lines)


def test_the_operators_benefit_reaches_no_price(billed: Billed) -> None:
    """Rows of a partner benefit are absorbed whole; what they save is in the operator's ledger only."""
    rows = [row for row in read(billed.marts, "marts_coverage") if row["Reason"] == "partner benefit"]
    assert rows
    assert {row["Disposition"] for row in rows} == {"absorbed"}
