"""What a build may take over from the build before it: the days of tenants whose prices have not changed.

The build before counts only if it was made from the same slices, facts and code, and its files are still what they
were. Then the charges are the same, and a tenant whose coefficients are the same has the same days. What comes out is
equal, byte for byte, to what a build from nothing makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod

SAME = ("Slices", "Facts", "Code")
TERMS = "TenantId varchar, PriceCount bigint, TermsHash varchar"
DAILY = (
    "SellerTenantId varchar, BuyerTenantId varchar, TenantId varchar, x_Provider varchar, ServiceName varchar, "
    "ChargeDate date, BillingCurrency varchar, ExactCost decimal(38, 24), EffectiveCost decimal(38, 24)"
)


@dataclass(frozen=True)
class Before:
    """Of an earlier build of the same charges: (tenant, prices, their hash) and the file of its daily costs."""

    terms: tuple[tuple[str, int, str], ...]
    daily: Path


def candidate(lake: Lake, ledger: Ledger, period: BillingPeriod, inputs: Mapping[str, object]) -> str | None:
    """The id of the period's current build if it was made from the same charges by the same code."""
    build = ledger.current_build(period.label)
    said = lake.build(period, build["build_id"]) / "build.json" if build else None
    if build is None or said is None or not said.is_file():
        return None
    found = json.loads(said.read_text(encoding="utf-8"))
    return str(build["build_id"]) if all(found.get(name) == inputs[name] for name in SAME) else None


def read_before(database: Path, daily: Path) -> Before:
    """What an earlier build left. Call while nobody makes that build anew."""
    query = "select TenantId, PriceCount, TermsHash from earlier.rated.rated_tenant_terms order by TenantId"
    with connect() as con:
        con.execute(f"attach '{database}' as earlier (read_only)")
        return Before(tuple(con.execute(query).fetchall()), daily)


def mount_before(con: duckdb.DuckDBPyConnection, before: Before | None) -> None:
    """Create raw.terms_before and raw.daily_before, empty without an earlier build."""
    con.execute(f"create table raw.terms_before ({TERMS})")
    if before is None:
        con.execute(f"create table raw.daily_before ({DAILY})")
        return
    if before.terms:
        con.executemany("insert into raw.terms_before values (?, ?, ?)", before.terms)
    days = f"read_parquet('{before.daily}', hive_partitioning = false)"
    con.execute(f"create view raw.daily_before as select * from {days}")
