"""The workshop of the generator: DuckDB connections with its tables, parts in parallel, files with fixed bytes.

Every connection has one thread, so a query's row order, and with it a file's bytes, never depend on the
machine; parts of a delivery are made side by side instead.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from json.encoder import encode_basestring
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from pipelines import lake
from pipelines.generator import names
from pipelines.generator.accounts import Account
from pipelines.generator.catalog import REGIONS, Product
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

SQL = Path(__file__).parent / "sql"
MEMORY = "1GB"
# Rows per output file: small months come in several files, too.
LEAST_PART, MOST_PART = 2_500, 250_000
JSON_OPTIONS = "format csv, header false, quote '', escape '', delimiter e'\\x01', compression gzip"
Result = TypeVar("Result")


def sql(name: str) -> str:
    """The text of one query of this package."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def connect(variables: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    """A one-threaded connection with the macros; `variables` are read by getvariable() in the queries."""
    con = lake.connect(threads=1, memory=MEMORY)
    con.execute(sql("macros"))
    for name, value in variables.items():
        # A literal, not a parameter: binding parameters makes DuckDB import pandas, which takes seconds.
        con.execute(f"set variable {name} = {_literal(value)}")
    return con


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    text = "'" + str(value).replace("'", "''") + "'"
    return f"date {text}" if isinstance(value, date) else text


def parallel(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run tasks on all cores; results in the order of the tasks."""
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


def table(rows: Iterable[Mapping[str, object]], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Records as an Arrow table; missing fields are null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(list(types.items())))


def month_variables(period: BillingPeriod, seed: str) -> dict[str, object]:
    """The variables that every provider's queries use."""
    days = (period.end - period.start).days
    return {"seed": seed, "days": days, "month_start": period.start, "month_end": period.end}


def resources(
    provider: str, accounts: Sequence[Account], catalog: Sequence[Product], variables: Mapping[str, object],
    home_region: Callable[[Account], int],
) -> pa.Table:  # fmt: skip
    """All resources of a provider, ordered by resource_no; `part` says which output file they go to."""
    regions = len(REGIONS[provider])
    bases = [product.number // regions for product in catalog[::regions] for _ in range(product.weight)]
    slots = [{"slot": slot, "base_no": base} for slot, base in enumerate(bases)]
    rows = sum(account.quota for account in accounts)
    part_rows = min(max(rows // 3, LEAST_PART), MOST_PART)
    con = connect({**variables, "regions": regions, "slots": len(slots), "part_rows": part_rows})
    con.register("slots", table(slots, {"slot": pa.int32(), "base_no": pa.int32()}))
    con.register(
        "accounts",
        table(
            ({"account_no": a.number, "quota": a.quota, "home_region": home_region(a)} for a in accounts),
            {"account_no": pa.int32(), "quota": pa.int64(), "home_region": pa.int32()},
        ),
    )
    found = con.execute(sql("resources")).to_arrow_table()
    con.close()
    return found


def parts(found: pa.Table) -> int:
    """How many output files the resources are spread over."""
    return int(found.column("part")[-1].as_py()) + 1 if found.num_rows else 0


def systems() -> pa.Table:
    """Names of applications by system_no."""
    rows = [{"system_no": number, "system": name} for number, name in enumerate(names.SYSTEMS)]
    return table(rows, {"system_no": pa.int32(), "system": pa.string()})


def json_value(value: object) -> str:
    """A JSON value; a Decimal becomes an unquoted number with plain digits, None the empty string."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        digits = format(value, "f")
        return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"
    return '""' if value is None else json.dumps(value, ensure_ascii=False)


def write_json_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write gzip JSON-Lines without a time stamp in the gzip header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
        for row in rows:
            line = ",".join([f'"{name}":{json_value(value)}' for name, value in row.items()])
            stream.write(f"{{{line}}}\n".encode())
