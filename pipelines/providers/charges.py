"""Write a slice's charges: mapped, typed, numbered by rate key and clustered, in bounded memory.

The same deliveries and mapping give the same rows in the same order at any thread count. Nothing is checked
here: `slices.py` reads the files back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from pipelines.providers.staging import identifier, literal
from pipelines.schemas import rate_key_columns, slice_columns

ROW_GROUP = 12_288
PARQUET = f"(format parquet, compression zstd, compression_level 1, row_group_size {ROW_GROUP})"
ORDER = ("SubAccountId", "ResourceId", "ChargePeriodStart", "x_SourceFile", "x_SourceRow", "x_SourcePart")
SAMPLE = 1024


def write_charges(con: duckdb.DuckDBPyConnection, focus_sql: str, folder: Path) -> None:
    """Map, number the rate keys and write both files, typed as `focus_schemas/` says and clustered by ORDER.

    Sorting is the dearest step, and its price is the width of a row (a gigabyte of memory sorts a million rows
    twice as fast this way). So the text columns of the rate key are sorted as enums, in text order, and become text
    again when written; fetching them by a join after the sort would lose the order. Columns with one value in
    the whole slice are not sorted at all.
    """
    types = {column.id: column.storage for column in slice_columns() if column.id != "x_RateKey"}
    typed = ", ".join(f"cast({identifier(name)} as {types[name]}) as {identifier(name)}" for name in types)
    con.execute(f"create or replace temp view mapped as select {typed} from ({focus_sql})")
    matches = _number_keys(con)
    constant = _constants(con, types)
    con.execute(
        f"copy (select * exclude (hash) from slice_keys order by x_RateKey) to "
        f"{literal(folder / 'keys.parquet')} {PARQUET}"
    )
    keys = rate_key_columns()
    enums = {name: f"enum_{name}" for name in keys if name not in constant and types[name] == "VARCHAR"}
    for name, enum in enums.items():
        con.execute(f"drop type if exists {enum}")
        con.execute(
            f"create type {enum} as enum (select distinct {identifier(name)} as value from slice_keys"
            f" where value is not null order by value)"
        )
    coded = ", ".join(f"cast({name} as {enums.get(name, types[name])}) as {name}" for name in keys)
    con.execute(f"create or replace temp table coded_keys as select x_RateKey, hash, {coded} from slice_keys")
    plain = [name for name in types if name not in constant and name not in enums]
    wide = ", ".join(
        [
            *(f"m.{identifier(name)}" for name in plain),
            *(f"k.{identifier(name)}" for name in keys if name in enums),
            "k.x_RateKey",
        ]
    )
    order = ", ".join(f"{name} nulls last" for name in ORDER if name not in constant)
    final = ", ".join(
        f"cast({constant.get(name, identifier(name))} as {types[name]}) as {identifier(name)}" for name in types
    )
    con.execute(
        f"copy (select {final}, x_RateKey from (select {wide} from (select *, {_key_hash()} as hash from mapped) as m"
        f" inner join coded_keys as k on {matches} order by {order}))"
        f" to {literal(folder / 'charges.parquet')} {PARQUET}"
    )


def _constants(con: duckdb.DuckDBPyConnection, types: Mapping[str, str]) -> dict[str, str]:
    """Columns with one value in the whole slice (most often none), as SQL literals: no need to sort them.

    The first rows say which columns may be so; one look at these columns, nearly free, says whether it is true.
    """
    keys = rate_key_columns()
    texts = [name for name, kind in types.items() if kind in ("VARCHAR", "TIMESTAMP") or name in keys]
    columns = ", ".join(f"cast({identifier(name)} as varchar)" for name in texts)
    sample = con.execute(f"select {columns} from mapped limit {SAMPLE}").fetchall()
    guesses = {
        name: values.pop()
        for name, values in zip(texts, map(set, zip(*sample, strict=True)), strict=False)
        if len(values) == 1
    }
    if not sample:
        return dict.fromkeys(texts, "null")
    literals = {name: "null" if value is None else literal(value) for name, value in guesses.items()}
    tests = ", ".join(
        f"count_if(cast({identifier(name)} as varchar) is distinct from {value})" for name, value in literals.items()
    )
    if not tests:
        return {}
    other = con.execute(f"select {tests} from mapped").fetchone()
    assert other is not None
    return {name: value for (name, value), rows in zip(literals.items(), other, strict=True) if rows == 0}


def _key_hash() -> str:
    return f"hash({', '.join(identifier(name) for name in rate_key_columns())})"


def _number_keys(con: duckdb.DuckDBPyConnection) -> str:
    """Make slice_keys: every distinct rate key, numbered in the order of its columns, with a hash to join by.

    Returns the condition that finds the key k of a charge m. All keys are in the table, so while no two of
    them share a hash, equal hash means equal key; should two ever share one, the columns are compared too.
    """
    keys = [identifier(name) for name in rate_key_columns()]
    order = ", ".join(f"{key} nulls last" for key in keys)
    con.execute(
        f"create or replace temp table slice_keys as select cast(row_number() over (order by {order}) - 1 as integer)"
        f" as x_RateKey, {_key_hash()} as hash, * from (select distinct {', '.join(keys)} from mapped)"
    )
    shared = con.execute("select hash from slice_keys group by hash having count(*) > 1 limit 1").fetchone()
    exact = [f"m.{key} is not distinct from k.{key}" for key in keys] if shared else []
    return " and ".join(["m.hash = k.hash", *exact])
