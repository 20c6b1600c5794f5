"""The period stays as it is, whatever happens to a simulation, and nothing of one stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines import building, engine
from pipelines.errors import RebillError
from pipelines.hashing import sha256_file
from pipelines.lake import Lake
from pipelines.ledger import METADATA, Ledger
from pipelines.simulation.scratch import HOME, ScratchLake, scratch_lake
from tests.unit.simulation.conftest import PERIOD, WhatIf, amounts
from tests.unit.simulation.test_bought import offer


def picture_of(lake: Path) -> dict[str, object]:
    """Every file of the lake but locks and the ledger's, by its bytes, and every row of the ledger."""
    files: dict[str, object] = {
        str(path.relative_to(lake)): sha256_file(path)
        for path in sorted(lake.rglob("*"))
        if path.is_file() and "locks" not in path.parts and not path.name.startswith("ledger.")
    }
    ledger = Ledger(Lake(lake))
    return files | {name: ledger.rows(sa.select(table)) for name, table in METADATA.tables.items()}


def test_nothing_of_the_lake_or_the_ledger_changes(month: Path, what_if: WhatIf, tmp_path: Path) -> None:
    before = picture_of(month / "lake")
    what_if("sharing=off", "expired=ri-1", f"bought={offer(tmp_path)}")
    assert picture_of(month / "lake") == before
    assert list(Lake(month / "lake").work(HOME).iterdir()) == []


@pytest.mark.parametrize("word", ["before: ", "expired=ri-1", "after: facts", "after: marts_coverage"])
def test_a_failure_midway_leaves_nothing(month: Path, word: str) -> None:
    def fail(_layer: str, text: str) -> None:
        if text.startswith(word):
            raise KeyboardInterrupt

    before = picture_of(month / "lake")
    with pytest.raises(KeyboardInterrupt):
        engine.simulate(
            PERIOD, lake=month / "lake", config=month / "config", changes=["expired=ri-1", "sharing=off"], report=fail
        )
    assert picture_of(month / "lake") == before


def test_the_current_build_is_the_first_side_if_it_still_holds(month: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def listen(_layer: str, text: str) -> None:
        said.append(text)

    def simulate() -> dict[str, object]:
        said.clear()
        report = engine.simulate(
            PERIOD, lake=month / "lake", config=month / "config", changes=["sharing=off"], report=listen
        )
        return dict(amounts(report))

    as_it_is = simulate()
    assert "before: the current build" in said
    monkeypatch.setattr(building, "code_hash", lambda: "other code")
    assert simulate() == as_it_is
    assert "before: built" in said


def test_what_a_killed_simulation_left_is_removed_and_what_another_works_in_is_not(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    dead = lake.work(HOME) / "dead"
    (dead / "rated").mkdir(parents=True)
    with scratch_lake(lake) as one:
        assert not dead.exists()
        with scratch_lake(lake) as other:
            assert one.root.exists()
            assert other.root != one.root
        assert not other.root.exists()
        assert one.root.exists()
    assert not one.root.exists()


def test_a_period_without_charges_is_refused_before_anything_is_made(month: Path) -> None:
    lake = Lake(month / "lake")
    before = picture_of(lake.root)
    with pytest.raises(RebillError, match="no slice of 2026-09 is in the lake"):
        engine.simulate("2026-09", lake=lake.root, config=month / "config", changes=["sharing=off"])
    assert picture_of(lake.root) == before


def test_the_ledger_of_a_scratch_lake_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = f"sqlite:///{tmp_path / 'central.sqlite'}"
    monkeypatch.setenv("REBILL_LEDGER_URL", elsewhere)
    assert Lake(tmp_path).ledger_url == elsewhere
    assert ScratchLake(tmp_path).ledger_url == f"sqlite:///{tmp_path / 'ledger.sqlite'}"
