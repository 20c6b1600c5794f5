"""Ingest as a whole: twice is once, order does not matter, one bad unit harms no other, a kill loses nothing."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.errors import RebillError
from pipelines.lake import Lake
from pipelines.ledger import DELIVERIES
from pipelines.progress import silent
from pipelines.providers import deliveries, intake, slices, units
from tests.unit.providers import drops
from tests.unit.providers.conftest import PERIOD, Desk
from tests.unit.providers.drops import aws_line, gcp_row

ONE, TWO, THREE = ([aws_line(cost=f"{n}.5") for n in range(count)] for count in (1, 2, 3))


def state(desk: Desk) -> tuple[Any, Any, dict[str, bytes]]:
    """What a reader can see: the current slices, the versions' states and every file."""
    versions = sorted((row["version"], row["status"]) for row in desk.ledger.rows(sa.select(DELIVERIES)))
    current = [
        {key: value for key, value in row.items() if key != "updated_at"}
        for row in desk.ledger.current_slices(PERIOD.label)
    ]
    return current, versions, {name: data for name, data in desk.files().items() if "slice=" in name}


def statuses(report: intake.IngestReport) -> list[str]:
    return [unit.status for unit in report.units]


def test_the_same_drop_twice_changes_nothing(desk: Desk) -> None:
    drops.cur2(desk.drop, TWO)
    drops.gcp(desk.drop, [gcp_row()])
    first = desk.ingest()
    before = (state(desk), desk.ledger.current_slices(PERIOD.label), desk.files())
    second = desk.ingest()
    assert statuses(first) == ["new", "new"]
    assert statuses(second) == ["unchanged", "unchanged"]
    assert (state(desk), desk.ledger.current_slices(PERIOD.label), desk.files()) == before


def test_a_newer_version_replaces_the_whole_unit(desk: Desk) -> None:
    drops.cur2(desk.drop, ONE, "1")
    desk.ingest()
    drops.cur2(desk.drop, TWO, "2")
    report = desk.ingest()
    assert statuses(report) == ["superseded"]
    assert report.units[0].rows == 2
    assert state(desk)[1] == [("1", "superseded"), ("2", "accepted")]


@pytest.mark.parametrize("order", [("1", "2", "3"), ("3", "2", "1"), ("2", "3", "1"), ("2", "1", "3")])
@pytest.mark.parametrize("lengths", [{"1": ONE, "2": TWO, "3": THREE}, {"1": TWO, "2": THREE, "3": ONE}])
def test_the_order_of_arrival_does_not_matter(
    desk: Desk, make_desk: Callable[[str], Desk], order: tuple[str, ...], lengths: dict[str, list[dict[str, object]]]
) -> None:
    together = make_desk("together")
    for version in order:
        drops.cur2(desk.drop / version, lengths[version], version)
        drops.cur2(together.drop / "all", lengths[version], version)
        desk.ingest(desk.drop / version)
    together.ingest(together.drop / "all")
    now, at_once = state(desk), state(together)
    assert now[:2] == at_once[:2]
    assert at_once[2].items() <= now[2].items()


def test_a_shorter_newer_version_blocks_until_forced_with_a_reason(desk: Desk) -> None:
    drops.cur2(desk.drop, TWO, "1")
    desk.ingest()
    drops.cur2(desk.drop, ONE, "2")
    report = desk.ingest()
    assert statuses(report) == ["blocked"]
    assert report.units[0].rows == 2
    assert "has 1 rows, the earlier version 1 has 2" in str(report.refusals[0])
    forced = desk.ingest(force="AWS withdrew a line, ticket 7")
    assert (statuses(forced), forced.units[0].rows, forced.refusals) == (["superseded"], 1, ())
    assert statuses(desk.ingest()) == ["unchanged"]


def test_a_version_that_cannot_be_booked_gives_way_to_the_one_before(
    desk: Desk, make_desk: Callable[[str], Desk]
) -> None:
    late = make_desk("late")
    drops.cur2(desk.drop, ONE, "1")
    desk.ingest()
    drops.cur2(desk.drop, [aws_line("Mystery"), aws_line()], "2")
    for one in (desk, late):
        report = one.ingest()
        assert statuses(report) == ["blocked"]
        assert report.units[0].rows == 1
        assert "Mystery" in str(report.refusals[0])
    assert state(desk)[0] == state(late)[0]


def damage_gzip(drop: Path) -> None:
    drops.cur(drop, TWO)
    path = next(drop.rglob("*.csv.gz"))
    path.write_bytes(path.read_bytes()[:-5])


def missing_file(drop: Path) -> None:
    drops.cur2(drop, TWO)
    next(drop.rglob("*.parquet")).unlink()


def wrong_count(drop: Path) -> None:
    manifest = drops.cur2(drop, TWO)
    manifest.write_text(manifest.read_text().replace('"rows": 2', '"rows": 3'))


def no_json(drop: Path) -> None:
    drops.cur2(drop, TWO).write_text("{")


def missing_column(drop: Path) -> None:
    drops.cur2(drop, [{key: value for key, value in line.items() if key != "line_item_currency_code"} for line in TWO])


def two_currencies(drop: Path) -> None:
    drops.cur2(drop, [aws_line(), aws_line(line_item_currency_code="EUR")])


def not_a_number(drop: Path) -> None:
    drops.cur(drop, [aws_line(cost="12,5")])


def edge_of_the_type(drop: Path) -> None:
    drops.cur(drop, [aws_line(cost="9999999999999.5"), aws_line(cost="9999999999999.5")])


def ragged_line(drop: Path) -> None:
    drops.cur(drop, TWO)
    path = next(drop.rglob("*.csv.gz"))
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"1,2\r\n"))


@pytest.mark.parametrize(
    "damage",
    [
        damage_gzip,
        missing_file,
        wrong_count,
        no_json,
        missing_column,
        two_currencies,
        not_a_number,
        edge_of_the_type,
        ragged_line,
    ],
)
def test_a_bad_delivery_harms_neither_other_units_nor_the_state_before(
    desk: Desk, damage: Callable[[Path], None]
) -> None:
    if damage in (damage_gzip, not_a_number, edge_of_the_type, ragged_line):
        drops.cur(desk.drop / "good", ONE, "20261101T000000Z")
    else:
        drops.cur2(desk.drop / "good", ONE, "1")
    desk.ingest(desk.drop / "good")
    before = desk.ledger.current_slices(PERIOD.label)
    damage(desk.drop / "bad")
    drops.gcp(desk.drop / "bad", [gcp_row()])
    report = desk.ingest(desk.drop / "bad")
    assert report.refusals
    assert all(problem.what and problem.remedy for problem in report.refusals)
    after = desk.ledger.current_slices(PERIOD.label)
    assert [row for row in after if row["provider"] == "aws"] == before
    assert [unit.status for unit in report.units if unit.provider == "gcp"] == ["new"]


@pytest.mark.parametrize("damage", [damage_gzip, no_json, wrong_count])
def test_damaged_files_are_set_aside_with_a_reason(desk: Desk, damage: Callable[[Path], None]) -> None:
    damage(desk.drop)
    report = desk.ingest()
    [place] = report.quarantined
    names = sorted(path.name for path in (desk.lake.root / place).iterdir())
    assert "reason.txt" in names
    assert len(names) == 2


def test_other_periods_are_left_alone(desk: Desk) -> None:
    drops.gcp(desk.drop, [gcp_row()], invoiceMonth="202609")
    assert desk.ingest().units == ()


def test_an_unknown_provider_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(RebillError, match="no provider 'oracle'"):
        intake.ingest(desk.lake, desk.ledger, desk.drop, PERIOD, ["oracle"], silent)


STEPS = [
    (deliveries, "_verify"),
    (deliveries, "_copy"),
    (slices, "write_charges"),
    (slices, "check_charges"),
    (units, "_make_current"),
]


def _killed_at(root: Path, drop: Path, module: object, step: str, after: bool) -> None:
    original = getattr(module, step)

    def dying(*args: object, **kwargs: object) -> object:
        if after:
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(module, step, dying)
    Desk(Lake(root), drop).ingest()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("module", "step"), STEPS)
def test_a_kill_at_any_step_keeps_the_state_and_a_rerun_ends_the_same(
    desk: Desk, make_desk: Callable[[str], Desk], module: object, step: str, after: bool
) -> None:
    undisturbed = make_desk("undisturbed")
    drops.cur2(desk.drop, ONE, "1")
    for one in (desk, undisturbed):
        one.ingest()
    before = state(desk)
    drops.cur2(desk.drop, TWO, "2")
    process = multiprocessing.get_context("fork").Process(
        target=_killed_at, args=(desk.lake.root, desk.drop, module, step, after)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    if (step, after) != ("_make_current", True):
        assert state(desk)[:2] == before[:2]
    undisturbed.ingest()
    desk.ingest()
    assert state(desk) == state(undisturbed)
    assert desk.files() == undisturbed.files()


def test_two_processes_at_once_end_like_one(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    alone = make_desk("alone")
    drops.cur2(desk.drop, TWO)
    drops.gcp(desk.drop, [gcp_row()])
    alone.ingest()
    assert desk.ledger.current_slices(PERIOD.label) == []
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=desk.ingest) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert state(desk) == state(alone)


def test_slices_are_rebuilt_from_raw_when_the_drop_is_gone(desk: Desk) -> None:
    drops.cur2(desk.drop, TWO)
    desk.ingest()
    before = state(desk)
    shutil.rmtree(desk.drop)
    shutil.rmtree(desk.lake.root / "focus")
    assert statuses(desk.ingest()) == ["unchanged"]
    assert state(desk) == before
