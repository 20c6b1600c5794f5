"""Cost centres: how a customer's invoice lines are divided inside its own house.

A cost centre is no party: it has no contract, invoice or bundle. A customer divides its lines either by
percents, which sum to exactly 100 on every day that any of them holds, or by tags with one default for
what carries none of them. Dates are half-open, [valid_from, valid_to).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from pipelines.config import fields
from pipelines.config.fields import Field, Shape, Table
from pipelines.config.intervals import Interval, grouped, overlaps, shown
from pipelines.config.records import Place
from pipelines.config.vocabulary import INTERVAL
from pipelines.errors import Problem
from pipelines.money import HUNDRED, ZERO, Decimal

PERCENT_DECIMALS = 6  # percents times prices stay inside 128 bits
WAYS = ("percent", "tag", "default")


class CostCentre(NamedTuple):
    """A part of one customer for one interval: its percent, its tag (`key=value`), or the default for the rest."""

    place: Place
    cost_centre: str
    name: str
    tenant: str
    percent: Decimal | None
    tag: str | None
    default: bool
    valid_from: date
    valid_to: date

    @property
    def ways(self) -> tuple[str, ...]:
        """Which of percent, tag and default the record uses; a valid one uses one of them."""
        given = (self.percent is not None, self.tag is not None, self.default)
        return tuple(way for way, is_given in zip(WAYS, given, strict=True) if is_given)

    @property
    def tag_key(self) -> str | None:
        return self.tag.partition("=")[0] if self.tag else None

    @property
    def tag_value(self) -> str | None:
        """Lower case, as values compare."""
        return self.tag.partition("=")[2].lower() if self.tag else None


def closing(rows: Sequence[CostCentre], start: date, end: date) -> list[CostCentre]:
    """Of one customer's records those in force on the last day from `start` up to `end` that any of them covers."""
    ends = [min(row.valid_to, end) for row in rows if row.valid_from < end and start < row.valid_to]
    last = max(ends, default=start) - timedelta(days=1)
    return [row for row in rows if row.valid_from <= last < row.valid_to] if ends else []


def _percent(raw: str) -> Decimal:
    value = fields.number(raw)
    if not ZERO <= value <= HUNDRED:
        raise fields.Unfit(f"{raw} is no part of 100 percent", "write a percent from 0 to 100")
    if len(raw.partition(".")[2]) > PERCENT_DECIMALS:
        raise fields.Unfit(f"{raw} has more than {PERCENT_DECIMALS} decimals", f"keep {PERCENT_DECIMALS} decimals")
    return value


def exact_tag(raw: str) -> str:
    """`key=value`; the key ends at the first equals sign."""
    key, equals, value = (part.strip() for part in fields.text(raw).partition("="))
    if not (key and equals and value) or "*" in value:
        raise fields.Unfit(f"{raw[:40]!r} names no tag key and exact value", "write key=value, without a star")
    return f"{key}={value}"


COST_CENTRE = Shape(
    CostCentre,
    (
        Field("cost_centre", fields.identifier),
        Field("name", fields.text),
        Field("tenant", fields.identifier, remedy="name the customer whose lines it shares"),
        Field("percent", _percent, required=False),
        Field("tag", exact_tag, required=False),
        Field("default", lambda raw: fields.choice("true", "false")(raw) == "true", required=False, default=False),
        *INTERVAL,
    ),
)


def check_cost_centres(table: Table[CostCentre], kinds: dict[str, str], problems: list[Problem]) -> None:
    """Report what leaves a customer's lines divided in no way or in two; `kinds` says what each tenant is.

    Sums and defaults are only judged where every record could be read.
    """
    unfit = {row.tenant for row in table.rows if not _check_way(row, kinds, problems)}
    if table.broken or table.unread:
        return
    for group in grouped([row for row in table.rows if row.tenant not in unfit], lambda row: row.tenant).values():
        other = next((row for row in group if _by_percent(row) != _by_percent(group[0])), None)
        if other is not None:
            what = f"{other.tenant} is divided by percents and by tags, see {_at(group[0])}"
            problems.append(other.place.problem(what, "use percents for all of its cost centres, or tags", "tenant"))
        elif _by_percent(group[0]):
            _check_percents(group, problems)
        else:
            _check_tags(group, problems)


def _check_way(row: CostCentre, kinds: dict[str, str], problems: list[Problem]) -> bool:
    if len(row.ways) != 1:
        what = f"{' and '.join(row.ways)} together" if row.ways else "neither percent nor tag nor default"
        problems.append(row.place.problem(what, "give exactly one of percent, tag and default", "percent"))
    if kinds.get(row.tenant, "customer") != "customer":
        what = f"{row.tenant} is a {kinds[row.tenant]}, and only a customer has cost centres"
        problems.append(row.place.problem(what, "name the customer whose lines are divided", "tenant"))
    return len(row.ways) == 1


def _by_percent(row: CostCentre) -> bool:
    return row.percent is not None


def _at(row: CostCentre) -> str:
    return f"{row.place.file}:{row.place.line}"


def _check_percents(group: list[CostCentre], problems: list[Problem]) -> None:
    for same in grouped(group, lambda row: row.cost_centre).values():
        for earlier, later in overlaps(same):
            what = f"cost centre {later.cost_centre} of {later.tenant} overlaps with {_at(earlier)}"
            remedy = f"end {_at(earlier)} with valid_to {later.valid_from}, or give one another id"
            problems.append(later.place.problem(what, remedy, "valid_from"))
    for interval, rows in _covered(group):
        total = sum((row.percent or ZERO for row in rows), ZERO)
        if total != HUNDRED:
            what = f"the percents of {rows[0].tenant} sum to {total:f} {shown(interval)}"
            problems.append(rows[-1].place.problem(what, "make them sum to exactly 100 on every day", "percent"))


def _check_tags(group: list[CostCentre], problems: list[Problem]) -> None:
    tagged = [row for row in group if row.tag]
    for same in grouped(tagged, lambda row: (row.tag_key, row.tag_value)).values():
        for earlier, later in overlaps(same):
            what = f"tag {later.tag} of {later.tenant} stands twice, first in {_at(earlier)}"
            problems.append(later.place.problem(what, "give it to one cost centre at a time", "tag"))
    for earlier, later in overlaps([row for row in group if row.default]):
        what = f"{later.tenant} has two defaults, the first in {_at(earlier)}"
        problems.append(later.place.problem(what, "keep one default: true at a time", "default"))
    for interval, rows in _covered(group):
        if not any(row.default for row in rows):
            what = f"{rows[0].tenant} has no default {shown(interval)}"
            problems.append(rows[-1].place.problem(what, "let one cost centre say default: true", "default"))


def _covered(group: list[CostCentre]) -> Iterator[tuple[Interval, list[CostCentre]]]:
    """Each stretch of days on which the same records hold, with these records; stretches without any are left out."""
    days = sorted({day for row in group for day in (row.valid_from, row.valid_to)})
    for start, end in pairwise(days):
        rows = [row for row in group if row.valid_from <= start < row.valid_to]
        if rows:
            yield (start, end), rows
