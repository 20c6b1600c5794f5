"""The only reader: published and status bundles of one lake, as they are, through one read-only door.

Every figure a page shows comes from here and is a value of a published file, or the exact DECIMAL sum of
such values where a reader narrows them down. Money arrives as Decimal with its file's own digits. The
connection is fenced: it can open nothing outside the lake's published folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import Problem, RebillError
from pipelines.lake import Lake, connect
from pipelines.layers import Layer
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

Row = dict[str, Any]
MARGIN_GROUPS = {
    "edge": ("SellerTenantId", "BuyerTenantId"),
    "customer": ("TenantId", "TenantName"),
    "provider": ("x_Provider",),
    "service": ("ServiceName", "x_Provider"),
    "total": (),
}


@dataclass(frozen=True)
class Bundle:
    """One published, immutable version directory."""

    path: Path
    version: int

    def file(self, name: str) -> Path:
        return self.path / name

    def has(self, name: str) -> bool:
        return self.file(name).is_file()

    def json(self, name: str) -> Mapping[str, Any]:
        """A JSON file of the bundle; its decimals stay text or become Decimal, never float."""
        loaded: Mapping[str, Any] = json.loads(self.file(name).read_text(encoding="utf-8"), parse_float=Decimal)
        return loaded


@dataclass(frozen=True)
class Filter:
    """Which rows of a published file a reader asked for; empty means all of them."""

    equal: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    search_in: tuple[str, ...] = ()

    def sql(self) -> tuple[str, list[str]]:
        """A WHERE clause and its parameters."""
        clauses = [f'"{name}" = ?' for name in self.equal]
        values = list(self.equal.values())
        if self.search and self.search_in:
            clauses.append("(" + " or ".join(f'contains(lower("{name}"), ?)' for name in self.search_in) + ")")
            values += [self.search.lower()] * len(self.search_in)
        return (" where " + " and ".join(clauses) if clauses else ""), values


class Reader:
    """The published tree of one lake. Cheap to make; opens only the files a question needs."""

    def __init__(self, root: Path) -> None:
        self.lake = Lake(root)
        self.folder = self.lake.layer(Layer.PUBLISHED)

    # ------------------------------------------------------------------ what there is

    def periods(self) -> list[str]:
        """Months with anything published or any status, newest first."""
        if not self.folder.is_dir():
            return []
        names = (entry.name.removeprefix("period=") for entry in self.folder.glob("period=*") if entry.is_dir())
        return sorted(names, reverse=True)

    def status(self, period: str) -> Bundle | None:
        """The latest run's status bundle."""
        return current(self._period(period) / "status")

    def operator(self, period: str) -> Bundle | None:
        """The operator's evidence of what is published; None while nothing is."""
        return current(self._period(period) / "operator")

    def bill(self, period: str, seller: str, buyer: str) -> Bundle | None:
        """One edge's bundle; None if it was never published."""
        return current(self._period(period) / f"seller={seller}" / f"buyer={buyer}")

    def bundle_count(self, period: str) -> int:
        """How many edges have a bundle."""
        return sum(1 for _ in self._period(period).glob("seller=*/buyer=*/current.json"))

    def _period(self, period: str) -> Path:
        return self.lake.published(BillingPeriod(period))

    # ------------------------------------------------------------------ rows

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one query; DECIMAL columns come as Decimal, exactly."""
        cursor = fenced(self.folder).cursor()
        try:
            found = cursor.execute(sql, list(values))
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        finally:
            cursor.close()

    def proof_summary(self, bundle: Bundle) -> list[Row]:
        """One row per check: its currencies, how many comparisons, how many tie, the largest difference."""
        return self.rows(f"""
            select CheckName, string_agg(distinct Currency, ', ' order by Currency) as Currencies,
                   count(*) as Compared, count(*) filter (where IsTied) as Tied,
                   max(abs(Difference)) as LargestDifference
            from {table(bundle.file("proof.parquet"))}
            group by CheckName
            order by Tied < Compared desc, CheckName
        """)

    def proof_rows(self, bundle: Bundle, check: str | None, limit: int) -> list[Row]:
        """The comparisons themselves, those that do not tie first."""
        where, values = Filter({"CheckName": check} if check else {}).sql()
        return self.rows(
            f"select CheckName, Scope, Currency, Expected, Actual, Difference, IsTied, Note"
            f" from {table(bundle.file('proof.parquet'))}{where}"
            f" order by IsTied, abs(Difference) desc, CheckName, Scope, Currency limit {int(limit)}",
            values,
        )

    def coverage(self, bundle: Bundle) -> list[Row]:
        """Where every unit of the providers' cost went, by provider, currency, disposition and reason."""
        return self.rows(f"""
            select x_Provider, BillingCurrency, Disposition, Reason,
                   cast(sum(LineCount) as bigint) as LineCount, sum(BilledCost) as BilledCost
            from {table(bundle.file("coverage.parquet"))}
            group by x_Provider, BillingCurrency, Disposition, Reason
            order by x_Provider, BillingCurrency,
                list_position(['billed', 'absorbed', 'excluded', 'quarantined'], Disposition), Reason nulls first
        """)

    def holds(self, bundle: Bundle) -> list[Row]:
        """Every hold with its reason and remedy, largest first."""
        return self.rows(f"""
            select * from {table(bundle.file("holds.parquet"))}
            order by abs(BilledCost) desc nulls last, HeldTenantId nulls last, SellerTenantId, BuyerTenantId
        """)

    def focus_rules(self, bundle: Bundle) -> list[Row]:
        """One row per FOCUS rule, view and waiver that something breaks: rows, an example; what blocks comes first."""
        return self.rows(f"""
            select RuleId, View, Severity, WaivedBy, cast(sum(ViolationCount) as bigint) as Violations,
                   string_agg(distinct coalesce(SellerTenantId || ' > ' || BuyerTenantId, x_Provider), ', ') as Places,
                   min(Example) as Example
            from {table(bundle.file("conformance.parquet"))}
            where ViolationCount > 0
            group by RuleId, View, Severity, WaivedBy
            order by WaivedBy is not null, Severity, RuleId, View, WaivedBy
        """)

    def rules_held(self, bundle: Bundle) -> int:
        """How many FOCUS rules nothing breaks, in charges and bills together."""
        found = self.rows(f"""
            select count(*) as Kept from (
                select RuleId from {table(bundle.file("conformance.parquet"))}
                group by RuleId having sum(ViolationCount) = 0
            )
        """)
        return int(found[0]["Kept"])

    def edges_that_break_rules(self, bundle: Bundle) -> set[tuple[str, str]]:
        """Seller and buyer of each bill that is held because its rows break a FOCUS rule."""
        found = self.rows(f"""
            select distinct SellerTenantId, BuyerTenantId from {table(bundle.file("conformance.parquet"))}
            where View = 'sell' and Severity = 'fail' and WaivedBy is null and ViolationCount > 0
                and SellerTenantId is not null
        """)
        return {(row["SellerTenantId"], row["BuyerTenantId"]) for row in found}

    def parties(self, bundle: Bundle) -> list[Row]:
        """Who bills whom this month, by id and name, and whether that bill is held."""
        return self.rows(f"""
            select SellerTenantId, BuyerTenantId, min(InvoiceIssuerName) as InvoiceIssuerName,
                   min(BuyerName) as BuyerName, bool_or(IsHeld) as IsHeld
            from {table(bundle.file("invoices.parquet"))}
            group by SellerTenantId, BuyerTenantId
            order by SellerTenantId, BuyerTenantId
        """)

    def margin(self, bundle: Bundle, by: str, where: Filter, limit: int) -> list[Row]:
        """Revenue, cost and margin with its three effects in home currency, by one of MARGIN_GROUPS, best first.

        Every row carries `Found`: how many there are without the limit. Bundles of earlier versions share nothing.
        """
        path = bundle.file("margin.parquet")
        keys = ", ".join((*MARGIN_GROUPS[by], "HomeCurrency"))
        clause, values = where.sql()
        return self.rows(
            f"select {keys}, sum(Revenue) as Revenue, sum(Cost) as Cost, sum(Margin) as Margin,"
            " sum(PriceEffect) as PriceEffect, sum(FxEffect) as FxEffect, sum(RoundingEffect) as RoundingEffect,"
            f" sum(PartnerBenefit) as PartnerBenefit, {self._shared(path)} as SharedBenefit,"
            f" count(*) over () as Found from {table(path)}{clause}"
            f" group by {keys} order by Margin desc, {keys} limit {int(limit)}",
            values,
        )

    def _shared(self, path: Path) -> str:
        names = {row["column_name"] for row in self.rows(f"describe select * from {table(path)}")}
        return "sum(SharedBenefit)" if "SharedBenefit" in names else "cast(0 as decimal(38, 12))"

    def choices(self, path: Path, name: str, where: Filter | None = None) -> list[str]:
        """The distinct values of one column, sorted; nulls are not a choice."""
        clause, values = (where or Filter()).sql()
        found = self.rows(
            f'select distinct "{name}" as choice from {table(path)}{clause} order by 1 nulls last', values
        )
        return [row["choice"] for row in found if row["choice"] is not None]


@cache
def fenced(folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory that can see this folder and nothing else; one per process, a cursor per question."""
    con = connect(threads=2, memory="1GB")
    con.execute("set allowed_directories = [" + quoted(f"{folder}/") + "]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def current(folder: Path) -> Bundle | None:
    """The version a pointer names; None if there is none or its directory is not there (yet)."""
    pointer = folder / "current.json"
    if not pointer.is_file():
        return None
    try:
        version = int(json.loads(pointer.read_text(encoding="utf-8"))["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise RebillError(Problem(str(pointer), "is not a pointer to a version", "publish the month again")) from error
    path = folder / f"version={version}"
    return Bundle(path, version) if path.is_dir() else None


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def table(path: Path) -> str:
    """A published Parquet file as a table expression."""
    return f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
