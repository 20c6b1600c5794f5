"""Cases an accountant can check by hand: each folder has its story, what is given and what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import building
from pipelines.gates import content_hash
from pipelines.lake import Lake, connect, write_json, write_parquet
from pipelines.ledger import BUILDS, Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from tests.support.compiled import compile_project
from tests.support.slices import add_slice, read_csv

DETAIL_OTHER_THAN_LINES = """
    select InvoiceDetailId, l.BilledCost, d.BilledCost
    from marts.marts_invoice_lines as l
    full outer join (
        select InvoiceDetailId, sum(BilledCost) as BilledCost from marts.marts_cost_and_usage group by InvoiceDetailId
    ) as d using (InvoiceDetailId)
    where l.BilledCost is distinct from d.BilledCost
"""
HERE = Path(__file__).parent
CASES = sorted(path.name for path in HERE.iterdir() if (path / "given").is_dir())


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The project's SQL, compiled once for all cases."""
    project = compile_project(tmp_path_factory.mktemp("compiled"))
    with pytest.MonkeyPatch.context() as patch:
        project.stand_in(patch)
        yield


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path) -> None:
    """Every expected figure is there and nothing else is, to the last digit; the proof is zero."""
    folder = HERE / case
    lake = Lake(tmp_path / "lake")
    charges = read_csv(folder / "given" / "charges.csv")
    for provider in sorted({row.get("x_Provider", "azure") for row in charges}):
        add_slice(lake, [row for row in charges if row.get("x_Provider", "azure") == provider], unit=provider)
    _build_september(lake, folder / "given" / "balances_before.csv")
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
    with connect(building.work_database(lake, built.build_id)) as con:
        assert con.execute(DETAIL_OTHER_THAN_LINES).fetchall() == []


def _build_september(lake: Lake, balances: Path) -> None:
    """A build of the month before that holds nothing but the closings of balances."""
    if not balances.is_file():
        return
    ledger, september = Ledger(lake), BillingPeriod("2026-09")
    target = lake.build(september, "before")
    with connect() as con:
        query = f"select * replace (cast(Closing as decimal(38, 12)) as Closing) from read_csv('{balances}')"
        write_parquet(con, query, target / "marts_balances.parquet")
    write_json(target / "build.json", {})
    row = {"period": september.label, "build_id": "before", "content_hash": content_hash(target), "updated_at": ""}
    with ledger.transaction() as connection:
        ledger.put(connection, BUILDS, **row)


def _comparable(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(_number(value) for value in row)


def _number(value: object) -> str:
    try:
        return str(Decimal(str(value)).normalize())
    except ArithmeticError:
        return "" if value is None else str(value)
