"""What was found: one record per view, rule, scope and waiver, and the mart that keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.conformance.rules import FAIL
from pipelines.money import ZERO, Decimal

MART = "marts_conformance"
COLUMNS = {
    "View": "varchar",
    "RuleId": "varchar",
    "Severity": "varchar",
    "x_Provider": "varchar",
    "Unit": "varchar",
    "SellerTenantId": "varchar",
    "BuyerTenantId": "varchar",
    "BillingCurrency": "varchar",
    "CheckedCount": "bigint",
    "ViolationCount": "bigint",
    "WaivedBy": "varchar",
    "Amount": "decimal(38, 24)",
    "Example": "varchar",
}


@dataclass(frozen=True)
class Finding:
    """How often a rule is broken in one scope, or that it is not (ViolationCount 0, no scope).

    Scope: provider and unit of a slice (buy), or seller, buyer and the provider of the charges (sell; null on the
    seller's own rows). `amount` is in `currency`, unrounded. `waived_by` names the waiver; None where none applies.
    """

    view: str
    rule: str
    severity: str
    provider: str | None = None
    unit: str | None = None
    seller: str | None = None
    buyer: str | None = None
    currency: str | None = None
    checked: int = 0
    violations: int = 0
    waived_by: str | None = None
    amount: Decimal = ZERO
    example: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether it stops the month or the bill."""
        return self.violations > 0 and self.severity == FAIL and self.waived_by is None

    @property
    def place(self) -> str:
        """Whose charges: a slice, or an edge."""
        if self.seller is not None:
            return f"{self.seller} > {self.buyer}" + (f" ({self.provider})" if self.provider else "")
        return " ".join(filter(None, (self.provider, self.unit))) or "all"


def summary(findings: Sequence[Finding]) -> str:
    """One line on the findings of a view."""
    broken = [found for found in findings if found.violations and found.waived_by is None]
    waived = sum(found.violations for found in findings if found.waived_by is not None)
    names = ", ".join(sorted({found.rule for found in broken}))
    count = len({found.rule for found in findings})
    return f"{count} FOCUS rules checked, {f'broken: {names}' if broken else 'none broken'}, {waived:,} rows waived"


def create_mart(con: duckdb.DuckDBPyConnection, schema: str, findings: Sequence[Finding]) -> None:
    """Write the findings as the mart of a build; empty where nobody looked."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"create table {schema}.{MART} ({columns})")
    if findings:
        slots = ", ".join("exact(?)" if name == "Amount" else "?" for name in COLUMNS)
        con.executemany(f"insert into {schema}.{MART} select {slots}", [_row(found) for found in findings])


def _row(found: Finding) -> list[object]:
    return [
        found.view, found.rule, found.severity, found.provider, found.unit, found.seller, found.buyer, found.currency,
        found.checked, found.violations, found.waived_by, format(found.amount, "f"), found.example,
    ]  # fmt: skip
