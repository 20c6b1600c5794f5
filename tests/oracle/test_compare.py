"""The comparison must be silent where both agree and loud about a single last digit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.generator.truth import Truth, compute
from pipelines.generator.truth_margin import price_effect
from tests.oracle.compare import COVERAGE, HOLD, LINE_COLUMNS, MARGIN, compare, proof_gaps
from tests.oracle.tiny import PERIOD, TinyConfig, aws_row, write_aws

Tables = dict[str, list[dict[str, Any]]]
EXACT = Decimal("1e-24")


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    """One billed line of 1.125 and one unlinked line that holds nobody."""
    rows = [
        aws_row(line_item_unblended_cost=1.125),
        aws_row(line_item_unblended_cost=2.0, line_item_usage_account_id="999999999999"),
    ]
    write_aws(tmp_path / "deliveries", rows)
    rule = "action: markup, basis: cost, percent: 0"
    (tmp_path / "config").mkdir()
    config = TinyConfig({"first": rule, "second": "action: pass_through"}).write(tmp_path / "config")
    return compute(tmp_path / "deliveries", config, PERIOD)


def term_tables(truth: Truth) -> Tables:
    """Margin, cost centres and balances as that engine would write them."""
    return {
        "marts_margin": [
            dict(zip(MARGIN, key, strict=True))
            | {
                "HomeCurrency": "USD",
                "Revenue": item.revenue,
                "Cost": item.cost,
                "Margin": item.revenue - item.cost,
                "PartnerBenefit": item.benefit,
                "SharedBenefit": item.shared,
                "FxEffect": item.fx,
                "RoundingEffect": item.rounding,
                "PriceEffect": price_effect(item),
            }
            for key, item in truth.margin.items()
        ],
        "marts_cost_centres": [
            {"InvoiceDetailId": str(key), "CostCentreId": name, "BilledCost": amount}
            for (key, name), amount in truth.centres.items()
        ],
        "marts_balances": [
            {
                "BalanceId": name,
                "BalanceKind": "prepaid",
                "Opening": item.opening,
                "Movement": item.moved,
                "Closing": item.closing,
            }
            for name, item in truth.balances.items()
        ],
    }


def tables(truth: Truth) -> Tables:
    """The marts that an engine of the same opinion would write."""
    return term_tables(truth) | {
        "marts_commitments": [],
        "marts_commitment_sharing": [],
        "marts_partner_benefits": [],
        "marts_invoices": [
            {
                "SellerTenantId": key[0],
                "BuyerTenantId": key[1],
                "BillingCurrency": key[2],
                "ExactCost": edge.exact,
                "BilledCost": edge.billed,
                "IsHeld": edge.held,
            }
            for key, edge in truth.edges.items()
        ],
        "marts_invoice_lines": [
            dict(zip(LINE_COLUMNS, key, strict=True))
            | {
                "ExactCost": line.exact,
                "BilledCost": line.billed,
                "EffectiveCost": line.amortized,
                "LineCount": line.charges,
                "InvoiceDetailId": str(key),
                "ListCost": line.listed,
            }
            for key, line in truth.lines.items()
        ],
        "marts_coverage": [
            dict(zip(COVERAGE, key, strict=True))
            | {"BilledCost": item.billed, "PartnerBenefitAmount": item.benefit, "LineCount": item.charges}
            for key, item in truth.coverage.items()
        ],
        "marts_holds": [
            dict(zip(HOLD, hold, strict=True)) | {"BilledCost": item.billed} for hold, item in truth.holds.items()
        ],
        "marts_reconciliation": [
            {
                "CheckName": "edge",
                "Scope": "op",
                "Currency": "USD",
                "Difference": Decimal(0),
                "IsTied": True,
                "Note": "",
            }
        ],
    }


def write(directory: Path, content: Tables) -> Path:
    directory.mkdir()
    for name, rows in content.items():
        columns = {column: [row[column] for row in rows] for column in (rows[0] if rows else ())}
        types = {
            column: pa.decimal128(38, 24)
            for column, values in columns.items()
            if any(isinstance(value, Decimal) for value in values)
        }
        table = pa.table({column: pa.array(values, types.get(column)) for column, values in columns.items()})
        pq.write_table(table, directory / f"{name}.parquet")
    return directory


def test_agreement_is_silent(truth: Truth, tmp_path: Path) -> None:
    marts = write(tmp_path / "marts", tables(truth))
    assert compare(truth, marts) == []
    assert proof_gaps(marts) == []


def _bump(table: str, column: str, by: Decimal) -> Callable[[Tables], None]:
    def change(content: Tables) -> None:
        content[table][0][column] += by

    return change


def _lose_line(content: Tables) -> None:
    content["marts_invoice_lines"].pop()


def _hold_all(content: Tables) -> None:
    for row in content["marts_invoices"]:
        row["IsHeld"] = True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_bump("marts_invoices", "ExactCost", EXACT), "exact invoice total op | res | USD: engine 1.125"),
        (_bump("marts_invoices", "BilledCost", Decimal("0.01")), "rounded invoice total op | res | USD"),
        (_bump("marts_invoice_lines", "ExactCost", EXACT), "difference 0.000000000000000000000001"),
        (_bump("marts_coverage", "BilledCost", Decimal("1e-12")), "cost billed | priced | aws | INV-1 | USD"),
        (_bump("marts_coverage", "PartnerBenefitAmount", Decimal(1)), "partner benefit billed"),
        (_bump("marts_holds", "BilledCost", Decimal(1)), "held cost - | - | - | unlinked account | aws | USD"),
        (_lose_line, "engine nothing, oracle 1.125"),
        (_hold_all, "held by the engine only: op | res | USD"),
    ],
)
def test_a_last_digit_is_named(truth: Truth, tmp_path: Path, change: Callable[[Tables], None], said: str) -> None:
    content = tables(truth)
    change(content)
    assert said in "\n".join(compare(truth, write(tmp_path / "marts", content)))


def test_texts_can_be_left_out(truth: Truth, tmp_path: Path) -> None:
    content = tables(truth)
    for row in content["marts_invoice_lines"]:
        row["ServiceName"] = "renamed"
    marts = write(tmp_path / "marts", content)
    assert compare(truth, marts, lines=False) == []
    assert "Amazon Elastic Compute Cloud" in "\n".join(compare(truth, marts))


def test_an_open_proof_is_told(truth: Truth, tmp_path: Path) -> None:
    content = tables(truth)
    content["marts_reconciliation"][0] |= {"Difference": Decimal("0.01"), "IsTied": False, "Note": "no control"}
    assert proof_gaps(write(tmp_path / "marts", content)) == ["edge op USD: 0.010000000000000000000000 (no control)"]


def test_the_tiny_month_is_the_one_described(truth: Truth) -> None:
    assert {buyer: edge.billed for (_, buyer, _), edge in truth.edges.items()} == dict.fromkeys(
        ("res", "cus"), Decimal("1.13")
    )
