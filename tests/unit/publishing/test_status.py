from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import GateRefused, Problem, RebillError
from pipelines.progress import silent
from pipelines.publishing import publish, publish_failure, publish_status
from tests.unit.publishing.month import EDGES, PERIOD, Month, allow, make_month


@pytest.fixture
def month(tmp_path: Path) -> Month:
    return make_month(tmp_path / "lake")


def status(month: Month) -> dict[str, Any]:
    folder = month.published / "status"
    version = json.loads((folder / "current.json").read_text())["version"]
    found: dict[str, Any] = json.loads((folder / f"version={version}" / "status.json").read_text())
    return found


def states(month: Month) -> dict[tuple[str, str], str]:
    return {(edge["seller"], edge["buyer"]): edge["state"] for edge in status(month)["edges"]}


def test_a_clear_month_lists_its_bundles_by_hash_not_by_version(month: Month) -> None:
    allow(month)
    report = publish(month.lake, month.ledger, PERIOD, silent)
    found = status(month)
    assert (found["verdict"], found["problems"]) == ("clear", [])
    assert states(month) == dict.fromkeys(EDGES, "published")
    assert {edge["bundle"] for edge in found["edges"]} == {placed.bundle for placed in report.published}
    assert "version" not in json.dumps(found)
    names = {path.name for path in (month.published / "status/version=1").iterdir()}
    marts = {"proof", "holds", "coverage", "commitments", "commitment_sharing", "partner_benefits", "conformance"}
    assert names == {"status.json", *(f"{mart}.parquet" for mart in marts)}


def test_an_edge_held_now_says_that_its_bundle_is_superseded(month: Month) -> None:
    allow(month)
    publish(month.lake, month.ledger, PERIOD, silent)
    allow(month, "hold", [("op", "direct"), ("op", "nobody")])
    publish(month.lake, month.ledger, PERIOD, silent)
    assert states(month)["op", "direct"] == "superseded-by-hold"
    assert states(month)["op", "nobody"] == "held"
    assert states(month)["op", "res"] == "published"
    held = next(edge for edge in status(month)["edges"] if edge["buyer"] == "direct")
    assert (held["reason"], held["remedy"]) == ("unlinked account", "link it")


def test_a_refused_run_keeps_what_was_published_and_says_so(month: Month) -> None:
    allow(month)
    publish(month.lake, month.ledger, PERIOD, silent)
    allow(month, "refuse")
    with pytest.raises(GateRefused):
        publish(month.lake, month.ledger, PERIOD, silent)
    assert status(month)["verdict"] == "refused"
    assert states(month) == dict.fromkeys(EDGES, "kept-from-earlier-run")
    assert "proof_all_tied" in status(month)["problems"][0]["what"]


def test_the_state_of_a_refused_build_can_be_published_by_itself(month: Month) -> None:
    allow(month, "refuse")
    assert publish_status(month.lake, month.ledger, PERIOD, silent).is_new
    assert not publish_status(month.lake, month.ledger, PERIOD, silent).is_new
    assert status(month)["failed"][0]["name"] == "proof_all_tied"


def test_a_build_that_nobody_judged_is_refused_with_a_remedy(month: Month) -> None:
    publish_status(month.lake, month.ledger, PERIOD, silent)
    assert status(month)["verdict"] == "refused"
    assert status(month)["problems"][0]["remedy"] == "run `rebill check 2026-10`"


def test_a_period_without_a_build_has_no_state(tmp_path: Path, month: Month) -> None:
    with month.ledger.transaction() as connection:
        connection.exec_driver_sql("delete from builds")
    with pytest.raises(RebillError):
        publish_status(month.lake, month.ledger, PERIOD, silent)


def test_a_run_that_failed_before_its_marts_leaves_its_problems_without_paths(month: Month) -> None:
    root = month.lake.root
    problems = [
        Problem(str(root / "config/plans.yaml"), f"{root}/x is wrong", "correct it", line=3),
        Problem("tenants.csv", "twice", "remove one"),
    ]
    publish_failure(month.lake, month.ledger, PERIOD, problems)
    assert status(month)["problems"] == [
        {"file": "plans.yaml", "what": "x is wrong", "remedy": "correct it", "line": 3},
        {"file": "tenants.csv", "what": "twice", "remedy": "remove one"},
    ]
    assert [path.name for path in (month.published / "status/version=1").iterdir()] == ["status.json"]
