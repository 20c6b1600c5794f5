"""Values of staged rows that cannot be billed, found in one scan and named by file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import Problem

ROWS_MAX = 10**12  # more rows than a file can have: file and row share one number
REMEDY = "fetch the export again; if the value is really so, ask the provider to correct it"
# Conditions under which a text is not what its column's type says.
NOT_A = {
    "decimal": "coalesce(cast(try_cast({0} as decimal(18,12)) as decimal(38,12)), try_cast({0} as decimal(38,12)))"
    " is null",
    "date": "try_cast(left({0}, 10) as date) is null",
}


@dataclass(frozen=True)
class RowTest:
    """A condition, in SQL over a staged view, that no row may meet; `column` is the one at fault."""

    column: str
    condition: str
    what: str
    remedy: str = REMEDY


def column_tests(columns: Path, dataset: str) -> list[RowTest]:
    """The tests that a columns.csv implies: required values are there, decimals and dates can be read."""
    tests = []
    with columns.open(encoding="utf-8", newline="") as stream:
        for record in csv.DictReader(stream):
            if record["dataset"] != dataset:
                continue
            name, kind = record["name"], record["type"]
            if record["required"] == "yes":
                tests.append(RowTest(name, f"{name} is null", f"the row has no {name} ({record['meaning']})"))
            if kind in NOT_A:
                condition = f"{name} is not null and {NOT_A[kind].format(name)}"
                tests.append(RowTest(name, condition, f"{name} is not a {kind} that can be kept exactly"))
    return tests


def bad_rows(
    con: duckdb.DuckDBPyConnection, view: str, tests: Iterable[RowTest], files: Mapping[int, str]
) -> list[Problem]:
    """One problem per test that some row of `view` meets, naming the first such row. `files`: ordinal -> name."""
    tests = list(tests)
    place = f"cast(x_SourceFile as bigint) * {ROWS_MAX} + x_SourceRow"
    found = con.execute(
        f"select {', '.join(f'min({place}) filter (where {test.condition})' for test in tests)} from {view}"
    ).fetchone()
    problems = []
    for test, position in zip(tests, found or (), strict=True):
        if position is not None:
            file, row = divmod(int(position), ROWS_MAX)
            problems.append(Problem(files[file], test.what, test.remedy, line=row + 1, column=test.column))
    return problems
