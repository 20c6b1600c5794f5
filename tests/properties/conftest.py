"""One generated and billed month per seed, shared by the properties that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.properties.months import Month, bill, generate

SEEDS = (1, 7, 2026)


@dataclass(frozen=True)
class Billed:
    """A month, the lake that billed it, and its marts."""

    month: Month
    lake: Path
    marts: Path


@pytest.fixture(scope="session", params=SEEDS, ids=lambda seed: f"seed-{seed}")
def billed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Billed:
    """Each seed's month after one run."""
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    month = generate(root / "month", request.param)
    return Billed(month, root / "lake", bill(month, root / "lake"))


@pytest.fixture(scope="session")
def one_billed(tmp_path_factory: pytest.TempPathFactory) -> Billed:
    """The first seed's month after one run, for properties that run the engine again."""
    root = tmp_path_factory.mktemp("one")
    month = generate(root / "month", SEEDS[0])
    return Billed(month, root / "lake", bill(month, root / "lake"))
