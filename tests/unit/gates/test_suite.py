from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.gates.evidence import SEVERITIES, Check
from pipelines.gates.suite import judge_evidence, read_suite

WORDS = {"fail": "critical", "warn": "warning", "note": "info"}


def frame(**violations: int) -> list[Check]:
    return [Check(name, "all", SEVERITIES[name], violations.get(name, 0), "measured", None) for name in SEVERITIES]


def test_the_suite_has_one_expectation_per_check_with_its_severity() -> None:
    found = {e["meta"]["check"]: e["severity"] for e in read_suite()["expectations"]}
    found.pop("every_check_measured")
    assert found == {name: WORDS[severity] for name, severity in SEVERITIES.items()}


@pytest.mark.parametrize("name", sorted(SEVERITIES))
def test_each_violation_fails_its_own_expectation(name: str) -> None:
    results = judge_evidence(frame(**{name: 3}))
    assert {r["check"]: r["severity"] for r in results if not r["success"]} == {name: WORDS[SEVERITIES[name]]}


def test_a_check_that_was_not_measured_fails() -> None:
    results = judge_evidence([check for check in frame() if check.name != "line_ids_unique"])
    assert [r["check"] for r in results if not r["success"]] == ["every_check_measured"]


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = "import sys, pipelines.gates; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
