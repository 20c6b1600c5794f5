"""Rows as Arrow tables with the types that the compiled tables have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

TEXT, DAY, INTEGER, FLAG, NUMBER = pa.string(), pa.date32(), pa.int32(), pa.bool_(), pa.decimal128(38, 12)
BIGINT = pa.int64()


def table(columns: Sequence[tuple[str, Any]], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table with the given column names and types."""
    schema = pa.schema(list(columns))
    values = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, entry.type) for column, entry in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def keep(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Copy an Arrow table into the connection: joins push filters down into a scan that Arrow cannot always apply."""
    con.register("arrow_rows", rows)
    con.execute(f"create or replace temp table {name} as select * from arrow_rows")
    con.unregister("arrow_rows")
