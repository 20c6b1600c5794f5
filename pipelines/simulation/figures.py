"""What a simulation says: every bill, every seller's margin and every provider's total, before and after.

Bills are in the contract's currency as billed, margins in the seller's home currency at 12 decimals, provider totals
in the billing currency. A difference is after minus before; what stands on one side only is 0 on the other.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.lake import connect, write_text
from pipelines.money import CONTEXT, ZERO, Decimal

BILLS = """
    select SellerTenantId, BuyerTenantId, BillingCurrency, BilledCost, IsHeld
    from read_parquet('{build}/marts_invoices.parquet', hive_partitioning = false)
"""
MARGINS = """
    select SellerTenantId, null, HomeCurrency, sum(Margin), false
    from read_parquet('{build}/marts_margin.parquet', hive_partitioning = false)
    group by SellerTenantId, HomeCurrency
"""
PROVIDERS = """
    select x_Provider, null, BillingCurrency, sum(BilledCost), false
    from read_parquet('{build}/marts_coverage.parquet', hive_partitioning = false)
    group by x_Provider, BillingCurrency
"""
QUARANTINED = """
    select x_Provider || ', ' || Reason, BillingCurrency, sum(LineCount), sum(BilledCost)
    from read_parquet('{build}/marts_coverage.parquet', hive_partitioning = false)
    where Disposition = 'quarantined'
    group by x_Provider, Reason, BillingCurrency order by all
"""
UNTIED = """
    select CheckName || ' of ' || Scope, Currency, Difference
    from read_parquet('{build}/marts_reconciliation.parquet', hive_partitioning = false)
    where not IsTied order by all
"""
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Figure:
    """One amount before and after. `buyer` is None where the amount is the seller's alone or a provider's."""

    seller: str
    buyer: str | None
    currency: str
    before: Decimal
    after: Decimal
    difference: Decimal
    held_before: bool = False
    held_after: bool = False


@dataclass(frozen=True)
class SimulationReport:
    """Two builds side by side, biggest differences first. `notes` say what a reader must know of the figures."""

    period: str
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    bills: tuple[Figure, ...]
    margins: tuple[Figure, ...]
    providers: tuple[Figure, ...]
    is_simulated: bool = True

    @property
    def sections(self) -> dict[str, tuple[Figure, ...]]:
        return {"bill": self.bills, "margin": self.margins, "provider total": self.providers}


def compare(before: Path, after: Path, query: str) -> tuple[Figure, ...]:
    """The amounts of a query on two build folders, by seller, buyer and currency; biggest differences first."""
    sides = []
    for build in (before, after):
        with connect() as con:
            rows = con.execute(query.format(build=build)).fetchall()
        sides.append({row[:3]: row[3:] for row in rows})
    figures = []
    for key in sides[0].keys() | sides[1].keys():
        (one, held_before), (other, held_after) = (side.get(key, (ZERO, False)) for side in sides)
        difference = CONTEXT.subtract(other, one)
        figures.append(Figure(key[0], key[1], key[2], one, other, difference, held_before, held_after))
    return tuple(sorted(figures, key=lambda f: (-abs(f.difference), f.seller, f.buyer or "", f.currency)))


def cautions(before: Path, after: Path) -> list[str]:
    """What is quarantined or untied in the simulated month and was not so before."""
    found = []
    with connect() as con:
        known, new = (con.execute(QUARANTINED.format(build=build)).fetchall() for build in (before, after))
        for what, currency, lines, cost in (row for row in new if row not in known):
            found.append(f"quarantined in the simulation: {what}: {lines:,} charges, provider cost {cost:f} {currency}")
        known, new = (con.execute(UNTIED.format(build=build)).fetchall() for build in (before, after))
        found += [
            f"the proof does not tie: {what}, {difference:f} {currency}"
            for what, currency, difference in new
            if (what, currency, difference) not in known
        ]
    return found


def write_csv(report: SimulationReport, path: Path) -> None:
    """One row per figure: what it is, seller, buyer, currency, before, after, difference. Whole or not at all."""
    names = list(Figure.__dataclass_fields__)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["simulated", "figure", *names])
    for section, figures in report.sections.items():
        for figure in figures:
            values = [f"{value:f}" if isinstance(value, Decimal) else value for value in asdict(figure).values()]
            writer.writerow([" ".join(report.changes), section, *values])
    write_text(path, stream.getvalue())
