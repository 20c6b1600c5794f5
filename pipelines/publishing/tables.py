"""The narrow files of a bundle: invoice lines and cost centres as Parquet and CSV, others as Parquet. Whole marts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.lake import ROW_GROUP, write_parquet
from pipelines.publishing.audience import rules, select_list, whole_marts
from pipelines.publishing.parquet import write_table

EDGE_NO = "_EdgeNo"


def write_invoice_details(con: duckdb.DuckDBPyConnection, directory_of: Callable[[int], Path]) -> None:
    """FOCUS Invoice Detail per edge, one row per invoice line, ordered by invoice and line id."""
    _write_twice(con, "invoice_detail", "lines as l", ("l.InvoiceId", "l.LineNo"), directory_of)


def write_cost_centres(con: duckdb.DuckDBPyConnection, directory_of: Callable[[int], Path]) -> None:
    """What each cost centre bears of the lines, ordered by invoice, line and centre; only on edges that have them."""
    lines = (
        "(select l.EdgeNo, l.LineNo, c.* from marts_cost_centres as c "
        "inner join lines as l on c.InvoiceDetailId = l.InvoiceDetailId) as l"
    )
    _write_twice(con, "cost_centres", lines, ("l.InvoiceId", "l.LineNo", "l.CostCentreId"), directory_of)


def write_daily_costs(con: duckdb.DuckDBPyConnection, directory_of: Callable[[int], Path], edges: int) -> None:
    """Daily costs per edge: end customer, provider, service and day, unrounded, in the edge's currency.

    Where white label leaves out the provider, days of one service are summed.
    """
    listed = [rule.column for rule in rules("daily_costs")]
    keys = [name for name in listed if not name.endswith("Cost")]
    columns = ", ".join(f'"{name}"' if name in keys else f'sum("{name}") as "{name}"' for name in listed)
    query = (
        f"select {EDGE_NO}, {columns} from (select e.EdgeNo as {EDGE_NO}, {select_list('daily_costs')} "
        "from marts_daily_costs as d "
        "inner join edges as e on d.SellerTenantId = e.SellerTenantId and d.BuyerTenantId = e.BuyerTenantId) "
        f"group by {EDGE_NO}, {', '.join(keys)} order by {EDGE_NO}, {', '.join(keys)}"
    )
    _write_each(con, "daily_costs", query, directory_of, edges)


def write_billing_periods(con: duckdb.DuckDBPyConnection, directory_of: Callable[[int], Path], edges: int) -> None:
    """FOCUS Billing Period per edge: one row for the seller as issuer and the period."""
    query = f"select distinct l.EdgeNo as {EDGE_NO}, {select_list('billing_period')} from lines as l order by {EDGE_NO}"
    _write_each(con, "billing_period", query, directory_of, edges)


def write_contract_commitments(con: duckdb.DuckDBPyConnection, directory_of: Callable[[int], Path], edges: int) -> None:
    """FOCUS Contract Commitment per edge: one row per promise of the buyer in force, ordered by id."""
    query = (
        f"select e.EdgeNo as {EDGE_NO}, {select_list('contract_commitment')} from marts_contract_commitments as c "
        "inner join edges as e on c.SellerTenantId = e.SellerTenantId and c.BuyerTenantId = e.BuyerTenantId "
        f"order by {EDGE_NO}, ContractCommitmentId"
    )
    _write_each(con, "contract_commitment", query, directory_of, edges)


def write_whole_marts(con: duckdb.DuckDBPyConnection, audience: str, directory: Path) -> dict[str, int]:
    """Every row and column of the marts that an operator bundle holds. Returns file name -> rows."""
    return {
        f"{file}.parquet": write_parquet(con, f"select * from {mart} order by all", directory / f"{file}.parquet")
        for file, mart in whole_marts(audience)
    }


def _write_each(
    con: duckdb.DuckDBPyConnection, file: str, query: str, directory_of: Callable[[int], Path], edges: int
) -> None:
    """One Parquet file per edge of a query ordered by edge; without rows where the query has none."""
    written = set()
    for number, table in _cut(con, query):
        write_table(directory_of(number) / f"{file}.parquet", table)
        written.add(number)
    for number in set(range(edges)) - written:
        empty = con.execute(f"select * exclude ({EDGE_NO}) from ({query}) limit 0").to_arrow_table()
        write_table(directory_of(number) / f"{file}.parquet", empty)


def _write_twice(
    con: duckdb.DuckDBPyConnection,
    file: str,
    source: str,
    order: Sequence[str],
    directory_of: Callable[[int], Path],
) -> None:
    """The allow-listed columns of rows `l`, per edge, as Parquet and as CSV."""
    listed, sorting = select_list(file), ", ".join(["l.EdgeNo", *order])
    for number, table in _cut(con, f"select l.EdgeNo as {EDGE_NO}, {listed} from {source} order by {sorting}"):
        write_table(directory_of(number) / f"{file}.parquet", table)
    types = {row[0]: row[1] for row in con.execute(f"describe select {listed} from {source}").fetchall()}
    texts = ", ".join(_as_text(f'"{name}"', kind) for name, kind in types.items())
    places = [f"_{number}" for number in range(len(order))]
    keys = ", ".join(f"{key} as {place}" for key, place in zip(order, places, strict=True))
    query = (
        f"select {EDGE_NO}, {texts} from (select l.EdgeNo as {EDGE_NO}, {keys}, {listed} from {source}) "
        f"order by {', '.join([EDGE_NO, *places])}"
    )
    for number, table in _cut(con, query):
        _write_csv(directory_of(number) / f"{file}.csv", list(types), table)


def _cut(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, pa.Table]]:
    """Stream a query ordered by edge and yield (EdgeNo, that edge's rows without the number)."""
    pending: list[pa.RecordBatch] = []
    current: int | None = None
    for batch in con.execute(query).to_arrow_reader(ROW_GROUP):
        numbers = batch.column(EDGE_NO).to_pylist()
        start = 0
        while start < len(numbers):
            stop = _end_of_run(numbers, start)
            if current is not None and numbers[start] != current:
                yield current, _joined(pending)
                pending = []
            current = numbers[start]
            pending.append(batch.slice(start, stop - start))
            start = stop
    if current is not None:
        yield current, _joined(pending)


def _end_of_run(numbers: list[int], start: int) -> int:
    stop = start + 1
    while stop < len(numbers) and numbers[stop] == numbers[start]:
        stop += 1
    return stop


def _joined(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).drop_columns([EDGE_NO]).combine_chunks()


def _as_text(name: str, kind: str) -> str:
    """Plain decimals and ISO times in UTC."""
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}"
    return f"cast({name} as varchar) as {name}"


def _write_csv(path: Path, names: list[str], table: pa.Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(zip(*(table[name].to_pylist() for name in names), strict=True))
