"""A Google month that nobody here wrote: koku-nise's report as CSV, lists as JSON text, billed end to end."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from pipelines.lake import Lake, connect
from pipelines.ledger import SLICES
from tests.integration.desk import Desk
from tests.integration.small import write_config, write_control

pytestmark = pytest.mark.slow
STATIC = Path(__file__).parent / "nise" / "gcp.yml"
PARENT = "0A0A0A-0B0B0B-0C0C0C"
TWELVE = Decimal("1e-12")
Row = dict[str, str]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as nise writes it: credits in Python's spelling, not JSON's."""
    folder = tmp_path_factory.mktemp("nise")
    command = [
        sys.executable, "-m", "nise", "report", "gcp", "-s", "2026-10-01", "-e", "2026-10-31",
        "--static-report-file", str(STATIC), "-w", "-r",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (path,) = folder.glob("202610_*.csv")
    return path


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_json(row: Row) -> Row:
    return row | {"credits": json.dumps(ast.literal_eval(row["credits"]))}


def deliver(desk: Desk, rows: list[Row]) -> None:
    folder = desk.deliveries / "gcp" / PARENT
    folder.mkdir(parents=True)
    with (folder / "report.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    manifest = {
        "table": "gcp_billing_export_resource_v1_0A0A0A_0B0B0B_0C0C0C",
        "exportId": "nise",
        "parentAccount": PARENT,
        "invoiceMonth": "202610",
        "maxExportTime": "2026-11-05T00:00:00Z",
        "files": [{"name": "report.csv", "rows": len(rows)}],
    }
    (folder / "export-manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def amounts(rows: list[Row]) -> list[Decimal]:
    """Every cost and credit as the report spells it."""
    taken = [credit["amount"] for row in rows for credit in json.loads(row["credits"], parse_float=str)]
    return [Decimal(text) for text in (*(row["cost"] for row in rows), *taken)]


def test_the_report_is_worth_billing(given: Path) -> None:
    rows = rows_of(given)
    assert {row["service.description"] for row in rows} == {"Compute Engine", "Cloud Storage"}
    assert any("PROMOTION" in row["credits"] for row in rows)
    assert any(len(row["cost"]) > 14 for row in rows)  # doubles with all their digits
    assert {row["labels"] for row in rows} > {"[]"}


def test_the_month_is_billed_and_no_digit_is_lost(given: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    rows = [as_json(row) for row in rows_of(given)]
    deliver(desk, rows)
    exact = sum(amounts(rows), Decimal(0))
    write_control(desk.deliveries, "gcp", ("G-1", PARENT, format(exact, "f")))
    write_config(desk.config, {"first": "half_up"}, [("gcp", "sub_account", "shop-one", "first")])
    report = desk.run()
    assert report.exit_code == 0, report.problems
    (row,) = desk.ledger(SLICES)["slices"]
    folder = Lake(desk.lake).slice(row["provider"], row["account"], row["period"], row["slice_id"])
    (raw,) = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    kept = sum((amount.quantize(TWELVE, ROUND_HALF_UP) for amount in amounts(rows)), Decimal(0))
    assert (Decimal(raw["Net"]), Decimal(raw["Beyond12"])) == (exact, exact - kept)
    with connect() as con:
        found = con.execute(
            "select sum(BilledCost), sum(case when ChargeCategory = 'Credit' then BilledCost end), count(distinct Tags)"
            f" from read_parquet('{folder / 'charges.parquet'}', hive_partitioning = false)"
        ).fetchone()
    promotions = sum((amount for amount in amounts(rows) if amount < 0), Decimal(0))
    assert found is not None
    assert found[:2] == (kept, promotions)
    assert found[2] >= 2


def test_credits_that_are_no_json_are_refused_by_column_and_line(given: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    rows = rows_of(given)
    deliver(desk, rows)
    (problem,) = desk.ingest()
    first = next(number for number, row in enumerate(rows, start=1) if row["credits"] != "[]")
    assert (problem.column, problem.line) == ("credits", first)
    assert problem.what == "credits is no JSON list"
    assert desk.ledger(SLICES)["slices"] == []
