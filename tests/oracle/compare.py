"""The engine's marts against the oracle's truth, to the last digit, as sentences a person can read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.generator.truth_amounts import WIDE, r12, text
from pipelines.generator.truth_model import Truth

Row = dict[str, Any]
Key = tuple[object, ...]
Amounts = dict[Key, Decimal]
ZERO = Decimal(0)
SHOWN = 12
LINE_COLUMNS = (
    "SellerTenantId",
    "BuyerTenantId",
    "BillingCurrency",
    "TenantId",
    "x_Provider",
    "SubAccountId",
    "ServiceName",
    "SkuId",
    "PricingUnit",
    "ChargeCategory",
    "ChargeClass",
    "x_CorrectedInvoiceId",
)
EDGE = ("SellerTenantId", "BuyerTenantId", "BillingCurrency")
COARSE = (*EDGE, "TenantId", "x_Provider", "ChargeCategory")
COVERAGE = ("Disposition", "Reason", "x_Provider", "InvoiceId", "BillingCurrency")
HOLD = ("HeldTenantId", "SellerTenantId", "BuyerTenantId", "Reason", "x_Provider", "BillingCurrency")


def read(marts: Path, table: str) -> list[Row]:
    """All rows of one mart."""
    rows: list[Row] = pq.ParquetFile(marts / f"{table}.parquet").read().to_pylist()
    return rows


def total(rows: list[Row], columns: tuple[str, ...], amount: str) -> Amounts:
    """Σ amount by columns; null text is empty."""
    sums: Amounts = defaultdict(lambda: ZERO)
    for row in rows:
        sums[tuple(row[column] or "" for column in columns)] += Decimal(row[amount])
    return sums


def compare(truth: Truth, marts: Path, *, lines: bool = True) -> list[str]:
    """Every difference between the marts of one build and the truth; empty if both say the same.

    `lines=False` leaves out what depends on the texts of the invoice-line grain (lines and rounded totals).
    """
    with localcontext(WIDE):
        found = _exact(truth, marts) + _coverage(truth, marts) + _holds(truth, marts)
        return found + (_lines(truth, marts) if lines else [])


def proof_gaps(marts: Path) -> list[str]:
    """Rows of the engine's own proof that are not tied."""
    return [
        f"{row['CheckName']} {row['Scope']} {row['Currency']}: {row['Difference']} ({row['Note']})"
        for row in read(marts, "marts_reconciliation")
        if row["Difference"] != 0 or not row["IsTied"]
    ]


def _exact(truth: Truth, marts: Path) -> list[str]:
    """Unrounded totals per invoice, and per edge, end customer, provider and charge category."""
    invoices = total(read(marts, "marts_invoices"), EDGE, "ExactCost")
    coarse = total(read(marts, "marts_invoice_lines"), COARSE, "ExactCost")
    expected: Amounts = defaultdict(lambda: ZERO)
    for key, line in truth.lines.items():
        expected[(*key[:5], key.category)] += line.exact
    return [
        *_differences("exact invoice total", invoices, {key: edge.exact for key, edge in truth.edges.items()}),
        *_differences("exact amount", coarse, expected),
    ]


def _lines(truth: Truth, marts: Path) -> list[str]:
    """Each invoice line (exact, rounded, amortized) and each invoice's rounded total."""
    rows = read(marts, "marts_invoice_lines")
    lines = {_texts(key): line for key, line in truth.lines.items()}
    billed = total(read(marts, "marts_invoices"), EDGE, "BilledCost")
    checks: list[tuple[str, Amounts, Mapping[Key, Decimal]]] = [
        ("exact line", total(rows, LINE_COLUMNS, "ExactCost"), {key: line.exact for key, line in lines.items()}),
        ("rounded line", total(rows, LINE_COLUMNS, "BilledCost"), {key: line.billed for key, line in lines.items()}),
        (
            "amortized line",
            total(rows, LINE_COLUMNS, "EffectiveCost"),
            {key: r12(line.amortized) for key, line in lines.items()},
        ),
        (
            "charges of line",
            total(rows, LINE_COLUMNS, "LineCount"),
            {key: Decimal(line.charges) for key, line in lines.items()},
        ),
        ("rounded invoice total", billed, {key: edge.billed for key, edge in truth.edges.items()}),
    ]
    return [sentence for check in checks for sentence in _differences(*check)]


def _coverage(truth: Truth, marts: Path) -> list[str]:
    """Provider cost and partner benefit by disposition, reason, provider and invoice."""
    rows = read(marts, "marts_coverage")
    ledger = truth.coverage.items()
    return [
        *_differences("cost", total(rows, COVERAGE, "BilledCost"), {key: item.billed for key, item in ledger}),
        *_differences(
            "partner benefit",
            total(rows, COVERAGE, "PartnerBenefitAmount"),
            {key: item.benefit for key, item in ledger},
        ),
        *_differences("rows", total(rows, COVERAGE, "LineCount"), {key: Decimal(item.charges) for key, item in ledger}),
    ]


def _holds(truth: Truth, marts: Path) -> list[str]:
    """Held tenants and edges, with the money that holds them."""
    rows = read(marts, "marts_holds")
    found = _differences(
        "held cost", total(rows, HOLD, "BilledCost"), {_texts(hold): item.billed for hold, item in truth.holds.items()}
    )
    engine = {tuple(row[column] for column in EDGE) for row in read(marts, "marts_invoices") if row["IsHeld"]}
    oracle = {key for key, edge in truth.edges.items() if edge.held}
    found += [f"held by the engine only: {_name(edge)}" for edge in sorted(engine - oracle)]
    return found + [f"held by the oracle only: {_name(edge)}" for edge in sorted(oracle - engine)]


def _texts(key: tuple[object, ...]) -> Key:
    return tuple("" if part is None else part for part in key)


def _differences(what: str, engine: Mapping[Any, Decimal], oracle: Mapping[Any, Decimal]) -> list[str]:
    """Sentences for the keys whose amounts differ, largest first; a key that one side lacks counts as 0."""
    gaps = {key: engine.get(key, ZERO) - oracle.get(key, ZERO) for key in {*engine, *oracle}}
    worst = sorted((key for key, gap in gaps.items() if gap), key=lambda key: (-abs(gaps[key]), str(key)))
    sentences = [
        f"{what} {_name(key)}: engine {_amount(engine, key)}, oracle {_amount(oracle, key)}, "
        f"difference {text(gaps[key])}"
        for key in worst[:SHOWN]
    ]
    more = f"{what}: {len(worst) - SHOWN} more differ, {text(sum((gaps[key] for key in worst), ZERO))} in all"
    return sentences + ([more] if len(worst) > SHOWN else [])


def _amount(side: Mapping[Any, Decimal], key: Key) -> str:
    return text(side[key]) if key in side else "nothing"


def _name(key: Key) -> str:
    return " | ".join(str(part) or "-" for part in key)
