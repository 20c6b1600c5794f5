"""One buyer's detail file: its rows packed into published columns, row group by row group.

Identity columns come from the seller's invoice line. Dictionaries are rebuilt from the rows of the row group, so
no file carries a text of another buyer, and the bytes do not depend on how the scan was cut into chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.lake import ROW_GROUP
from pipelines.money import ZERO, Decimal
from pipelines.publishing.audience import Rule, rules, storage
from pipelines.publishing.edges import Edge
from pipelines.publishing.ordering import Columns
from pipelines.publishing.parquet import SMALL, open_writer

ARROW = {"VARCHAR": pa.string(), "DECIMAL(38,12)": pa.decimal128(38, 12), "TIMESTAMP": pa.timestamp("us")}


@dataclass(frozen=True)
class Layout:
    """What the rows of a publication share: the invoice lines by LineNo and the edges by EdgeNo."""

    edges: list[Edge]
    lines: pa.Table
    rows_of_edge: list[int]
    rules: tuple[Rule, ...]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, edges: list[Edge]) -> Layout:
        """Read the mounted lines."""
        listed = rules("cost_and_usage")
        names = sorted({rule.argument for rule in listed if rule.kind == "line"})
        lines = con.execute(f"select EdgeNo, UnitNo, {', '.join(names)} from lines order by LineNo").to_arrow_table()
        weights = dict(
            con.execute("select EdgeNo, cast(sum(LineCount + 1) as bigint) from lines group by EdgeNo").fetchall()
        )
        weights_in_order = [weights.get(number, 0) for number in range(len(edges))]
        return cls(edges, lines.combine_chunks(), weights_in_order, listed)

    @cached_property
    def unit_of_line(self) -> pa.Array:
        return _whole(self.lines["UnitNo"])

    @cached_property
    def edge_of_line(self) -> pa.Array:
        return _whole(self.lines["EdgeNo"])

    @cached_property
    def plain(self) -> Columns:
        """Line column -> its values by LineNo."""
        return {rule.argument: _whole(self.lines[rule.argument]) for rule in self.rules if rule.kind == "line"}

    @cached_property
    def encoded(self) -> Columns:
        """The same with texts as dictionaries."""
        return {n: c.dictionary_encode() if pa.types.is_string(c.type) else c for n, c in self.plain.items()}


class DetailFile:
    """A detail file while it is written. Rows arrive in canonical order; memory holds one row group of them."""

    def __init__(self, path: Path, layout: Layout, number: int) -> None:
        self.path, self.layout, self.number = path, layout, number
        self.small = layout.rows_of_edge[number] < SMALL
        self.pending: list[Columns] = []
        self.waiting = 0
        self.rows = 0
        self.writer: pq.ParquetWriter | None = None
        self.totals: dict[tuple[int, str], Decimal] = {}

    def append(self, columns: Columns, order: pa.Array, *, last: bool = False) -> None:
        """Take rows of a chunk, in this order; `last` writes what is left and closes the file."""
        start = 0
        while start < len(order):
            stop = min(len(order), start + ROW_GROUP - self.waiting)
            part = order.slice(start, stop - start)
            self.pending.append({name: column.take(part) for name, column in columns.items()})
            self.waiting += len(part)
            start = stop
            if self.waiting == ROW_GROUP:
                self._flush()
        if last:
            self.close()

    def close(self) -> None:
        """Write what is left; `totals` then holds the exact BilledCost per invoice: {(EdgeNo, InvoiceId): sum}."""
        if self.pending:
            self._flush()
        if self.writer is not None:
            self.writer.close()

    def close_empty(self, template: Columns) -> None:
        """Write a file without rows, its columns typed as those of `template`."""
        self.pending.append(template)
        self.close()

    def _flush(self) -> None:
        names = self.pending[0]
        rows = {name: _whole(pa.chunked_array([part[name] for part in self.pending])) for name in names}
        self.pending, self.waiting = [], 0
        packed = self._pack(rows)
        self._add_up(packed)
        self._write(packed)

    def _pack(self, rows: Columns) -> pa.Table:
        line = rows["_LineNo"]
        packed: Columns = {}
        identity = self.layout.plain if self.small else self.layout.encoded
        for rule in self.layout.rules:
            if rule.kind == "ordinal":
                column = pa.array(range(self.rows + 1, self.rows + len(line) + 1), pa.int64())
            elif rule.kind == "null":
                column = pa.nulls(len(line), ARROW[storage(rule.column)])
            elif rule.kind == "line":
                column = self._reduce(identity[rule.argument].take(line))
            else:
                column = self._reduce(rows[rule.column])
            packed[rule.column] = column
        self.rows += len(line)
        return pa.table(packed)

    def _reduce(self, column: pa.Array) -> pa.Array:
        """A text column with only the texts it uses: plain in a small file, its own dictionary in a large one."""
        if not pa.types.is_dictionary(column.type):
            return column
        if self.small:
            return column.dictionary.take(column.indices)
        used = column.indices.unique().drop_null()
        return pa.DictionaryArray.from_arrays(pc.index_in(column.indices, used), column.dictionary.take(used))

    def _add_up(self, packed: pa.Table) -> None:
        invoices = packed["InvoiceId"].cast(pa.string())
        sums = (
            pa.table({"invoice": invoices, "billed": packed["BilledCost"]})
            .group_by("invoice")
            .aggregate([("billed", "sum")])
        )
        for row in sums.to_pylist():
            key = (self.number, row["invoice"])
            self.totals[key] = self.totals.get(key, ZERO) + row["billed_sum"]

    def _write(self, packed: pa.Table) -> None:
        if self.writer is None:
            self.writer = open_writer(self.path, packed.schema, self.layout.rows_of_edge[self.number])
        self.writer.write_table(packed, row_group_size=ROW_GROUP)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, also when its pieces have different dictionaries."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
