"""Comparing with the reviewed list, without the validator."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.validator import environment
from tests.validator.verdicts import _verdict, differences, expected


def test_new_and_vanished_failures_are_told_apart() -> None:
    assert differences({"aws": {"A-1": "3 rows: bad", "B-1": ""}}, {"aws": {"B-1", "C-1"}}) == [
        "aws: new failure A-1: 3 rows: bad",
        "aws: C-1 is on the list and no longer fails",
    ]
    assert differences({"aws": {"A-1": ""}}, {"aws": {"A-1"}}) == []


def test_a_subject_that_disappears_is_a_difference() -> None:
    assert differences({}, {"gcp": {"A-1"}}) == ["gcp: A-1 is on the list and no longer fails"]


def test_entries_hold_for_the_subjects_they_name() -> None:
    entries = [{"rule": "A-1", "where": ["aws"]}, {"rule": "B-1", "where": ["aws", "gcp"]}]
    assert expected(["aws", "gcp", "azure"], entries) == {"aws": {"A-1", "B-1"}, "gcp": {"B-1"}, "azure": set()}


def test_only_what_began_a_failure_counts() -> None:
    failed = {
        "Column-C-000-M": {"violations": 1, "message": "AND failed", "children": ["Column-C-003-C"]},
        "Column-C-003-C": {"violations": 2, "message": "must not be null", "children": []},
        "Other-C-000-M": {"violations": 1, "message": "AND failed", "children": ["a rule that passed"]},
    }
    verdict = _verdict({"rules": 9, "skipped": 1, "failed": failed})
    assert verdict.failed == {"Column-C-003-C": "2 rows: must not be null", "Other-C-000-M": "1 rows: AND failed"}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without an environment and without a Python that fits; a folder on its path."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    monkeypatch.setenv("PATH", str(bin_folder))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(environment, "STAMP", tmp_path / "installed")
    nothing = subprocess.CompletedProcess([], 1, "", "")
    real = subprocess.run
    monkeypatch.setattr(
        environment.subprocess, "run", lambda command, **rest: nothing if "find" in command else real(command, **rest)
    )
    return bin_folder


def _write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_a_python_the_reason_says_so(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.missing() == environment.NONE_FITS
    assert environment.main([]) == 0
    assert "skipped" in capsys.readouterr().err
    assert environment.main(["--find"]) == 1


def test_a_shim_that_leads_nowhere_is_passed_over(bare: Path) -> None:
    _write(bare / "python3.12", "exit 127")
    _write(bare / "python3.13", "echo 3.13")
    assert environment.find() == bare / "python3.13"
    assert "make test" in str(environment.missing())
