"""What happens twice, in another order or is killed half-way ends in the same bytes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import engine
from tests.properties.conftest import Billed
from tests.properties.months import PERIOD, bill, drops, published, tree

pytestmark = pytest.mark.slow
KILLED_AT = (0.3, 0.5, 0.7, 0.85, 0.95)
RUN = """
import sys
from pathlib import Path
from pipelines import engine
period, *places = sys.argv[1:]
lake, config, deliveries = map(Path, places)
engine.run(period, lake=lake, config=config, deliveries=deliveries)
"""


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


def start(billed: Billed, lake: Path) -> subprocess.Popen[bytes]:
    month = billed.month
    command = [sys.executable, "-c", RUN, PERIOD, str(lake), str(month.config), str(month.deliveries)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def whole_run_seconds(one_billed: Billed, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a whole run takes here and now, in a process of its own."""
    begun = time.monotonic()
    assert start(one_billed, tmp_path_factory.mktemp("timed") / "lake").wait() == 0
    return time.monotonic() - begun


@pytest.mark.parametrize("share", KILLED_AT)
def test_killed_at_any_point_and_run_again(
    one_billed: Billed, tmp_path: Path, whole_run_seconds: float, share: float
) -> None:
    lake = tmp_path / "lake"
    process = start(one_billed, lake)
    time.sleep(whole_run_seconds * share)
    process.send_signal(signal.SIGKILL)
    process.wait()
    seen = published(lake)
    whole = published(one_billed.lake)
    # Whatever a reader sees after the kill is whole: a file under its final name is the final file.
    assert {name: seen[name] for name in seen if not name.endswith("current.json")}.items() <= whole.items()
    bill(one_billed.month, lake)
    assert published(lake) == whole
