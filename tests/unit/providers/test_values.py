"""Bad values are found in one scan, and each is named by its first row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.lake import connect
from pipelines.providers.values import ROWS_MAX, RowTest, bad_rows, column_tests

COLUMNS = """dataset,name,aliases,type,required,meaning
bill,amount,,decimal,yes,what it costs
bill,day,,date,no,when
other,amount,,decimal,yes,something else
"""


@pytest.mark.parametrize(("amount", "day", "columns"), [
    ("1.5", "2026-10-05T00:00:00Z", []),
    ("-35.2E-7", None, []),
    ("12345678901234567890.5", "2026-10-05", []),
    (None, "2026-10-05", ["amount"]),
    ("1,5", "5.10.2026", ["amount", "day"]),
    ("1e40", "2026-13-01", ["amount", "day"]),
    ("NaN", "2026-02-30", ["amount", "day"]),
])  # fmt: skip
def test_columns_say_what_a_value_must_be(
    tmp_path: Path, amount: str | None, day: str | None, columns: list[str]
) -> None:
    (tmp_path / "columns.csv").write_text(COLUMNS)
    con = connect()
    con.execute("create table bill (amount varchar, day varchar, x_SourceFile integer, x_SourceRow bigint)")
    con.execute("insert into bill values ('1', '2026-10-01', 0, 0), (?, ?, 1, 41), (?, ?, 1, 40)", [amount, day] * 2)
    found = bad_rows(con, "bill", column_tests(tmp_path / "columns.csv", "bill"), {0: "first", 1: "second"})
    assert [(problem.file, problem.line, problem.column) for problem in found] == [("second", 41, c) for c in columns]


def test_a_rooms_own_test_brings_its_words() -> None:
    con = connect()
    con.execute(f"create table bill as select 2 as x_SourceFile, {ROWS_MAX - 1} as x_SourceRow, 'x' as payer")
    (problem,) = bad_rows(con, "bill", [RowTest("payer", "payer <> 'y'", "not a row of y", "fetch y")], {2: "third"})
    assert str(problem) == f"third:{ROWS_MAX} [payer]: not a row of y -> fetch y"
