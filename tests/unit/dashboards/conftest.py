"""The published tree the dashboards' tests read: one for the session, never written to again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.data import Reader
from tests.e2e.published_tree import build


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("published") / "lake")


@pytest.fixture
def reader(lake: Path) -> Reader:
    return Reader(lake)
