"""The command line and Dagster call the verb and show its figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import dagster as dg
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import EXIT_BAD_INPUT
from pipelines.orchestration.build import build_defs
from pipelines.orchestration.resources import Places
from tests.unit.simulation.conftest import PERIOD


def arguments(month: Path, *more: str) -> list[str]:
    return ["simulate", PERIOD, *more, "--lake", str(month / "lake"), "--config", str(month / "config")]


def test_tables_for_a_person(month: Path) -> None:
    result = CliRunner().invoke(app, arguments(month, "sharing=off"))
    assert result.exit_code == 0, result.output
    assert "simulated 2026-10: sharing=off" in result.stdout
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["op", "ben", "37.80", "118.80", "81.00", "EUR"] in rows
    assert ["op", "anna", "100.00", "19.00", "-81.00", "EUR"] in rows
    assert "Margins: all 1 unchanged" in result.stdout
    assert "Provider totals: all 1 unchanged" in result.stdout


def test_json_and_csv_for_machines(month: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.csv"
    result = CliRunner().invoke(app, arguments(month, "expired=ri-1", "--json", "--out", str(out)))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["is_simulated"] is True
    assert found["changes"] == ["expired=ri-1"]
    assert [(bill["buyer"], bill["difference"]) for bill in found["bills"]] == [
        ("ben", "81.0000"),
        ("anna", "-46.0000"),
    ]
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["simulated"], row["figure"], row["seller"], row["buyer"], row["difference"]) for row in rows] == [
        ("expired=ri-1", "bill", "op", "ben", "81.0000"),
        ("expired=ri-1", "bill", "op", "anna", "-46.0000"),
        ("expired=ri-1", "margin", "op", "", "-15.000000000000"),
        ("expired=ri-1", "provider total", "azure", "", "50.000000000000"),
    ]


def test_a_refusal_has_its_exit_code(month: Path) -> None:
    result = CliRunner().invoke(app, arguments(month, "sharing=on", "--json"))
    assert result.exit_code == EXIT_BAD_INPUT
    assert json.loads(result.stdout)["problems"][0]["remedy"] == "write sharing=off[:operator]"


def test_the_job(month: Path) -> None:
    places = Places(lake=str(month / "lake"), config=str(month / "config"))
    job = build_defs(places=places).get_job_def("simulate")
    run = job.execute_in_process(
        partition_key=PERIOD, run_config={"ops": {"what_if": {"config": {"changes": ["sharing=off"]}}}}
    )
    assert run.success
    (output,) = [event for event in run.all_events if event.event_type is dg.DagsterEventType.STEP_OUTPUT]
    metadata = output.step_output_data.metadata
    assert metadata["changes"].value == "sharing=off"
    assert [record.data["after"] for record in metadata["bill"].records] == ["19.0000", "118.8000"]
