"""A month that does not fit the memory allowed is taken in whole, and its totals are those of its texts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from functools import reduce
from pathlib import Path

import pytest

from pipelines.lake import connect
from pipelines.money import CONTEXT, Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk

pytestmark = pytest.mark.slow
MEMORY = "400MB"
ROWS = 200_000
# Texts that a double or a careless cast would change; after them 0.1 and 0.2, which no double holds.
HARD = (
    "1234567890123.123456789012",
    "0.000000000000499999999999",
    "-0.0000000000005",
    "1.234567890123456789012345",
    "98765432109.000000000001",
    "2.5E3",
    "-1e-7",
    "+7.00",
    "1234567.1234567890123",
)
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
FILLER = "resource/{n:064d}," + "with a long description " * 20 + "of job {n}," + "{n:040d}" * 36


def costs() -> list[str]:
    return [*HARD, *("0.1" if n % 2 else "0.2" for n in range(ROWS - len(HARD)))]


def rounded(text: str, places: str) -> Decimal:
    return Decimal(text).quantize(Decimal(places), rounding="ROUND_HALF_UP", context=CONTEXT)


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(CONTEXT.add, amounts)


def write(drop: Path) -> int:
    """A FOCUS file of ROWS rows; returns how many bytes it has when unpacked."""
    row = drops.focus_row()
    fields = {name: "{cost}" if name in COSTS else value for name, value in row.items()}
    line = ",".join(fields.values()) + "," + FILLER + "\r\n"
    manifest = drops.focus(drop, [row], kind="csv.gz")
    size = 0
    with gzip.open(manifest.parent / "charges.csv.gz", "wb", compresslevel=1) as stream:
        stream.write((",".join([*row, "ResourceId", "ChargeDescription", "x_Note"]) + "\r\n").encode())
        for n, cost in enumerate(costs()):
            size += stream.write(line.format(cost=cost, n=n).encode())
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"][0]["rows"] = ROWS
    drops.write_json(manifest, content)
    return size


@pytest.fixture
def poor(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("REBILL_MEMORY", MEMORY)
    with connect() as con:
        limit, threads = con.execute("select current_setting('memory_limit'), current_setting('threads')").fetchall()[0]
    assert (limit, threads) == ("381.4 MiB", 1)
    return desk


def test_trap_10_a_file_larger_than_memory_is_exact_to_the_last_digit(poor: Desk) -> None:
    """Small enough to be quick: the benchmark of intake does the same with millions of rows, in every room."""
    assert write(poor.drop) > 400_000_000
    report = poor.ingest()
    assert report.refusals == ()
    (unit,) = report.units
    assert unit.rows == ROWS
    folder = poor.lake.slice(unit.provider, unit.account, unit.period, str(unit.slice_id))
    (total,) = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    stated, booked = (total_of(rounded(text, places) for text in costs()) for places in ("1e-24", "1e-12"))
    assert Decimal(total["Net"]) == stated
    assert Decimal(total["Beyond12"]) == CONTEXT.subtract(stated, booked)
    sums = ", ".join(f"sum({name})" for name in COSTS)
    with connect() as con:
        found = con.execute(f"select {sums} from read_parquet('{folder / 'charges.parquet'}')").fetchone()
        hard = con.execute(
            f"select BilledCost from read_parquet('{folder / 'charges.parquet'}')"
            f" where x_SourceRow < {len(HARD)} order by x_SourceRow"
        ).fetchall()
    assert found == (booked,) * 4
    assert [row[0] for row in hard] == [rounded(text, "1e-12") for text in HARD]
