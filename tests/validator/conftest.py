"""One generated month, billed, rendered and validated once; and a few rows of it, harmed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import engine
from pipelines.errors import EXIT_HELD
from tests.support.entities import sell_under_names
from tests.validator.damage import DAMAGES
from tests.validator.environment import missing
from tests.validator.subjects import Subject, subjects
from tests.validator.verdicts import Verdict, validate

PERIOD = "2026-10"


@dataclass(frozen=True)
class Validated:
    """Each subject with its verdict; that of some rows harmed in every way, and that of the same rows whole."""

    subjects: tuple[tuple[Subject, Verdict], ...]
    whole: Verdict
    harmed: Verdict


@pytest.fixture(scope="session")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Validated:
    """All files in one run of the validator, each a few seconds of its rules."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("validated")
    month, lake, files = folder / "month", folder / "lake", folder / "files"
    files.mkdir()
    engine.generate(month, PERIOD, customers=12, lines=2_000, seed=5, truth=False)
    named = sell_under_names(month / "config")
    report = engine.run(PERIOD, lake=lake, config=month / "config", deliveries=month / "deliveries")
    assert report.exit_code == EXIT_HELD, report.problems
    found = subjects(lake, files, named)
    rows = next(subject for subject in found if subject.name == "azure").file
    harmed = _harm(rows, files / "harmed.parquet")
    verdicts = validate([*(subject.file for subject in found), harmed])
    return Validated(
        tuple((subject, verdicts[subject.file]) for subject in found),
        verdicts[rows],
        verdicts[harmed],
    )


def _harm(whole: Path, target: Path) -> Path:
    """Every damage at once: each is to a column of its own, and the rule that must fail is that column's."""
    table = pq.read_table(whole)
    for damage in DAMAGES.values():
        table = damage.harm(table)
    pq.write_table(table, target)
    return target
