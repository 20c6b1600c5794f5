"""What the official validator found, held against the reviewed list: anything new and anything gone is a finding.

A rule made of others fails with them: it is followed down, and only what began a failure has to be on the list.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.validator.environment import PYTHON

EXPECTED = Path(__file__).with_name("expected.yml")
OFFICIAL = Path(__file__).with_name("official.py")
FAULTS = ("validator", "provider", "rebill")


@dataclass(frozen=True)
class Verdict:
    """What one file got: how many rules there were and were not run, and why each first failure failed."""

    rules: int
    skipped: int
    failed: Mapping[str, str]


def validate(files: Sequence[Path]) -> dict[Path, Verdict]:
    """Run the validator over Parquet files in its own environment, all in one process."""
    command = [str(PYTHON), str(OFFICIAL), *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"the validator broke down:\n{run.stderr[-4000:]}"
    return {Path(file): _verdict(found) for file, found in json.loads(run.stdout).items()}


def reviewed(path: Path = EXPECTED) -> dict[str, Any]:
    """The reviewed list as it is written."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def expected(subjects: Sequence[str], entries: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The rules that may fail, and must, per subject."""
    return {name: {entry["rule"] for entry in entries if name in entry["where"]} for name in subjects}


def differences(found: Mapping[str, Mapping[str, str]], wanted: Mapping[str, set[str]]) -> list[str]:
    """One line per failure that nobody reviewed and per reviewed one that did not happen."""
    lines = []
    for name in sorted({*found, *wanted}):
        failed, listed = found.get(name, {}), wanted.get(name, set())
        lines += [f"{name}: new failure {rule}: {failed[rule]}" for rule in sorted({*failed} - listed)]
        lines += [f"{name}: {rule} is on the list and no longer fails" for rule in sorted(listed - {*failed})]
    return lines


def _verdict(found: Mapping[str, Any]) -> Verdict:
    failed = found["failed"]
    first = {
        rule: f"{result['violations']} rows: {result['message']}"
        for rule, result in failed.items()
        if not any(child in failed for child in result["children"])
    }
    return Verdict(found["rules"], found["skipped"], first)
