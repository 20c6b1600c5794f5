"""The period's slices in the scratch lake, and how a change writes one of them anew.

A new slice is written and read back by the same code as an ingested one: its charges must add up to what the
delivery said plus what the change says it adds. The control invoices move by the same amounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.hashing import sha256_json
from pipelines.lake import connect, staged_directory
from pipelines.ledger import Ledger
from pipelines.money import CONTEXT, Decimal
from pipelines.mount import read_slice_manifest
from pipelines.period import BillingPeriod
from pipelines.providers.slices import SliceInfo, write_slice
from pipelines.providers.staging import literal
from pipelines.simulation.changes import Change
from pipelines.simulation.scratch import ScratchLake, control_rows, replace_control, replace_slice

TOTALS = "create temp table simulated_totals (InvoiceId text, BillingCurrency text, Net text, Tax text, Rows bigint, \
Beyond12 text)"


class Difference(NamedTuple):
    """What a change adds to one invoice of a slice, net of tax, in its currency."""

    invoice_id: str | None
    currency: str
    net: Decimal
    rows: int


@dataclass
class Part:
    """One current slice of the scratch lake; `source` is the id of the real slice it began as."""

    row: dict[str, Any]
    source: str

    @property
    def provider(self) -> str:
        return str(self.row["provider"])


class Slices:
    """The current slices of the period in a scratch lake, as they change."""

    def __init__(self, scratch: ScratchLake, books: Ledger, period: BillingPeriod) -> None:
        self.scratch = scratch
        self.books = books
        self.period = period
        self.parts = [Part(row, row["slice_id"]) for row in books.current_slices(period.label)]

    def directory(self, part: Part) -> Path:
        row = part.row
        return self.scratch.slice(row["provider"], row["account"], row["period"], row["slice_id"])

    def charges(self, part: Part) -> str:
        """SQL of a slice's charges, for a FROM clause."""
        return f"read_parquet({literal(self.directory(part) / 'charges.parquet')}, hive_partitioning = false)"

    def open(self) -> duckdb.DuckDBPyConnection:
        """DuckDB with `charges`: every charge of the period with its PartNo, the position of its slice."""
        con = connect()
        spill = self.scratch.work("spill")
        spill.mkdir(parents=True, exist_ok=True)
        con.execute(f"set temp_directory = {literal(spill)}")
        union = "\nunion all by name\n".join(
            f"select {number} as PartNo, * from {self.charges(part)}" for number, part in enumerate(self.parts)
        )
        con.execute(f"create temp view charges as {union}")
        return con

    def rewrite(
        self,
        con: duckdb.DuckDBPyConnection,
        part: Part,
        change: Change,
        query: str,
        differences: Sequence[Difference],
    ) -> None:
        """Make the rows of `query` the charges of a slice. Raises BadDelivery if they do not add up."""
        manifest = read_slice_manifest(self.directory(part))
        _stage_totals(con, manifest, differences)
        slice_id = sha256_json([part.row["slice_id"], change.text])[:32]
        info = SliceInfo(
            slice_id,
            manifest["Provider"],
            manifest["Account"],
            manifest["Period"],
            manifest["Unit"],
            f"{manifest['SourceVersion']}, simulated: {change.text}",
            manifest["MappingHash"],
            tuple(manifest["Deliveries"]),
        )
        target = self.scratch.slice(part.row["provider"], part.row["account"], part.row["period"], slice_id)
        with staged_directory(target) as folder:
            rows = write_slice(
                con, folder, info, query, "select * from simulated_totals", final_by_control=manifest["IsFinal"]
            )
        replace_slice(self.books, part.row, slice_id, rows)
        part.row = {**part.row, "slice_id": slice_id, "row_count": rows}
        self._move_controls(part, differences)

    def _move_controls(self, part: Part, differences: Sequence[Difference]) -> None:
        """A provider without invoices on its lines has one control invoice per account, month and currency."""
        for difference in differences:
            for row in control_rows(self.books, self.period):
                is_same = (row["provider"], row["billing_account_id"], row["currency"]) == (
                    part.provider,
                    part.row["account"],
                    difference.currency,
                )
                if is_same and difference.invoice_id in (None, row["invoice_id"]):
                    net, total = (CONTEXT.add(Decimal(str(row[name])), difference.net) for name in ("net", "total"))
                    replace_control(self.books, row, format(net, "f"), format(total, "f"))


def _stage_totals(con: duckdb.DuckDBPyConnection, manifest: dict[str, Any], differences: Sequence[Difference]) -> None:
    """What the changed slice must add up to: what its delivery said, and the differences."""
    con.execute(TOTALS.replace("create", "create or replace", 1))
    totals = {(total["InvoiceId"], total["BillingCurrency"]): dict(total) for total in manifest["RawTotals"]}
    for difference in differences:
        total = totals[difference.invoice_id, difference.currency]
        total["Net"] = format(CONTEXT.add(Decimal(total["Net"]), difference.net), "f")
        total["Rows"] += difference.rows
    for (invoice, currency), total in totals.items():
        values = [invoice, currency, total["Net"], total["Tax"], total["Rows"], total["Beyond12"]]
        con.execute("insert into simulated_totals values (?, ?, ?, ?, ?, ?)", values)
