"""Figures of a month as small tables for a person, read from what a verb just recorded.

Nothing is computed that a mart, a manifest or the ledger does not already say; money is shown as exact text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from pipelines.building import work_database
from pipelines.gates.evidence import MARTS, Check, open_marts
from pipelines.lake import Lake, connect
from pipelines.ledger import DELIVERIES, Ledger
from pipelines.money import Decimal
from pipelines.mount import read_slice_manifest
from pipelines.period import BillingPeriod
from pipelines.printing import money
from pipelines.providers.registry import owner

Cell = str | int | bool | None

# One table per mart that says what an analyst would look up first.
MART_TABLES = {
    "marts_invoices": """
        select SellerTenantId as seller, BuyerTenantId as buyer, BilledCost as owes, BillingCurrency as currency,
            RoundingResidual as "exact minus billed", LineCount as lines,
            case when IsHeld then 'held' else 'may be published' end as state
        from marts_invoices order by all
    """,
    "marts_invoice_lines": """
        select SellerTenantId as seller, BillingCurrency as currency, ChargeCategory as category,
            count(*) as "invoice lines", cast(sum(BilledCost) as decimal(38, 4)) as billed
        from marts_invoice_lines group by all order by all
    """,
    "marts_cost_centres": """
        select BuyerTenantId as customer, CostCentreId as "cost centre", BillingCurrency as currency,
            count(*) as "invoice lines", cast(sum(BilledCost) as decimal(38, 4)) as billed
        from marts_cost_centres group by all order by all
    """,
    "marts_balances": """
        select ContractId as contract, BalanceId as balance, BalanceKind as kind, BillingCurrency as currency,
            Opening as opening, Movement as movement, Closing as closing, Shortfall as shortfall
        from marts_balances order by all
    """,
    "marts_bundles": """
        select SellerTenantId as seller, BuyerTenantId as buyer, IsWhiteLabel as "white label",
            nullif(FocusVersions, '') as "other FOCUS versions", HasEstimates as "rests on estimates"
        from marts_bundles order by all
    """,
    "marts_contract_commitments": """
        select SellerTenantId as seller, BuyerTenantId as buyer, ContractCommitmentType as kind,
            ContractCommitmentDescription as promise, ContractCommitmentCost as amount, BillingCurrency as currency,
            ContractCommitmentLifecycleStatus as state
        from marts_contract_commitments order by all
    """,
    "marts_margin": """
        select SellerTenantId as seller, HomeCurrency as currency, cast(sum(Revenue) as decimal(38, 12)) as revenue,
            cast(sum(Cost) as decimal(38, 12)) as cost, cast(sum(Margin) as decimal(38, 12)) as margin,
            cast(sum(PartnerBenefit) as decimal(38, 12)) as "partner benefit"
        from marts_margin group by SellerTenantId, HomeCurrency order by all
    """,
    "marts_daily_costs": """
        select SellerTenantId as seller, BillingCurrency as currency, min(ChargeDate) as "first day",
            max(ChargeDate) as "last day", cast(sum(ExactCost) as decimal(38, 24)) as "exact cost"
        from marts_daily_costs group by all order by all
    """,
    "marts_coverage": """
        select Disposition as disposition, Reason as reason, BillingCurrency as currency,
            cast(sum(LineCount) as bigint) as charges, cast(sum(BilledCost) as decimal(38, 12)) as "provider cost"
        from marts_coverage group by all order by all
    """,
    "marts_commitments": """
        select x_Provider as provider, CommitmentDiscountId as commitment, CommitmentDiscountType as type,
            OwnerTenantId as owner, CommitmentPolicy as policy, Used as used, Unused as unused, Saving as saving,
            BillingCurrency as currency, Margin as margin, HomeCurrency as "margin in"
        from marts_commitments order by all
    """,
    "marts_commitment_sharing": """
        select x_Provider as provider, CommitmentDiscountId as commitment, OwnerTenantId as owner,
            ConsumerTenantId as consumer, Severity as rule, IsShared as "several customers", FirstDay as "first day",
            LastDay as "last day", LineCount as charges, EffectiveCost as "effective cost", Saving as saving,
            BillingCurrency as currency, BilledAs as "billed as"
        from marts_commitment_sharing order by all
    """,
    "marts_partner_benefits": """
        select x_Provider as provider, PartnerBenefitKind as kind, TenantId as customer, BillingCurrency as currency,
            cast(sum(EarnedAmount) as decimal(38, 12)) as earned, cast(sum(MissedAmount) as decimal(38, 12)) as missed,
            cast(sum(SharedAmount) as decimal(38, 12)) as shared
        from marts_partner_benefits group by all order by all
    """,
    "marts_reconciliation": """
        select CheckName as tie, count(*) as scopes, count(*) filter (where IsTied) as tied,
            max(abs(Difference)) as "largest difference"
        from marts_reconciliation group by CheckName order by all
    """,
    "marts_conformance": """
        select View as view, RuleId as rule, Severity as severity, x_Provider as provider, Unit as slice,
            case when SellerTenantId is not null then SellerTenantId || ' > ' || BuyerTenantId end as bill,
            CheckedCount as checked, ViolationCount as violations, Amount as amount, BillingCurrency as currency,
            WaivedBy as "waived by", Example as example
        from marts_conformance order by ViolationCount = 0, WaivedBy is not null, View, RuleId, provider, slice, bill,
            currency, "waived by"
    """,
    "marts_holds": """
        select coalesce(SellerTenantId || ' > ' || BuyerTenantId, 'no bill') as "held bill", Reason as reason,
            x_Provider as provider, ScopeType || ' ' || ScopeId as scope, BilledCost as "provider cost",
            BillingCurrency as currency, LineCount as charges, Remedy as remedy
        from marts_holds order by all
    """,
}
UNTIED = """
    select CheckName as tie, Scope as scope, Currency as currency, Expected as expected, Actual as actual,
        Difference as difference, Note as note
    from marts_reconciliation where IsTied is not true order by abs(Difference) desc, CheckName, Scope, Currency
"""
SHARED = f"""
    select * from ({MART_TABLES["marts_commitment_sharing"]})
    where "several customers" and rule <> 'allow' order by all
"""


@dataclass(frozen=True)
class Table:
    """Column names and rows; money as exact text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def where(self, column: str, values: set[str]) -> Table:
        """The rows whose column has one of the values."""
        place = self.columns.index(column)
        return Table(self.columns, tuple(row for row in self.rows if row[place] in values))

    def total(self, column: str) -> int:
        """Sum of a whole-number column."""
        place = self.columns.index(column)
        return sum(value for row in self.rows if isinstance(value := row[place], int))


@dataclass(frozen=True)
class Failing:
    """Ties of the proof that do not hold, holds, and commitments that reached several end customers."""

    untied: Table
    holds: Table
    shared: Table


def deliveries(ledger: Ledger, period: BillingPeriod, provider: str, lake: Lake) -> Table:
    """One row per delivery that the ledger knows: what it is, how much, and whether it is booked."""
    order = (DELIVERIES.c.account, DELIVERIES.c.unit, DELIVERIES.c.kind, DELIVERIES.c.version_order)
    rows: list[tuple[Cell, ...]] = []
    for row in ledger.rows(sa.select(DELIVERIES).where(DELIVERIES.c.period == period.label).order_by(*order)):
        if owner(row["provider"]).name != provider:
            continue
        folder = lake.delivery(row["provider"], row["delivery_hash"])
        files = len(json.loads((folder / "delivery.json").read_text(encoding="utf-8"))["files"])
        made = row["version_order"] or "not stated"
        rows.append(
            (row["unit"], row["kind"], files, row["row_count"], row["status"], row["version"], made, row["account"])
        )
    return Table(("unit", "kind", "files", "rows", "status", "version", "made by provider", "account"), tuple(rows))


def control_totals(ledger: Ledger, period: BillingPeriod, provider: str) -> Table:
    """One row per provider invoice of the control file: what the month must tie to."""
    names = ("invoice_id", "net", "tax", "total", "currency", "issuer", "billing_account_id")
    invoices = [row for row in ledger.control_invoices(period.label) if owner(row["provider"]).name == provider]
    rows = [tuple(_shown(row[name], name in ("net", "tax", "total")) for name in names) for row in invoices]
    return Table(("invoice", "net", "tax", "total", "currency", "issuer", "account"), tuple(rows))


def slices(ledger: Ledger, period: BillingPeriod, provider: str, lake: Lake) -> tuple[Table, Table]:
    """(one row per current slice, one row per slice, invoice and currency with the booked raw totals)."""
    parts: list[tuple[Cell, ...]] = []
    totals: list[tuple[Cell, ...]] = []
    for row in ledger.current_slices(period.label):
        if owner(row["provider"]).name != provider:
            continue
        found = read_slice_manifest(lake.slice(row["provider"], row["account"], row["period"], row["slice_id"]))
        state = "final" if row["is_final"] else "estimate"
        first, last = str(found["ChargeDateMin"])[:10], str(found["ChargeDateMax"])[:10]
        parts.append((row["unit"], row["row_count"], state, first, last, row["slice_id"], row["account"]))
        totals += [
            (row["unit"], total["InvoiceId"] or "none on the lines", _shown(total["Net"], True),
             _shown(total["Tax"], True), total["BillingCurrency"], total["Rows"])
            for total in found["RawTotals"]
        ]  # fmt: skip
    return (
        Table(("unit", "charges", "state", "first day", "last day", "slice", "account"), tuple(parts)),
        Table(("unit", "invoice", "net", "tax", "currency", "raw lines"), tuple(totals)),
    )


def row_counts(lake: Lake, build_id: str, directory: Path, tables: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Rows of each (schema, table) of a build: published marts from their files, the others where dbt made them."""
    counts: dict[str, int] = {}
    with connect() as con:
        name = str(work_database(lake, build_id)).replace("'", "''")
        con.execute(f"attach '{name}' as work (read_only)")
        for schema, table in tables:
            path = str(directory / f"{table}.parquet").replace("'", "''")
            place = f"read_parquet('{path}')" if table in MARTS else f"work.{schema}.{table}"
            counted = con.execute(f"select count(*) from {place}").fetchone()
            counts[table] = int(counted[0]) if counted else 0
    return counts


def mart_tables(directory: Path) -> dict[str, Table]:
    """The table of each mart that has one."""
    with open_marts(directory) as con:
        return {mart: _query(con, query) for mart, query in MART_TABLES.items()}


def failing_rows(directory: Path) -> Failing:
    """All rows of a build that somebody has to act on."""
    with open_marts(directory) as con:
        return Failing(_query(con, UNTIED), _query(con, MART_TABLES["marts_holds"]), _query(con, SHARED))


def evidence(directory: Path, content: str) -> list[Check]:
    """Every measurement that the gate took of a content, as it kept them."""
    path = directory.parent / "evidence" / f"content={content[:32]}" / "evidence.json"
    return [Check(**found) for found in json.loads(path.read_text(encoding="utf-8"))]


def measurements(checks: Sequence[Check]) -> Table:
    """The evidence of some checks; an example only where something is violated."""
    rows = [
        (check.name, check.scope, check.violations, check.measured, check.example if check.violations else None)
        for check in checks
    ]
    return Table(("check", "scope", "violations", "measured", "example"), tuple(rows))


def _query(con: duckdb.DuckDBPyConnection, query: str) -> Table:
    result = con.execute(query)
    columns = tuple(column[0] for column in result.description or ())
    return Table(columns, tuple(tuple(_cell(value) for value in row) for row in result.fetchall()))


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | bool):
        return value
    return money(value) if isinstance(value, Decimal) else str(value)


def _shown(value: str, is_money: bool) -> str:
    return money(Decimal(value)) if is_money else value
