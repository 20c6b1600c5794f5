"""Half-open date intervals: overlaps, and the days that are not covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date
from typing import Protocol, TypeVar

from pipelines.config.fields import OPEN_END, OPEN_START
from pipelines.config.records import Place
from pipelines.errors import Problem

Interval = tuple[date, date]


class Placed(Protocol):
    """A record that knows its place."""

    @property
    def place(self) -> Place:
        """Where the record stands."""


class Dated(Placed, Protocol):
    """A record that holds from `valid_from` up to, not including, `valid_to`."""

    @property
    def valid_from(self) -> date:
        """First day."""

    @property
    def valid_to(self) -> date:
        """First day after the last."""


Row = TypeVar("Row", bound=Dated)


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, list[Row]]:
    """Rows by key, each group in date order."""
    groups: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for group in groups.values():
        group.sort(key=lambda row: (row.valid_from, row.place))
    return dict(groups)


def latest(group: list[Row], end: date) -> Row:
    """Of a date-ordered group the last row that begins before `end`, else the first: how something is called now."""
    return next((row for row in reversed(group) if row.valid_from < end), group[0])


def overlaps(group: list[Row]) -> Iterator[tuple[Row, Row]]:
    """(earlier, later) for every row of a date-ordered group that starts before an earlier one ends."""
    longest: Row | None = None
    for row in group:
        if longest is not None and row.valid_from < longest.valid_to:
            yield longest, row
        if longest is None or row.valid_to > longest.valid_to:
            longest = row


def gaps(wanted: Interval, covering: Iterable[Dated]) -> list[Interval]:
    """The parts of `wanted` that no row of a date-ordered group covers."""
    start, end = wanted
    missing = []
    for row in covering:
        if row.valid_from > start:
            missing.append((start, min(row.valid_from, end)))
        start = max(start, row.valid_to)
        if start >= end:
            break
    else:
        missing.append((start, end))
    return [(since, until) for since, until in missing if since < until]


def closed_gaps(wanted: Interval, covering: Iterable[Dated]) -> list[Interval]:
    """Like `gaps`, but an open end of `wanted` only reaches as far as the covering rows do."""
    missing = gaps(wanted, covering)
    return [gap for gap in missing if gap[0] != OPEN_START and gap[1] != OPEN_END] if missing != [wanted] else missing


def shown(interval: Interval) -> str:
    """An interval for a person: `from 2026-10-01 to 2026-10-15 (last day)`."""
    since, until = interval
    start = "from the beginning" if since == OPEN_START else f"from {since}"
    return f"{start} on" if until == OPEN_END else f"{start} until before {until}"


def unique(rows: Iterable[Placed], name: str, problems: list[Problem]) -> None:
    """Refuse every row whose `name` an earlier row has."""
    first: dict[str, Placed] = {}
    for row in rows:
        other = first.setdefault(getattr(row, name), row)
        if other is not row:
            what = f"{name} {getattr(row, name)} stands twice, first in {other.place.file}:{other.place.line}"
            problems.append(row.place.problem(what, "give one of them another id", name))


def no_overlaps(rows: Iterable[Row], key: Callable[[Row], str], what: str, problems: list[Problem]) -> None:
    """Refuse every row that overlaps in time with an earlier one of the same key; `what` begins the message."""
    for name, group in grouped(rows, key).items():
        for earlier, later in overlaps(group):
            place = f"{earlier.place.file}:{earlier.place.line}"
            remedy = f"end {place} with valid_to {later.valid_from}, or remove one of the two"
            problems.append(later.place.problem(f"{what} {name} overlaps with {place}", remedy, "valid_from"))
