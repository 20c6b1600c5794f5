"""Half-open intervals: the last day does not belong to them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pipelines.config.fields import OPEN_END, OPEN_START
from pipelines.config.intervals import closed_gaps, gaps, grouped, overlaps, shown
from pipelines.config.records import Place


class Span(NamedTuple):
    """A dated record."""

    place: Place
    valid_from: date
    valid_to: date


def span(line: int, since: int, until: int) -> Span:
    return Span(Place("f", line), date(2026, 10, since), date(2026, 10, until))


def day(number: int) -> date:
    return date(2026, 10, number)


def test_neighbours_do_not_overlap() -> None:
    assert list(overlaps([span(1, 1, 5), span(2, 5, 9)])) == []


def test_an_overlap_is_found_across_a_shorter_row() -> None:
    long, short, late = span(1, 1, 20), span(2, 3, 4), span(3, 10, 12)
    assert list(overlaps([long, short, late])) == [(long, short), (long, late)]


def test_gaps_before_between_and_after() -> None:
    rows = [span(1, 3, 5), span(2, 5, 8), span(3, 10, 12)]
    assert gaps((day(1), day(15)), rows) == [(day(1), day(3)), (day(8), day(10)), (day(12), day(15))]
    assert gaps((day(3), day(8)), rows) == []
    assert gaps((day(8), day(9)), rows) == [(day(8), day(9))]
    assert gaps((day(1), day(2)), []) == [(day(1), day(2))]


def test_an_open_end_reaches_as_far_as_the_cover() -> None:
    rows = [span(1, 3, 5), span(2, 7, 9)]
    assert closed_gaps((OPEN_START, OPEN_END), rows) == [(day(5), day(7))]
    assert closed_gaps((OPEN_START, OPEN_END), []) == [(OPEN_START, OPEN_END)]


def test_groups_are_in_date_order_whatever_the_order_of_rows() -> None:
    rows = [span(2, 5, 9), span(1, 1, 5)]
    assert grouped(rows, lambda row: "all") == {"all": [rows[1], rows[0]]}


def test_shown() -> None:
    assert shown((OPEN_START, day(5))) == "from the beginning until before 2026-10-05"
    assert shown((day(5), OPEN_END)) == "from 2026-10-05 on"
