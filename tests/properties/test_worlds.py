"""Engine and oracle bill random worlds alike, to the last digit.

Hypothesis draws worlds: independent subtrees below one operator. All those of one seed are billed in one build;
where the two disagree, the same seed is drawn again, world by world, and the first that shows it is shrunk.
REBILL_WORLDS=N bills at least N worlds, REBILL_SEED=S begins with another seed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from tests.oracle.compare import compare, proof_gaps
from tests.oracle.worlds import World
from tests.properties.harness import Engine
from tests.properties.random_worlds import Subtree, assemble, subtrees
from tests.support.compiled import compile_project

pytestmark = pytest.mark.slow
WORLDS_PER_SEED = 30
WANTED = int(os.environ.get("REBILL_WORLDS", "180"))
FIRST_SEED = int(os.environ.get("REBILL_SEED", "20261101"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The project's SQL, compiled once for all worlds."""
    root = tmp_path_factory.mktemp("worlds")
    with pytest.MonkeyPatch.context() as patch:
        yield Engine(compile_project(root), root, patch)


def differences(engine: Engine, world: World) -> list[str]:
    """What engine and oracle say differently of a world, and what the engine's own proof leaves open."""
    with tempfile.TemporaryDirectory() as place:
        truth = world.truth(Path(place))
    with engine.billed(world) as marts:
        return compare(truth, marts) + proof_gaps(marts)


def draw(number: int, phases: tuple[Phase, ...], judge: Callable[[Subtree], None]) -> None:
    """Give the worlds of a seed to a judge, one by one and always the same."""

    @seed(number)
    @settings(
        max_examples=WORLDS_PER_SEED,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    @given(subtrees())
    def each(part: Subtree) -> None:
        judge(part)

    each()


def bill_together(engine: Engine, number: int) -> int:
    """Bill the worlds of a seed in one build; returns how many there were."""
    parts: list[Subtree] = []
    draw(number, (Phase.generate,), parts.append)
    try:
        found = differences(engine, assemble(parts, number))
    except Exception as error:  # whatever the engine raises is shown by the smallest world that makes it so
        found = [f"{type(error).__name__}: {error}"]
    if not found:
        return len(parts)
    named = {int(name) for sentence in found for name in re.findall(r"\bw(\d+)-", sentence)}
    cleared = {part.text() for index, part in enumerate(parts) if named and index not in named}

    def judge(part: Subtree) -> None:
        if part.text() not in cleared:
            world = assemble([part], number)
            note(f"seed {number}\n{world.story()}")
            alone = differences(engine, world)
            assert not alone, "\n".join(alone)
            cleared.add(part.text())

    draw(number, (Phase.generate, Phase.shrink), judge)
    raise AssertionError(f"seed {number}: no world alone shows it\n" + "\n".join(found))


def test_random_worlds(engine: Engine) -> None:
    billed, number = 0, FIRST_SEED
    while billed < WANTED:
        billed += bill_together(engine, number)
        number += 1
    print(f"{billed} worlds of seeds {FIRST_SEED} to {number - 1} agree")
