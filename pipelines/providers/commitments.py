"""Purchases of commitments that earlier slices booked and that still run: a month's costs depend on them.

A slice keeps its running purchases beside its charges. Later slices of the same account read them, and what they
read is part of their identity: when an earlier month changes, the later one is mapped again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from pipelines.hashing import sha256_json
from pipelines.lake import Lake, connect
from pipelines.ledger import SLICES, Ledger
from pipelines.period import BillingPeriod
from pipelines.providers.amortization import DAYS, PURCHASES
from pipelines.providers.staging import literal
from pipelines.schemas import slice_columns

KIND = "commitments"
COLUMNS = tuple(column for column in slice_columns() if column.id != "x_RateKey")
PLACES = ("x_SourceFile", "x_SourceRow", "x_SourcePart")


@dataclass(frozen=True)
class Carried:
    """Purchases that run into a month: a query of them, a hash of what it gives, and the slices they are of.

    `digest` is None if there are none.
    """

    query: str
    digest: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def record(self) -> list[dict[str, Any]]:
        """How slice.json names them: like a delivery whose files are the slices they come from."""
        if self.digest is None:
            return []
        return [{"delivery_hash": self.digest, "kind": KIND, "version": "", "files": list(self.sources)}]

    def stage(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create raw_commitments, typed as in a slice."""
        con.execute(f"create or replace table raw_commitments as {self.query}")


NOTHING = Carried(f"select {', '.join(f'cast(null as {one.storage}) as {one.id}' for one in COLUMNS)} limit 0")


def carried(lake: Lake, ledger: Ledger, provider: str, account: str, period: BillingPeriod, first_file: int) -> Carried:
    """The purchases in current slices of earlier months whose term reaches into `period`.

    Their files count on from `first_file`, the rows of each from 0 in the order of the commitments.
    """
    query = sa.select(SLICES).where(
        SLICES.c.provider == provider, SLICES.c.account == account, SLICES.c.period < period.label
    )
    selects: list[str] = []
    rows: list[list[str]] = []
    sources: list[str] = []
    for row in sorted(ledger.rows(query), key=lambda row: (row["period"], row["unit"])):
        path = lake.slice(provider, account, row["period"], row["slice_id"]) / PURCHASES
        if not path.is_file():
            continue
        select = _running(path, period, first_file + len(sources))
        with connect() as con:
            found = con.execute(f"select cast(columns(*) as varchar) from ({select}) order by x_SourceRow").fetchall()
        if found:
            rows += [list(values) for values in found]
            selects.append(select)
            sources.append(f"{row['period']} {row['unit']}")
    return Carried("\nunion all\n".join(selects), sha256_json(rows), tuple(sources)) if rows else NOTHING


def _running(path: Path, period: BillingPeriod, file: int) -> str:
    order = ", ".join(["CommitmentDiscountId", *(column.id for column in COLUMNS if column.id not in PLACES)])
    place = {
        "x_SourceFile": f"cast({file} as integer)",
        "x_SourceRow": f"row_number() over (order by {order}) - 1",
        "x_SourcePart": "cast(0 as integer)",
    }
    items = ", ".join(f"{place.get(column.id, column.id)} as {column.id}" for column in COLUMNS)
    return (
        f"select {items} from read_parquet({literal(path)}, hive_partitioning = false)"
        f" where cast(ChargePeriodStart as date) + cast({DAYS} as integer) > date '{period.start}'"
    )
