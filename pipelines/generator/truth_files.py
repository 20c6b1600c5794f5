"""The truth of a month as CSV files that a person can open, and what contradicts the provider's invoices."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from pipelines.generator.truth_amounts import WIDE, ZERO, text
from pipelines.generator.truth_margin import price_effect
from pipelines.generator.truth_model import LineKey, Margin, MarginKey, RawTotal, Truth
from pipelines.generator.truth_reports import (
    BenefitFigures,
    BenefitKey,
    CommitmentFigures,
    CommitmentKey,
    SharingFigures,
    SharingKey,
)

EDGES = ("seller", "buyer", "currency", "exact_total", "billed_total", "lines", "amortized_total", "charges", "held")
LINES = (*LineKey._fields, "exact", "billed", "amortized", "charges")
COVERAGE = ("disposition", "reason", "provider", "invoice", "currency", "amount", "partner_benefit", "charges")
MARGIN = (
    *MarginKey._fields, "revenue", "cost", "partner_benefit", "shared_benefit", "price_effect", "fx_effect",
    "rounding_effect",
)  # fmt: skip
COMMITMENTS = (*CommitmentKey._fields, *(item.name for item in fields(CommitmentFigures)))
SHARING = (*SharingKey._fields, *(item.name for item in fields(SharingFigures)))
BENEFITS = (*BenefitKey._fields, *(item.name for item in fields(BenefitFigures)))
CENTRES = (*LineKey._fields, "cost_centre", "billed")
BALANCES = ("balance", "opening", "moved", "closing")
HOLDS = ("tenant", "seller", "buyer", "reason", "provider", "currency", "amount", "charges")


def write_truth(truth: Truth, directory: Path) -> None:
    """Write one CSV per kind of figure, sorted; amounts as plain digits."""
    directory.mkdir(parents=True, exist_ok=True)
    count: dict[tuple[str, str, str], int] = {}
    for key in truth.lines:
        count[key[:3]] = count.get(key[:3], 0) + 1
    edges = (
        (*key, text(edge.exact), text(edge.billed), count[key], text(edge.amortized), edge.charges, int(edge.held))
        for key, edge in truth.edges.items()
    )
    lines = (
        (*key, text(line.exact), text(line.billed), text(line.amortized), line.charges)
        for key, line in truth.lines.items()
    )
    coverage = ((*key, text(total.billed), text(total.benefit), total.charges) for key, total in truth.coverage.items())
    holds = ((*hold, text(total.billed), total.charges) for hold, total in truth.holds.items())
    margin = ((*key, *map(text, _earnings(item))) for key, item in truth.margin.items())
    centres = ((*key, name, text(amount)) for (key, name), amount in truth.centres.items())
    balances = (
        (name, text(item.opening), text(item.moved), text(item.closing)) for name, item in truth.balances.items()
    )
    for name, header, rows in (
        ("edges", EDGES, edges),
        ("lines", LINES, lines),
        ("coverage", COVERAGE, coverage),
        ("holds", HOLDS, holds),
        ("margin", MARGIN, margin),
        ("cost_centres", CENTRES, centres),
        ("balances", BALANCES, balances),
        ("commitments", COMMITMENTS, _figures(truth.reports.commitments)),
        ("commitment_sharing", SHARING, _figures(truth.reports.sharing)),
        ("partner_benefits", BENEFITS, _figures(truth.reports.benefits)),
    ):
        _write(directory / f"{name}.csv", header, rows)


def _earnings(item: Margin) -> tuple[Decimal, ...]:
    """The figures of a margin in the order of its header."""
    return (item.revenue, item.cost, item.benefit, item.shared, price_effect(item), item.fx, item.rounding)


def _figures(report: Mapping[Any, Any]) -> Iterable[Sequence[object]]:
    """The rows of a report: its key, then every figure."""
    for key, item in report.items():
        yield (*key, *(text(value) if isinstance(value, Decimal) else value for value in vars(item).values()))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    plain = sorted(["" if value is None else str(value) for value in row] for row in rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(plain)


def contradictions(truth: Truth) -> list[str]:
    """Where the booked rows, the coverage and the provider's invoice control do not agree to the last digit."""
    with localcontext(WIDE):
        found = [_control_gap(truth, index) for index in range(len(truth.controls))]
        return [gap for gap in found if gap] + _uncontrolled(truth) + _coverage_gaps(truth)


def _matches(truth: Truth, index: int) -> list[RawTotal]:
    """Raw totals of one control: by invoice id, or by account where the provider's rows carry no invoice."""
    control = truth.controls[index]
    return [
        total
        for (provider, account, invoice, currency), total in truth.raw.items()
        if (provider, currency) == (control.provider, control.currency)
        and (invoice == control.invoice or (not invoice and account == control.account))
    ]


def _control_gap(truth: Truth, index: int) -> str:
    control, totals = truth.controls[index], _matches(truth, index)
    net = sum((total.net for total in totals), ZERO)
    tax = sum((total.tax for total in totals), ZERO)
    if (net, tax) == (control.net, control.tax):
        return ""
    return (
        f"{control.provider} invoice {control.invoice} {control.currency}: control net {text(control.net)} "
        f"tax {text(control.tax)}, booked net {text(net)} tax {text(tax)}"
    )


def _uncontrolled(truth: Truth) -> list[str]:
    matched = {id(total) for index in range(len(truth.controls)) for total in _matches(truth, index)}
    return [
        f"{' '.join(part or '-' for part in key)}: booked, but no control invoice names it"
        for key, total in truth.raw.items()
        if id(total) not in matched
    ]


def _coverage_gaps(truth: Truth) -> list[str]:
    """Per provider invoice the four dispositions must hold exactly what was booked."""
    gaps: dict[tuple[str, str, str], object] = {}
    for provider, invoice, currency in {(key[0], key[2], key[3]) for key in truth.raw}:
        kept = sum((t.kept for k, t in truth.raw.items() if (k[0], k[2], k[3]) == (provider, invoice, currency)), ZERO)
        covered = sum((t.billed for k, t in truth.coverage.items() if k[2:] == (provider, invoice, currency)), ZERO)
        if kept != covered:
            gaps[provider, invoice, currency] = kept - covered
    return [f"{' '.join(key)}: {gap} is in no disposition" for key, gap in sorted(gaps.items())]
