"""Cases an accountant can check by hand: each folder has its story, what is given and what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import building
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from tests.support.slices import add_slice, read_csv

HERE = Path(__file__).parent
CASES = sorted(path.name for path in HERE.iterdir() if (path / "given").is_dir())


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path) -> None:
    """Every expected figure is there and nothing else is, to the last digit; the proof is zero."""
    folder = HERE / case
    lake = Lake(tmp_path / "lake")
    add_slice(lake, read_csv(folder / "given" / "charges.csv"))
    built = building.build(lake, Ledger(lake), BillingPeriod("2026-10"), folder / "given" / "config", silent)
    with connect() as con:
        untied = con.execute(
            f"select * from read_parquet('{built.directory / 'marts_reconciliation.parquet'}') where not IsTied"
        ).fetchall()
        assert untied == []
        for expected_file in sorted((folder / "expect").glob("*.csv")):
            expected = read_csv(expected_file)
            columns = list(expected[0])
            mart = built.directory / f"{expected_file.stem}.parquet"
            found = con.execute(f"select {', '.join(columns)} from read_parquet('{mart}')").fetchall()
            assert sorted(map(_comparable, found)) == sorted(
                _comparable(tuple(row[column] for column in columns)) for row in expected
            )


def _comparable(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(_number(value) for value in row)


def _number(value: object) -> str:
    try:
        return str(Decimal(str(value)).normalize())
    except ArithmeticError:
        return "" if value is None else str(value)
