"""A public, anonymous AWS report goes in line by line, its totals unchanged to the last digit."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

from pipelines.lake import connect
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import write_json

FILE = Path(__file__).parent / "public" / "cur_excerpt.csv"
PAYER, NOVEMBER = "123412340534", BillingPeriod("2023-11")
SUMS = "count(*), sum(BilledCost), sum(EffectiveCost), sum(ContractedCost), sum(ListCost)"


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def test_totals_are_unchanged_to_the_last_digit(desk: Desk) -> None:
    with FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    month = desk.drop / "aws" / "report" / "20231101-20231201"
    month.mkdir(parents=True)
    (month / "report-00001.csv.gz").write_bytes(gzip.compress(FILE.read_bytes()))
    manifest = {
        "assemblyId": "a",
        "account": PAYER,
        "billingPeriod": {"start": "20231101T000000.000Z", "end": "20231201T000000.000Z"},
        "reportKeys": ["report/20231101-20231201/report-00001.csv.gz"],
    }
    write_json(month / "report-Manifest.json", manifest)
    report = intake.ingest(desk.lake, desk.ledger, desk.drop, NOVEMBER, ["aws"], silent)
    assert report.refusals == ()
    [row] = desk.ledger.current_slices(NOVEMBER.label)
    charges = desk.lake.slice("aws", row["account"], NOVEMBER.label, row["slice_id"]) / "charges.parquet"
    with connect() as con:
        found = con.execute(f"select {SUMS} from '{charges}'").fetchone()
    unblended = total(rows, "lineItem/UnblendedCost")
    tax = total([row for row in rows if row["lineItem/LineItemType"] == "Tax"], "lineItem/UnblendedCost")
    listed = total(rows, "pricing/publicOnDemandCost") + tax  # tax has no public price: it is what it is
    assert found == (len(rows), unblended, unblended, unblended, listed)
