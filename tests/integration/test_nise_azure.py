"""koku-nise's Azure cost report goes in as the pair of cost exports: its total is the same to the last digit."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.lake import Lake, connect
from pipelines.money import CONTEXT, Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from pipelines.providers.azure.export import AzureExport
from tests.unit.providers.azure import cost_files
from tests.unit.providers.conftest import Desk

pytestmark = pytest.mark.slow
STATIC = Path(__file__).parent / "nise" / "azure.yml"
MONTH = BillingPeriod("2026-10")


def generate(folder: Path) -> list[dict[str, str]]:
    """The rows that nise writes of the month."""
    command = [
        sys.executable, "-m", "nise", "report", "-c", "USD", "azure", "-s", "2026-10-01", "-e", "2026-10-31",
        "--static-report-file", str(STATIC), "-w",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    rows: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows += csv.DictReader(stream)
    return rows


def test_the_total_is_the_same_to_the_last_digit(tmp_path: Path) -> None:
    """No row is of a commitment, so actual and amortized cost are the same rows; none names an invoice: an estimate."""
    (tmp_path / "nise").mkdir()
    rows = generate(tmp_path / "nise")
    assert len(rows) > 100
    desk = Desk(Lake(tmp_path / "lake"), tmp_path / "drop")
    cost_files.pair(desk.drop, rows, rows)
    report = intake.ingest_rooms(desk.lake, desk.ledger, desk.drop, MONTH, [AzureExport()], silent)
    assert report.refusals == ()
    (row,) = desk.ledger.current_slices(MONTH.label)
    assert not row["is_final"]
    folder = desk.lake.slice(row["provider"], row["account"], row["period"], row["slice_id"])
    (raw,) = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    total = Decimal(0)
    for cost in rows:
        total = CONTEXT.add(total, Decimal(cost["CostInBillingCurrency"]))
    assert Decimal(raw["Net"]) == total
    with connect() as con:
        found = con.execute(
            f"select count(*), sum(BilledCost), sum(EffectiveCost) from read_parquet('{folder / 'charges.parquet'}',"
            " hive_partitioning = false)"
        ).fetchone()
    booked = CONTEXT.subtract(total, Decimal(raw["Beyond12"]))
    assert found == (len(rows), booked, booked)
