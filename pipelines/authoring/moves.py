"""Moving tenants to other parents in bulk: what would change, and then the changed files.

A move on day D ends the tenant's record and its contract with the old parent on D and begins both with the new
parent; what begins on D or later under the old parent is re-addressed. Nothing before D changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines import config as configuration
from pipelines.authoring.changes import problems_after, write_together
from pipelines.authoring.sheets import Entry, Sheet
from pipelines.config.fields import IDENTIFIER, OPEN_END
from pipelines.config.models import CONTRACT, TENANT, Config
from pipelines.errors import BadConfig, Problem

OWN = ("contract", "seller", "buyer", "valid_from", "valid_to")  # never copied from another contract
TERMS = tuple(name for name in CONTRACT.names if name not in OWN)
NAMING = ("contract_rates", "overrides", "custom_lines", "balances")  # kinds whose records name a contract


@dataclass(frozen=True)
class Move:
    """One tenant and its new parent from `day` on.

    `template` names the contract whose terms the new one copies (None: the tenant's own), `contract` the new
    one's id, `terms` what differs from the copy. `where` says who asks for the move.
    """

    where: str
    tenant: str
    new_parent: str
    day: date
    template: str | None = None
    contract: str | None = None
    terms: tuple[tuple[str, str], ...] = ()

    def problem(self, what: str, remedy: str) -> Problem:
        return Problem(self.where, what, remedy)


@dataclass
class Moved:
    """What a move changes."""

    tenant: str
    old_parent: str
    new_parent: str
    day: date
    ended: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class MoveReport:
    """Every move, the problems of the changed directory, and the files that change or have changed."""

    moves: list[Moved]
    problems: list[Problem]
    files: list[str]
    is_written: bool = False


def move(directory: Path, moves: Sequence[Move], *, apply: bool = False) -> MoveReport:
    """Work out all moves and check the directory as they would leave it; with `apply`, write it if it is valid.

    Raises BadConfig when the directory is not valid to begin with, or when a move cannot be worked out.
    """
    config = configuration.load(directory)
    desk = _Desk(directory, config)
    done: list[Moved] = []
    problems = _twice(moves)
    for wanted in () if problems else sorted(moves, key=lambda item: (item.day, item.tenant)):
        try:
            done.append(desk.move(wanted))
        except BadConfig as error:
            problems += error.problems
    if problems:
        raise BadConfig(problems)
    texts = desk.tenants.texts() | desk.contracts.texts()
    found = problems_after(directory, texts)
    report = MoveReport(done, found, sorted(path.relative_to(directory).as_posix() for path in texts))
    if apply and not found:
        write_together(directory, texts, config.hash)
        report.is_written = True
    return report


def _twice(moves: Sequence[Move]) -> list[Problem]:
    first: dict[tuple[str, date], Move] = {}
    return [
        wanted.problem(f"{wanted.tenant} moves twice on {wanted.day}, first in {there.where}", "keep one of the two")
        for wanted in moves
        if (there := first.setdefault((wanted.tenant, wanted.day), wanted)) is not wanted
    ]


class _Desk:
    """The tenants and contracts of a directory while moves are worked into them."""

    def __init__(self, directory: Path, config: Config) -> None:
        self.tenants = Sheet(directory, "tenants", TENANT, key="tenant")
        self.contracts = Sheet(directory, "contracts", CONTRACT, key="buyer")
        self.by_id = {entry["contract"]: entry for entry in self.contracts.entries}
        self.named = {kind: Counter(row.contract for row in getattr(config, kind)) for kind in NAMING}

    def move(self, wanted: Move) -> Moved:
        there = self.tenants.of(wanted.tenant)
        place = next((entry for entry in there if entry.holds(wanted.day)), None)
        if place is None:
            known = bool(there)
            what = f"{wanted.tenant} does not exist on {wanted.day}" if known else f"unknown tenant {wanted.tenant!r}"
            raise BadConfig(wanted.problem(what, "correct the tenant or the date"))
        old = place["parent"]
        if old in ("", wanted.new_parent):
            what = f"{wanted.tenant} already buys from {old} on {wanted.day}" if old else f"{wanted.tenant} is the root"
            raise BadConfig(wanted.problem(what, "remove the move, or correct it"))
        result = Moved(wanted.tenant, old, wanted.new_parent, wanted.day)
        until = place.valid_to
        contracts = [
            entry
            for entry in self.contracts.of(wanted.tenant)
            if entry["seller"] == old and entry.valid_to > wanted.day and entry.valid_from < until
        ]
        is_covered = any(entry.holds(wanted.day) for entry in contracts)
        _follow(self.tenants, place, wanted.day, {"parent": wanted.new_parent})
        for entry in contracts:
            self._move_contract(wanted, entry, result)
        if not is_covered:
            self._first_contract(wanted, until, result)
        return result

    def _move_contract(self, wanted: Move, entry: Entry, result: Moved) -> None:
        """End a contract with the old parent and begin its successor; one that begins later changes its seller."""
        terms = self._terms(wanted) | {"seller": wanted.new_parent}
        name = entry["contract"]
        if entry.valid_from >= wanted.day:
            self.contracts.change(entry, terms)
            result.changed.append(name)
            return
        new = self._new_id(wanted)
        self.by_id[new] = _follow(self.contracts, entry, wanted.day, terms | {"contract": new})
        result.ended.append(name)
        result.begun.append(new)
        result.notes += [
            f"{count} {kind} name {name} and end with it: {new} has none of its own"
            for kind, named in self.named.items()
            if (count := named[name])
        ]

    def _first_contract(self, wanted: Move, until: date, result: Moved) -> None:
        """Without a contract to follow, one begins only if a template says on what terms."""
        if wanted.template is None:
            result.notes.append(f"no contract with {wanted.new_parent} from {wanted.day}: its charges are held")
            return
        new = self._new_id(wanted)
        values = {
            "contract": new, "seller": wanted.new_parent, "buyer": wanted.tenant, "valid_from": str(wanted.day),
            "valid_to": "" if until == OPEN_END else str(until), **self._terms(wanted),
        }  # fmt: skip
        self.by_id[new] = self.contracts.add(values, after=None)
        result.begun.append(new)

    def _terms(self, wanted: Move) -> dict[str, str]:
        """What the new contract has other than the one before it."""
        terms: dict[str, str] = {}
        if wanted.template is not None:
            template = self.by_id.get(wanted.template)
            if template is None:
                what = f"unknown template contract {wanted.template!r}"
                raise BadConfig(wanted.problem(what, "name a contract of the configuration"))
            terms = {name: template[name] for name in TERMS}
        return terms | dict(wanted.terms)

    def _new_id(self, wanted: Move) -> str:
        plain = f"{wanted.new_parent}-{wanted.tenant}"
        names = [wanted.contract] if wanted.contract else [plain, f"{plain}-{wanted.day:%Y%m%d}"]
        free = next((name for name in names if name not in self.by_id and IDENTIFIER.fullmatch(name)), None)
        if free is None:
            what = f"{names[-1]!r} is taken, or no usable contract id"
            raise BadConfig(wanted.problem(what, "give the new contract an id in the column contract"))
        return free


def _follow(sheet: Sheet, entry: Entry, day: date, values: dict[str, str]) -> Entry:
    """Give an entry other values from `day` on: end it and add its successor, or change it if it begins then."""
    if entry.valid_from == day:
        sheet.change(entry, values)
        return entry
    last = entry["valid_to"]
    successor = {**entry.row.values, **values, "valid_from": str(day), "valid_to": last}
    sheet.change(entry, {"valid_to": str(day)})
    return sheet.add(successor, after=entry)
