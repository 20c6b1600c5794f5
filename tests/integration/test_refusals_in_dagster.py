"""What the engine refuses stops Dagster's graph where it happens, with every problem and its figures in sight."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines import engine
from pipelines.errors import GateRefused
from pipelines.money import Decimal
from pipelines.orchestration.assets import BUNDLES, DELIVERIES, SLICES
from pipelines.orchestration.build import build_defs
from pipelines.orchestration.resources import Places
from tests.integration.conftest import PERIOD


@pytest.fixture
def deliveries(month: Path, tmp_path: Path) -> Path:
    """A copy of the month's deliveries that a test may damage."""
    copy = tmp_path / "deliveries"
    shutil.copytree(month / "deliveries", copy)
    return copy


def take_in(defs: dg.Definitions, instance: dg.DagsterInstance, provider: str) -> dg.ExecuteInProcessResult:
    key = dg.MultiPartitionKey({"month": PERIOD, "provider": provider})
    job = defs.resolve_job_def("take_in")
    return job.execute_in_process(instance=instance, partition_key=key, raise_on_error=False)


def materialized(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    return {event.asset_key for event in result.get_asset_materialization_events() if event.asset_key}


def test_a_control_invoice_off_by_a_cent_stops_publishing(month: Path, deliveries: Path, tmp_path: Path) -> None:
    """The gate's checks fail with the row that differs, `published` does not run, and the job fails."""
    control = deliveries / "aws" / "invoices.csv"
    with control.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for column in ("net", "total"):
        rows[0][column] = str(Decimal(rows[0][column]) + Decimal("0.01"))
    with control.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    lake = tmp_path / "lake"
    defs = build_defs(places=Places(lake=str(lake), config=str(month / "config"), deliveries=str(deliveries)))
    with dg.DagsterInstance.ephemeral() as instance:
        assert take_in(defs, instance, "aws").success
        job = defs.resolve_job_def("bill_month")
        billed = job.execute_in_process(instance=instance, partition_key=PERIOD, raise_on_error=False)
    assert not billed.success
    assert BUNDLES not in materialized(billed)
    assert not list(lake.glob("published/**/invoice_detail.csv"))

    checks = {evaluation.check_name: evaluation for evaluation in billed.get_asset_check_evaluations()}
    errors = {name for name, found in checks.items() if found.severity is dg.AssetCheckSeverity.ERROR}
    assert {name for name in errors if not checks[name].passed} == {"gate", "proof", "coverage"}
    assert checks["gate"].metadata["verdict"].value == "refuse"
    failing = {found.data["tie"]: found.data for found in checks["proof"].metadata["failing rows"].records}
    assert set(failing) == {"provider bill = raw", "provider invoice net = raw"}
    assert rows[0]["invoice_id"] in failing["provider invoice net = raw"]["scope"]
    assert {found["difference"] for found in failing.values()} == {"-0.01"}
    with pytest.raises(GateRefused, match="provider invoice net = raw"):  # and publishing refuses by itself
        engine.publish(PERIOD, lake=lake)


def test_a_damaged_delivery_is_named_with_its_remedy(month: Path, deliveries: Path, tmp_path: Path) -> None:
    """Every problem is in the failure; raw is recorded with its refusals, focus is not."""
    parts = sorted((deliveries / "azure").glob("*/usage/part-*.json.gz"))
    for part in parts[:2]:
        part.write_bytes(part.read_bytes()[:-20])
    places = Places(lake=str(tmp_path / "lake"), config=str(month / "config"), deliveries=str(deliveries))
    with dg.DagsterInstance.ephemeral() as instance:
        result = take_in(build_defs(places=places), instance, "azure")
    assert not result.success
    assert DELIVERIES in materialized(result)
    assert SLICES not in materialized(result)
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    problems = data.metadata["problems"].records
    assert all(record.data["what to do"] for record in problems)
    for part in parts[:2]:
        assert part.name in str(data.description)
        assert any(part.name in str(record.data["where"]) for record in problems)


def test_bad_configuration_fails_the_build_with_every_problem(month: Path, tmp_path: Path) -> None:
    """Two mistakes in a file of the configuration are two problems in the failure."""
    config = tmp_path / "config"
    shutil.copytree(month / "config", config)
    with (config / "fx_rates.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{PERIOD},EUR,CHF,nonsense,test,2026-11-01\n{PERIOD},EUR,USD,-1,test,2026-11-01\n")
    places = Places(lake=str(tmp_path / "lake"), config=str(config), deliveries=str(month / "deliveries"))
    defs = build_defs(places=places)
    with dg.DagsterInstance.ephemeral() as instance:
        assert take_in(defs, instance, "gcp").success
        job = defs.resolve_job_def("bill_month")
        billed = job.execute_in_process(instance=instance, partition_key=PERIOD, raise_on_error=False)
    assert not materialized(billed)
    (failed,) = [event for event in billed.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    assert len([record for record in data.metadata["problems"].records if record.data["line"]]) >= 2
