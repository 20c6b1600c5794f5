"""What if: every bill and margin of a period as they are and as they would be, without touching the period.

Both sides are ordinary builds in a scratch lake; the same models rate and prove them. Nothing of the lake, of its
ledger or of the configuration changes, and nothing that is simulated can be checked or published.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines import building
from pipelines import config as configuration
from pipelines.config import Config
from pipelines.errors import Problem, RebillError
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.simulation import terms
from pipelines.simulation.bought import buy
from pipelines.simulation.changes import BASIS, BOUGHT, CONFIG, EXPIRED, MOVED, POLICY, SHARING, Change, read_changes
from pipelines.simulation.charges import expire, move
from pipelines.simulation.figures import (
    BILLS,
    MARGINS,
    PROVIDERS,
    Figure,
    SimulationReport,
    cautions,
    compare,
    write_csv,
)
from pipelines.simulation.scratch import picture, scratch_lake
from pipelines.simulation.slices import Slices

__all__ = ["Figure", "SimulationReport", "simulate", "write_csv"]


def simulate(
    lake: Lake, ledger: Ledger, period: BillingPeriod, config_dir: Path, texts: Sequence[str], report: Reporter
) -> SimulationReport:
    """Build a period as it is and with changes, and compare.

    The period's current build is the first side if its inputs and code are still the same. Raises RebillError for
    changes that cannot be understood or made, BadConfig for what they make invalid, GateRefused if a test fails.
    """
    changes = read_changes(texts)
    if not ledger.current_slices(period.label):
        what = f"no slice of {period} is in the lake"
        raise RebillError(Problem(str(lake.root), what, f"run `rebill ingest {period}` first"))
    config = configuration.load(config_dir)
    with scratch_lake(lake) as scratch:
        books = picture(lake, ledger, scratch, period)
        before = building.build(scratch, books, period, config, _side("before", report))
        report("rated", f"before: {'built' if before.is_new else 'the current build'}")
        desk = _Desk(Slices(scratch, books, period), config, building.work_database(scratch, before.build_id))
        for change in sorted(changes, key=lambda change: change.kind != CONFIG):
            notes = desk.make(change)
            report("focus", f"{change.text}: {'; '.join(notes) or 'done'}")
        after = building.build(scratch, books, period, desk.config, _side("after", report))
        sides = (before.directory, after.directory)
        return SimulationReport(
            period=period.label,
            changes=tuple(change.text for change in changes),
            notes=(*desk.notes, *cautions(*sides)),
            bills=compare(*sides, BILLS),
            margins=compare(*sides, MARGINS),
            providers=compare(*sides, PROVIDERS),
        )


class _Desk:
    """The charges and the configuration of the second side while changes are worked into them."""

    def __init__(self, slices: Slices, config: Config, before: Path) -> None:
        self.slices = slices
        self.config = config
        self.before = before
        self.notes: list[str] = []
        self.purchases = 0

    def make(self, change: Change) -> list[str]:
        """Make one change; returns what is worth knowing of it."""
        notes: list[str] = []
        if change.kind == CONFIG:
            self.config = configuration.load(Path(change.value))
        elif change.kind in (SHARING, POLICY, BASIS):
            self.config = terms.with_terms(self.config, change)
        elif change.kind == EXPIRED:
            notes = expire(self.slices, change)
        elif change.kind == MOVED:
            self.config, notes = move(self.slices, self.config, change)
        elif change.kind == BOUGHT:
            self.purchases += 1
            self.config, notes = buy(self.slices, self.config, change, self.before, self.purchases)
        self.notes += notes
        return notes


def _side(name: str, report: Reporter) -> Reporter:
    def say(layer: str, text: str) -> None:
        report(layer, f"{name}: {text}")

    return say
