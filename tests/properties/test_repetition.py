"""What happens twice, elsewhere or in another order ends in the same bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipelines import engine
from tests.properties.conftest import Billed
from tests.properties.months import PERIOD, bill, drops, published, tree

pytestmark = pytest.mark.slow


def test_another_lake_gives_the_same_bytes(one_billed: Billed, tmp_path: Path) -> None:
    marts = bill(one_billed.month, tmp_path / "lake")
    assert marts.name == one_billed.marts.name
    assert published(tmp_path / "lake") == published(one_billed.lake)


def test_running_twice_creates_nothing(one_billed: Billed, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    bill(one_billed.month, lake)
    before = {layer: tree(lake / layer) for layer in ("raw", "focus", "marts", "published")}
    bill(one_billed.month, lake)
    assert {layer: tree(lake / layer) for layer in before} == before


def test_ingesting_twice_is_ingesting_once(one_billed: Billed, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for _ in range(2):
        report = engine.ingest(PERIOD, lake=lake, deliveries=one_billed.month.deliveries)
        assert not report.refusals
    assert tree(lake / "raw") == tree(one_billed.lake / "raw")
    assert tree(lake / "focus") == tree(one_billed.lake / "focus")


@pytest.mark.parametrize("seed", [1, 2])
def test_delivery_order_does_not_matter(one_billed: Billed, tmp_path: Path, seed: int) -> None:
    """One unit at a time, shuffled, some of them twice: the same slices, the same bundles."""
    lake = tmp_path / "lake"
    arriving = list(drops(one_billed.month.deliveries, tmp_path / "drops"))
    order = random.Random(seed).sample([*arriving, *arriving[:2]], len(arriving) + 2)
    for drop in order:
        report = engine.ingest(PERIOD, lake=lake, deliveries=drop)
        assert not report.refusals
    assert tree(lake / "focus") == tree(one_billed.lake / "focus")
    engine.build(PERIOD, lake=lake, config=one_billed.month.config)
    engine.check(PERIOD, lake=lake)
    engine.publish(PERIOD, lake=lake)
    assert published(lake) == published(one_billed.lake)
