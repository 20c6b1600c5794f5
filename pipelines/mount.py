"""Mounting the lake: a run's own DuckDB file with the period's slices, controls and config as dbt sources.

Views over immutable Parquet, small tables for the rest; nothing of the lake is copied.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines import tags
from pipelines.facts import segment_expression
from pipelines.lake import connect
from pipelines.period import BillingPeriod
from pipelines.previous import Before, mount_before
from pipelines.proration import charges_source

UNLISTED = "coalesce(CommitmentDiscountStatus = 'Used' and ListCost = 0 and PricingQuantity <> 0, false)"


@dataclass(frozen=True)
class MountedSlice:
    """A current slice with what belongs to it."""

    number: int
    directory: Path
    facts: Path
    manifest: dict[str, Any]
    cuts: Path | None = None


@dataclass(frozen=True)
class Month:
    """All that a build of a period reads."""

    period: BillingPeriod
    slices: Sequence[MountedSlice]
    controls: Sequence[dict[str, Any]]
    config_tables: Path
    boundaries: Sequence[date]
    tag_keys: Sequence[str] = ()
    before: Before | None = None
    balances_before: Sequence[tuple[str, str, date, str]] = ()


def mount(database: Path, month: Month) -> None:
    """Create `database` with the schemas focus, raw and config that the dbt project reads."""
    database.unlink(missing_ok=True)
    with connect(database) as con:
        for schema in ("focus", "raw", "config"):
            con.execute(f"create schema {schema}")
        _mount_focus(con, month)
        _mount_raw(con, month)
        mount_before(con, month.before)
        for table in sorted(month.config_tables.glob("*.parquet")):
            con.execute(f"create view config.{table.stem} as select * from {_parquet(table)}")


def _mount_focus(con: duckdb.DuckDBPyConnection, month: Month) -> None:
    slices = month.slices
    derived = (
        f"{segment_expression(month.boundaries)} as x_SegmentStart, "
        f"{tags.values_expression(month.tag_keys)} as x_TagValues"
    )
    charges = [
        f"select {item.number} as SliceNo, *, {derived}, "
        f"x_PartnerBenefitAmount as PartnerBenefitAmount, x_PartnerBenefitMissed as PartnerBenefitMissed, "
        f"cast({UNLISTED} as bigint) as UnlistedCount "
        f"from {charges_source(item.directory, item.cuts, month.tag_keys)}"
        for item in slices
    ]
    keys = [f"select {s.number} as SliceNo, * from {_parquet(s.directory / 'keys.parquet')}" for s in slices]
    facts = [f"select {s.number} as SliceNo, * from {_parquet(s.facts)}" for s in slices]
    con.execute("create view focus.charges as " + "\nunion all\n".join(charges))
    con.execute("create view focus.keys as " + "\nunion all\n".join(keys))
    con.execute("create view focus.facts as " + "\nunion all\n".join(facts))
    con.execute(
        "create table focus.slices (SliceNo integer, SliceId varchar, x_Provider varchar, Account varchar, "
        "Unit varchar, IsFinal boolean)"
    )
    for item in slices:
        m = item.manifest
        con.execute(
            "insert into focus.slices values (?, ?, ?, ?, ?, ?)",
            [item.number, m["SliceId"], m["Provider"], m["Account"], m["Unit"], m["IsFinal"]],
        )


def _mount_raw(con: duckdb.DuckDBPyConnection, month: Month) -> None:
    con.execute(
        "create table raw.period as select ? as BillingPeriod, cast(? as timestamp) as PeriodStart, "
        "cast(? as timestamp) as PeriodEnd",
        [month.period.label, month.period.start, month.period.end],
    )
    con.execute(
        "create table raw.balances_before (ContractId varchar, BalanceId varchar, TermStart date, "
        "Closing decimal(38,12))"
    )
    for closing in month.balances_before:
        con.execute("insert into raw.balances_before select ?, ?, ?, exact(?)", list(closing))
    con.execute(
        "create table raw.control_invoices (x_Provider varchar, BillingAccountId varchar, InvoiceId varchar, "
        "IssuerName varchar, BillingCurrency varchar, Net decimal(38,24), Tax decimal(38,24))"
    )
    for row in month.controls:
        con.execute(
            "insert into raw.control_invoices select ?, ?, ?, ?, ?, exact(?), exact(?)",
            [
                row[name]
                for name in ("provider", "billing_account_id", "invoice_id", "issuer", "currency", "net", "tax")
            ],
        )
    con.execute(
        "create table raw.totals (SliceId varchar, x_Provider varchar, BillingAccountId varchar, InvoiceId varchar, "
        "BillingCurrency varchar, Net decimal(38,24), Tax decimal(38,24), Beyond12 decimal(38,24), LineCount bigint)"
    )
    for item in month.slices:
        for total in item.manifest["RawTotals"]:
            con.execute(
                "insert into raw.totals select ?, ?, ?, ?, ?, exact(?), exact(?), exact(?), ?",
                [
                    item.manifest["SliceId"],
                    item.manifest["Provider"],
                    item.manifest["Account"],
                    total["InvoiceId"],
                    total["BillingCurrency"],
                    total["Net"],
                    total["Tax"],
                    total["Beyond12"],
                    total["Rows"],
                ],
            )


def read_slice_manifest(directory: Path) -> dict[str, Any]:
    """The slice.json of a slice directory."""
    manifest: dict[str, Any] = json.loads((directory / "slice.json").read_text(encoding="utf-8"))
    return manifest


def _parquet(path: Path) -> str:
    """SQL that reads one file; the lake's folder names must not become columns."""
    return f"read_parquet('{path}', hive_partitioning = false)"
