"""cost_and_usage.parquet: the buyer's own FOCUS rows at its prices, one file per edge, in canonical order.

The row-level view is scanned once. Rows are ordered by end customer, sub-account, resource, time and invoice line
within an edge, then by everything else that is published of them and by nothing that is not: the order of rows tells
no more than the rows do. The sort works on integers, because every text column is dictionary-encoded first, and in
chunks of whole sub-accounts, so memory does not grow with the month. A dictionary holds texts of other buyers until
`packing` has reduced it to what the rows of one file use: never write a column that did not go through it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.money import Decimal
from pipelines.publishing.audience import Rule, rules
from pipelines.publishing.edges import Edge
from pipelines.publishing.macros import define_macros
from pipelines.publishing.ordering import Columns, canonical_order, comparable
from pipelines.publishing.packing import DetailFile, Layout
from pipelines.publishing.pseudonyms import joins, mount_pseudonyms, name_of, name_or_text

CHUNK_ROWS = 2_000_000
BATCH_ROWS = 131_072
QUERIED = ("copy", "sql", "pseudonym", "commitment_pseudonym")
FIRST_KEYS = ("ResourceId", "ChargePeriodStart")

Totals = dict[tuple[int, str], Decimal]


def write_details(
    con: duckdb.DuckDBPyConnection,
    view: str,
    edges: list[Edge],
    path_of: Callable[[int], Path],
    scratch: Path,
    chunk_rows: int = CHUNK_ROWS,
) -> Totals:
    """Write one file per edge to `path_of(EdgeNo)`. Returns the exact sum of BilledCost per edge and invoice.

    `con` holds the tables of `edges.mount`; `view` is the qualified row-level view; `scratch` takes what does not
    fit into one chunk.
    """
    define_macros(con)
    mount_pseudonyms(con, view)
    layout = Layout.read(con, edges)
    query = _query(con, view, chunk_rows)
    totals: Totals = {}
    files: dict[int, DetailFile] = {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for chunk in _chunks(con, *query, scratch):
            columns = _encode(chunk, pool)
            del chunk
            order, cuts = _order(columns, layout)
            jobs = []
            for number, (offset, length) in cuts:
                file = files.setdefault(number, DetailFile(path_of(number), layout, number))
                # Rows come in edge order: only the last edge of a chunk can go on in the next one.
                last = number != cuts[-1][0]
                jobs.append(pool.submit(file.append, columns, order.slice(offset, length), last=last))
            for job in jobs:
                job.result()
        for file in files.values():
            file.close()
            totals |= file.totals
        template = _encode(_fetch(con, f"select * exclude (_ChunkNo) from ({query[0]}) limit 0"), pool)
    for number in range(len(edges)):
        if not path_of(number).is_file():
            DetailFile(path_of(number), layout, number).close_empty(template)
    return totals


def _query(con: duckdb.DuckDBPyConnection, view: str, chunk_rows: int) -> tuple[str, int]:
    """The rows of the view with chunk and LineNo, unordered; and the number of chunks."""
    count = _plan(con, chunk_rows)
    listed = [rule for rule in rules("cost_and_usage") if rule.kind in QUERIED]
    queried = ", ".join(f'{_expression(rule)} as "{rule.column}"' for rule in listed)
    mixed = {rule.column: rule.kind == "commitment_pseudonym" for rule in listed if rule.kind.endswith("pseudonym")}
    query = (
        f"select l.ChunkNo as _ChunkNo, l.LineNo as _LineNo, {queried} from {view} as d "
        "inner join (select ChunkNo, EdgeNo, LineNo, IsWhiteLabel, InvoiceDetailId as _LineId from planned_lines) as l "
        f"on d.InvoiceDetailId = l._LineId {joins(mixed)}"
    )
    return query, count


def _expression(rule: Rule) -> str:
    if rule.kind == "pseudonym":
        return name_of(rule.column)
    own = rule.masked(f"d.{rule.column}")
    if rule.kind == "commitment_pseudonym":
        return name_or_text(rule.column, own)
    return rule.expression if rule.kind == "sql" else own


def _chunks(con: duckdb.DuckDBPyConnection, query: str, count: int, scratch: Path) -> Iterator[pa.Table]:
    """The rows in chunks of whole units: from memory if one is enough, else by way of Parquet files by chunk."""
    if count <= 1:
        yield _fetch(con, f"select * exclude (_ChunkNo) from ({query})")
        return
    spilled = scratch / "spilled"
    con.execute(f"copy ({query}) to '{spilled}' (format parquet, compression snappy, partition_by (_ChunkNo))")
    for number in range(count):
        parts = sorted(spilled.glob(f"_ChunkNo={number}/*.parquet"))
        if parts:
            names = ", ".join(f"'{part}'" for part in parts)
            yield _fetch(con, f"select * from read_parquet([{names}], hive_partitioning = false)")


def _plan(con: duckdb.DuckDBPyConnection, chunk_rows: int) -> int:
    """Give every line the chunk of its unit, filling chunks in unit order. Returns how many there are."""
    units = con.execute(
        "select UnitNo, cast(sum(LineCount + 1) as bigint) from lines group by UnitNo order by UnitNo"
    ).fetchall()
    numbers, chunk, filled = [], 0, 0
    for _, weight in units:
        if filled and filled + weight > chunk_rows:
            chunk, filled = chunk + 1, 0
        filled += weight
        numbers.append(chunk)
    plan = pa.table(
        {"UnitNo": pa.array([unit for unit, _ in units], pa.int32()), "ChunkNo": pa.array(numbers, pa.int32())}
    )
    con.register("unit_chunks", plan)
    con.execute(
        "create table planned_lines as select l.EdgeNo, l.LineNo, l.IsWhiteLabel, l.InvoiceDetailId, u.ChunkNo "
        "from lines as l inner join unit_chunks as u on l.UnitNo = u.UnitNo"
    )
    con.unregister("unit_chunks")
    return chunk + 1


def _fetch(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return con.execute(query).to_arrow_reader(BATCH_ROWS).read_all()


def _encode(table: pa.Table, pool: ThreadPoolExecutor) -> Columns:
    """Each column in one piece, texts as dictionaries."""

    def one(name: str) -> pa.Array:
        column = table[name]
        if pa.types.is_string(column.type):
            column = column.dictionary_encode()
        whole = column.combine_chunks()
        return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole

    return dict(zip(table.column_names, pool.map(one, table.column_names), strict=True))


def _order(columns: Columns, layout: Layout) -> tuple[pa.Array, list[tuple[int, tuple[int, int]]]]:
    """Row numbers in canonical order, and for each edge in it (EdgeNo, (offset, length))."""
    line = columns["_LineNo"]
    first = {
        "unit": pc.take(layout.unit_of_line, line),
        **{name: comparable(columns[name]) for name in FIRST_KEYS},
        "line": line,
    }
    rest = {rule.column for rule in layout.rules if rule.kind in QUERIED} - set(FIRST_KEYS)
    # Rows without quantity, such as an invoice line's rounding, come after those they belong to.
    ordered = sorted(rest, key=lambda name: (name != "PricingQuantity", name))
    order = canonical_order(first, {name: columns[name] for name in ordered})
    runs = pc.run_end_encode(pc.take(layout.edge_of_line, pc.take(line, order)))
    cuts, start = [], 0
    for end, number in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        cuts.append((number, (start, end - start)))
        start = end
    return order, cuts
