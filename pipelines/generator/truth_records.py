"""The files of a configuration directory as plain records: every value is the text that was written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Record = dict[str, Any]


class Span(NamedTuple):
    """Half-open interval of days; an open end is the end of time."""

    start: date
    end: date

    def covers(self, day: date) -> bool:
        return self.start <= day < self.end

    def within(self, other: Span) -> Span:
        """The days of both; none if it ends before it starts."""
        return Span(max(self.start, other.start), min(self.end, other.end))

    @property
    def days(self) -> int:
        return max(0, (self.end - self.start).days)


def span(record: Record) -> Span:
    """The days on which a record holds."""
    start, end = text(record, "valid_from"), text(record, "valid_to")
    return Span(date.fromisoformat(start) if start else date.min, date.fromisoformat(end) if end else date.max)


def text(record: Record, name: str) -> str:
    """A field's text; absent is empty."""
    return str(record.get(name) or "").strip()


def records(directory: Path, name: str) -> list[Record]:
    """A record file as CSV or YAML, or all files of the folder of that name."""
    places = [directory / f"{name}{suffix}" for suffix in (".csv", ".yaml", ".yml")]
    places += sorted((directory / name).glob("*")) if (directory / name).is_dir() else []
    return [record for path in places if path.is_file() for record in _read(path)]


def document(path: Path) -> Any:
    """A YAML document; BaseLoader keeps every scalar as the text that was written, so no number becomes a float."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def _read(path: Path) -> Iterator[Record]:
    if path.suffix in (".yaml", ".yml"):
        yield from document(path) or []
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = (line for line in stream if line.strip() and not line.startswith("#"))
            yield from (dict(record) for record in csv.DictReader(lines))
