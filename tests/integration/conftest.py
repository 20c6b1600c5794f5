"""One generated month for the tests that run whole months."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import engine

PERIOD = "2026-10"


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries, config and truth of a small month with every feature of the generator."""
    folder = tmp_path_factory.mktemp("month")
    engine.generate(folder, PERIOD, customers=12, lines=6_000, seed=3)
    return folder
