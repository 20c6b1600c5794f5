"""A month that nobody here wrote: koku-nise's AWS report, in its own S3 layout, billed end to end."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine import RunReport
from pipelines.lake import Lake, connect
from pipelines.ledger import SLICES
from pipelines.period import BillingPeriod
from tests.integration.desk import PERIOD, Desk
from tests.integration.small import write_config, write_control

pytestmark = pytest.mark.slow
STATIC = Path(__file__).parent / "nise"
PAYER = "111122223333"
TENANTS = {PAYER: "first", "444455556666": "second", "777788889999": "third"}
CENT = Decimal("0.01")
Row = dict[str, str]


def generate(folder: Path, static: str) -> Path:
    """Let nise write a report into a local bucket; returns the report's folder of the month."""
    (folder / "bucket").mkdir(parents=True)
    command = [
        sys.executable, "-m", "nise", "report", "-c", "USD", "aws", "-s", "2026-10-01", "-e", "2026-10-31",
        "--static-report-file", str(STATIC / static), "-w", "--aws-s3-bucket-name", "bucket",
        "--aws-s3-report-name", "cur", "--aws-s3-report-prefix", "reports",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "bucket" / "reports" / "cur"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("nise")
    desk = Desk(root)
    shutil.copytree(generate(root, "aws.yml"), desk.deliveries / "aws" / PAYER / "cur")
    net = sum((Decimal(row["lineItem/UnblendedCost"]) for row in read_rows(root)), Decimal(0))
    write_control(desk.deliveries, "aws", ("EUINV26-1", PAYER, format(net, "f")))
    links = [("aws", "sub_account", account, tenant) for account, tenant in TENANTS.items()]
    write_config(desk.config, dict.fromkeys(TENANTS.values(), "half_up"), links)
    return desk


def read_rows(root: Path) -> list[Row]:
    """The uncompressed report that nise leaves beside the bucket."""
    (path,) = root.glob("October-2026-cur.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def rows(desk: Desk) -> list[Row]:
    return read_rows(desk.root)


@pytest.fixture(scope="module")
def report(desk: Desk) -> RunReport:
    return desk.run()


@pytest.fixture(scope="module")
def total(rows: list[Row]) -> Decimal:
    """What AWS's rows add up to, in plain decimals."""
    return sum((Decimal(row["lineItem/UnblendedCost"]) for row in rows), Decimal(0))


def mart(report: RunReport, name: str) -> list[dict[str, Any]]:
    assert report.build is not None
    with connect() as con:
        path = report.build.directory / f"{name}.parquet"
        reader = con.execute(f"select * from read_parquet('{path}', hive_partitioning = false)")
        names = [column[0] for column in reader.description or ()]
        return [dict(zip(names, row, strict=True)) for row in reader.fetchall()]


def test_the_month_is_billed_as_a_preview(report: RunReport) -> None:
    """Nobody is held; AWS has not numbered the invoice, and the gate says that it is an estimate.

    The report has savings plans without ARN, so that all covered usage seems to be of one commitment.
    """
    assert report.exit_code == 0, report.problems
    assert report.publish is not None
    assert len(report.publish.published) == len(TENANTS)
    assert report.verdict is not None
    assert {check.name for check in report.verdict.warnings} == {"commitments_shared", "estimates_present"}


def test_the_report_is_a_report_worth_billing(rows: list[Row], total: Decimal) -> None:
    kinds = {row["lineItem/LineItemType"] for row in rows}
    assert kinds == {"Usage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"}
    assert {row["bill/BillingEntity"] for row in rows} == {"AWS", "AWS Marketplace"}
    assert {row["lineItem/UsageAccountId"] for row in rows} == set(TENANTS)
    assert total == total.quantize(Decimal("1e-12"))
    assert total != total.quantize(CENT)


def test_the_total_is_the_same_at_every_step(desk: Desk, report: RunReport, total: Decimal) -> None:
    (row,) = desk.ledger(SLICES)["slices"]
    folder = Lake(desk.lake).slice(row["provider"], row["account"], row["period"], row["slice_id"])
    record = json.loads((folder / "slice.json").read_text(encoding="utf-8"))
    (raw,) = record["RawTotals"]
    assert Decimal(raw["Net"]) == total
    assert Decimal(raw["Tax"]) == Decimal(raw["Beyond12"]) == 0
    assert not record["IsFinal"]
    with connect() as con:
        found = con.execute(f"select sum(BilledCost) from read_parquet('{folder / 'charges.parquet'}')").fetchone()
    assert found == (total,)
    assert sum(row["BilledCost"] for row in mart(report, "marts_coverage")) == total
    proof = [row for row in mart(report, "marts_reconciliation") if row["CheckName"] == "provider invoice net = raw"]
    assert [(row["Expected"], row["Actual"], row["IsTied"]) for row in proof] == [(total, total, True)]


def test_buyers_pay_the_sum_of_their_rounded_lines(desk: Desk, report: RunReport, rows: list[Row]) -> None:
    """At the operator's own price: each account, service and unit once, rounded, added up."""
    lines: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    columns = ("lineItem/UsageAccountId", "product/ProductName", "product/sku", "pricing/unit")
    for row in rows:
        if row["lineItem/LineItemType"] == "Usage":  # the others are covered: their purchase is billed, not they
            lines[tuple(row[column] for column in columns)] += Decimal(row["lineItem/UnblendedCost"])
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for (account, *_), amount in lines.items():
        expected[TENANTS[account]] += amount.quantize(CENT, ROUND_HALF_UP)
    found = {row["BuyerTenantId"]: row["BilledCost"] for row in mart(report, "marts_invoices")}
    assert found == dict(expected)
    assert published_totals(desk) == dict(expected)


def published_totals(desk: Desk) -> dict[str, Decimal]:
    """What the published detail of each buyer adds up to."""
    totals = {}
    base = Lake(desk.lake).published(BillingPeriod(PERIOD))
    with connect() as con:
        for path in base.glob("seller=*/buyer=*/version=1/cost_and_usage.parquet"):
            found = con.execute(f"select sum(BilledCost) from read_parquet('{path}', hive_partitioning = false)")
            (amount,) = found.fetchone() or (None,)
            totals[path.parents[1].name.removeprefix("buyer=")] = amount
    return totals


def test_a_word_in_place_of_a_price_is_refused_by_name(tmp_path: Path) -> None:
    """What koku-nise writes for a reserved instance is no AWS report: nothing of it is guessed."""
    desk = Desk(tmp_path)
    shutil.copytree(generate(tmp_path, "reserved.yml"), desk.deliveries / "aws" / PAYER / "cur")
    (problem,) = desk.ingest()
    assert "convertible" in problem.what
    assert "pricing_public_on_demand_cost" in problem.what
    assert desk.ledger(SLICES)["slices"] == []
