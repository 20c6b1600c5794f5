"""A scratch lake: a lake of its own inside the real one's work folder, in which a simulation builds.

It begins as a picture of the period: links to the real files and a ledger with the same current rows. What is
made in it is written beside the links, never through them, and all of it is removed at the end. The next
simulation removes what a killed one has left.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.building import MARK
from pipelines.lake import Lake, write_json
from pipelines.ledger import BUILDS, CONTROL_INVOICES, SLICES, Ledger
from pipelines.period import BillingPeriod

HOME = "simulations"
ALIVE = "alive"


@dataclass(frozen=True)
class ScratchLake(Lake):
    """A lake whose ledger always lies in its own folder, wherever the environment keeps the real one."""

    @property
    def ledger_url(self) -> str:
        return f"sqlite:///{self.root / 'ledger.sqlite'}"


class _InUse(Exception):
    """Another process works in the folder."""


@contextmanager
def scratch_lake(lake: Lake) -> Iterator[ScratchLake]:
    """An empty scratch lake, removed when the block ends; those of killed processes are removed now."""
    home = lake.work(HOME)
    home.mkdir(parents=True, exist_ok=True)
    with lake.exclusive(HOME):  # nobody sweeps a folder between its making and its lock
        for left in sorted(home.iterdir()):
            _remove_abandoned(left)
        scratch = ScratchLake(Path(tempfile.mkdtemp(dir=home)))
        held = scratch.exclusive(ALIVE)
        held.__enter__()
    try:
        yield scratch
    finally:
        held.__exit__(None, None, None)
        shutil.rmtree(scratch.root, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    def someone_works() -> None:
        raise _InUse

    try:
        with ScratchLake(folder).exclusive(ALIVE, waiting=someone_works):
            shutil.rmtree(folder, ignore_errors=True)
    except _InUse:
        return


def picture(lake: Lake, ledger: Ledger, scratch: ScratchLake, period: BillingPeriod) -> Ledger:
    """Fill the scratch lake with what a build of the period reads; returns its ledger.

    These are the current slices with their facts, the control invoices, the compiled configurations, the period's
    current build if there is one, and the marts that the previous period closed with.
    """
    books = Ledger(scratch)
    slices = ledger.current_slices(period.label)
    builds = {month: ledger.current_build(month.label) for month in (period.previous, period)}
    with books.transaction() as connection:
        for row in slices:
            books.put(connection, SLICES, **row)
        for row in ledger.control_invoices(period.label):
            books.put(connection, CONTROL_INVOICES, **row)
        for build in builds.values():
            if build is not None:
                books.put(connection, BUILDS, **build)
    _link_files(lake, scratch, slices, builds)
    return books


def replace_slice(books: Ledger, row: dict[str, Any], slice_id: str, rows: int) -> None:
    """Make another slice the current one of its unit, in a scratch ledger."""
    with books.transaction() as connection:
        books.put(connection, SLICES, **{**row, "slice_id": slice_id, "row_count": rows})


def replace_control(books: Ledger, row: dict[str, Any], net: str, total: str) -> None:
    """Give a provider invoice other totals, in a scratch ledger."""
    with books.transaction() as connection:
        books.put(connection, CONTROL_INVOICES, **{**row, "net": net, "total": total})


def control_rows(books: Ledger, period: BillingPeriod) -> list[dict[str, Any]]:
    """The control invoices of the period as whole rows."""
    return books.rows(sa.select(CONTROL_INVOICES).where(CONTROL_INVOICES.c.period == period.label))


def _link_files(
    lake: Lake,
    scratch: ScratchLake,
    slices: list[dict[str, Any]],
    builds: dict[BillingPeriod, dict[str, Any] | None],
) -> None:
    for row in slices:
        where = (row["provider"], row["account"], row["period"], row["slice_id"])
        _link(lake.slice(*where), scratch.slice(*where))
        _link(lake.facts(row["slice_id"], "").parent, scratch.facts(row["slice_id"], "").parent)
    for month, build in builds.items():
        if build is not None:
            _link(lake.build(month, build["build_id"]), scratch.build(month, build["build_id"]))
            _link_work(lake, scratch, f"build={build['build_id']}")
    for folder in sorted(lake.config("").parent.glob("config=*")):
        _link(folder, scratch.config("").parent / folder.name)


def _link(source: Path, target: Path) -> None:
    """A folder of links to the files of another: removing or replacing one leaves the other as it was."""
    if not source.is_dir():
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            (target / path.name).symlink_to(path)


def _link_work(lake: Lake, scratch: ScratchLake, name: str) -> None:
    """The current build counts as made in the scratch lake if it was made in the real one."""
    mark = lake.work(name) / MARK
    said = json.loads(mark.read_text(encoding="utf-8")) if mark.is_file() else {}
    if said.get("root") == str(lake.root):
        _link(mark.parent, scratch.work(name))
        (scratch.work(name) / MARK).unlink()
        write_json(scratch.work(name) / MARK, {**said, "root": str(scratch.root)})
