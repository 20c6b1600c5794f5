"""Which tenants move: read from a file, or everyone who buys from one reseller."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipelines import config as configuration
from pipelines.authoring.moves import TERMS, Move
from pipelines.config import fields
from pipelines.config.fields import Field, Shape, read_row
from pipelines.config.files import read_records
from pipelines.config.models import CONTRACT
from pipelines.config.records import Place, Unreadable
from pipelines.errors import BadConfig, Problem


class Wanted(NamedTuple):
    """One line of a moves file."""

    place: Place
    tenant: str
    new_parent: str
    date: date
    template: str | None
    contract: str | None


def _wanted(*, place: Place, **values: object) -> Wanted:
    return Wanted(place, *(values[name] for name in Wanted._fields[1:]))  # type: ignore[arg-type]


MOVE = Shape(
    _wanted,
    (
        Field("tenant", fields.identifier),
        Field("new_parent", fields.identifier),
        Field("date", fields.day, remedy="give the first day with the new parent"),
        Field("template", fields.identifier, required=False),
        Field("contract", fields.identifier, required=False),
        *(replace(entry, required=False, default=None) for entry in CONTRACT.fields if entry.name in TERMS),
    ),
)


def read_moves(path: Path) -> list[Move]:
    """The moves of a CSV (or YAML) file. Raises BadConfig with every problem of it."""
    problems: list[Problem] = []
    moves = []
    if not path.is_file():
        raise BadConfig(Problem(str(path), "no such file", "name a file with tenant,new_parent,date"))
    try:
        records = read_records(path, path.parent, MOVE.names, MOVE.required, problems)
    except Unreadable as stop:
        raise BadConfig(stop.problem) from stop
    for record in records:
        row = read_row(MOVE, record, problems)
        if row is not None:
            said = tuple((name, value) for name in TERMS if isinstance(value := record.values.get(name), str))
            where = f"{path.name}:{record.place.line}"
            moves.append(Move(where, row.tenant, row.new_parent, row.date, row.template, row.contract, said))
    if not moves and not problems:
        problems.append(Problem(path.name, "the file holds no move", "write tenant,new_parent,date"))
    if problems:
        raise BadConfig(problems)
    return moves


def portfolio(directory: Path, reseller: str, buyer: str, day: date, template: str | None = None) -> list[Move]:
    """A move to `buyer` of everyone who buys from `reseller` on `day` or will later, on the first day it does."""
    config = configuration.load(directory)
    where = f"--all-of {reseller}"
    moves = [
        Move(where, row.tenant, buyer, max(day, row.valid_from), template)
        for row in config.tenants
        if row.parent == reseller and row.valid_to > day and row.tenant != buyer
    ]
    if not moves:
        what = f"nobody buys from {reseller} on {day} or later"
        raise BadConfig(Problem(where, what, "correct the reseller or the date"))
    return moves
