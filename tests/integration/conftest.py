"""One generated month for the tests that run whole months, and one billed month for those that harm it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import engine
from pipelines.errors import EXIT_HELD
from tests.integration.desk import Desk

PERIOD = "2026-10"


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries, config and truth of a small month with every feature of the generator."""
    folder = tmp_path_factory.mktemp("month")
    engine.generate(folder, PERIOD, customers=12, lines=6_000, seed=3)
    return folder


@pytest.fixture(scope="session")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The smallest generated month, billed once. Tests that write take `desk`."""
    desk = Desk(tmp_path_factory.mktemp("billed"))
    engine.generate(desk.root, PERIOD, customers=12, lines=2_000, seed=5, truth=False)
    report = desk.run()
    assert report.exit_code == EXIT_HELD, report.problems
    return desk


@pytest.fixture(scope="session")
def kept(billed: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the billed month, for putting it back."""
    folder = tmp_path_factory.mktemp("kept")
    for name in ("lake", "config", "deliveries"):
        shutil.copytree(billed.root / name, folder / name)
    return folder


@pytest.fixture
def desk(billed: Desk, kept: Path) -> Iterator[Desk]:
    """The billed month, to be harmed; it is whole again before and after."""
    billed.restore(kept)
    yield billed
    billed.restore(kept)
