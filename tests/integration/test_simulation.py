"""Simulations of a generated month with real dbt: nothing of the month changes, also when one is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import engine
from pipelines.hashing import sha256_file
from pipelines.lake import Lake, connect
from pipelines.money import Decimal
from pipelines.simulation.scratch import HOME
from tests.integration.desk import PERIOD, Desk
from tests.tidy import ROOT

pytestmark = pytest.mark.slow
# A simulation that stops itself the hard way when it is about to say what begins with `start`.
STOPPING = """
import os, signal, sys
from pathlib import Path
from pipelines import engine
period, lake, config, start = sys.argv[1:]

def report(_stage, message):
    if message.startswith(start):
        os.kill(os.getpid(), signal.SIGKILL)

engine.simulate(period, lake=Path(lake), config=Path(config), changes=["sharing=off"], report=report)
"""
LARGEST = """
    select lower(CommitmentDiscountId),
        coalesce(sum(ContractedCost) filter (CommitmentDiscountStatus = 'Used'), 0) - sum(BilledCost)
    from read_parquet('{charges}', hive_partitioning = false, union_by_name = true)
    where CommitmentDiscountId is not null
        and (ChargeCategory = 'Purchase' or CommitmentDiscountStatus is not null)
    group by lower(CommitmentDiscountId)
    order by count_if(CommitmentDiscountStatus = 'Used') desc, 1
    limit 1
"""


def lasting(lake: Path) -> dict[str, str]:
    """Every file of the lake by its bytes, without locks and what belongs to simulations."""
    return {
        str(path.relative_to(lake)): sha256_file(path)
        for path in sorted(lake.rglob("*"))
        if path.is_file()
        and not {"locks", HOME} & set(path.parts)
        and path.suffix not in (".sqlite-wal", ".sqlite-shm")
    }


@pytest.mark.parametrize("start", ["before: ", "after: marts_coverage: "])
def test_killed_midway(desk: Desk, start: str) -> None:
    before = lasting(desk.lake)
    command = [sys.executable, "-c", STOPPING, PERIOD, str(desk.lake), str(desk.config), start]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert lasting(desk.lake) == before
    home = Lake(desk.lake).work(HOME)
    assert len(list(home.iterdir())) == 1
    with pytest.raises(KeyboardInterrupt):
        engine.simulate(PERIOD, lake=desk.lake, config=desk.config, changes=["sharing=off"], report=_stop)
    assert list(home.iterdir()) == []
    assert lasting(desk.lake) == before


def _stop(_layer: str, _text: str) -> None:
    raise KeyboardInterrupt


def test_policies_never_change_what_the_provider_bills(desk: Desk) -> None:
    report = engine.simulate(PERIOD, lake=desk.lake, config=desk.config, changes=["policy=retained", "basis=amortized"])
    assert {figure.difference for figure in report.providers} == {Decimal(0)}
    assert any(figure.difference for figure in report.bills)
    assert not [note for note in report.notes if "tie" in note]


def test_an_expired_commitment_changes_the_provider_by_what_it_saved(desk: Desk) -> None:
    with connect() as con:
        charges = desk.lake / "focus" / "*" / "*" / f"period={PERIOD}" / "*" / "charges.parquet"
        ((commitment, difference),) = con.execute(LARGEST.format(charges=charges)).fetchall()
    report = engine.simulate(PERIOD, lake=desk.lake, config=desk.config, changes=[f"expired={commitment}"])
    assert {figure.difference for figure in report.providers} == {Decimal(0), difference}
    assert not [note for note in report.notes if "tie" in note]
