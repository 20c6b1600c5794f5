"""A record as it stands in a file: text under field names, with its file and line."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from pipelines.errors import Problem

Value: TypeAlias = "str | Record | list[Value] | None"


class Place(NamedTuple):
    """Where a record stands: file relative to the configuration directory, line from 1."""

    file: str
    line: int

    def problem(self, what: str, remedy: str, column: str | None = None) -> Problem:
        return Problem(self.file, what, remedy, self.line, column)


class Record(NamedTuple):
    """One CSV row or YAML mapping. Blank values are None; `lines` holds a field's own line (YAML only)."""

    place: Place
    values: dict[str, Value]
    lines: dict[str, int]

    def at(self, field: str) -> Place:
        return Place(self.place.file, self.lines.get(field, self.place.line))


class Unreadable(Exception):
    """A file that cannot be read further; carries the one problem that stopped it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
