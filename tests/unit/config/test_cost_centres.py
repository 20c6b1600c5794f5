"""Cost centres from file to compiled table: who divides, by what, and what weighs where no charge does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.config.cost_centres import closing
from pipelines.money import Decimal
from tests.unit.config.test_compile import compiled, read

Edit = Callable[[str, str, str], None]
ALWAYS, TENTH, SIXTEENTH = date(1900, 1, 1), date(2026, 10, 10), date(2026, 10, 16)
PERCENTS = """\
cost_centre,name,tenant,percent,valid_from,valid_to
it,IT,acme,25.5,,2026-10-16
hr,People,acme,74.5,,2026-10-16
hr,People and Culture,acme,100,2026-10-16,
old,Old,direct,100,,2026-09-01
"""
TAGS = """\
cost_centre,name,tenant,tag,default,valid_from,valid_to
web,Web,direct,env=Prod,,,
web,Web,direct,app=x=y,,2026-10-16,
rest,Rest,direct,,true,,
"""


def test_percents_are_those_of_the_segment(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("cost_centres.csv", "", PERCENTS)
    result = compiled(directory, tmp_path / "lake")
    shares = [row for row in read(result, "cost_centre_shares") if row[0] == "acme"]
    percent = {(row[1], row[2]): row[6] for row in shares}
    assert percent == {
        (ALWAYS, "hr"): Decimal("74.5"),
        (ALWAYS, "it"): Decimal("25.5"),
        (TENTH, "hr"): Decimal("74.5"),
        (TENTH, "it"): Decimal("25.5"),
        (SIXTEENTH, "hr"): Decimal(100),
    }
    assert {row[3:6] for row in shares} == {(False, None, None)}
    assert read(result, "cost_centres") == [
        ("acme", "hr", "People and Culture", Decimal(100)),
        ("acme", "it", "IT", Decimal(0)),
        ("direct", "old", "Old", Decimal(0)),
    ]


def test_tags_are_declared_and_their_charges_go_whole(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("cost_centres.csv", "", TAGS)
    result = compiled(directory, tmp_path / "lake")
    assert read(result, "tag_keys") == [(1, "app"), (2, "env")]
    shares = [row[2:] for row in read(result, "cost_centre_shares") if row[1] == SIXTEENTH]
    one = Decimal(1)
    assert shares == [
        ("rest", True, None, None, one),
        ("web", True, 1, "x=y", one),
        ("web", True, 2, "prod", one),
    ]
    assert read(result, "cost_centres") == [("direct", "rest", "Rest", one), ("direct", "web", "Web", Decimal(0))]


def test_their_dates_divide_time(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("cost_centres.csv", "", TAGS.replace("2026-10-16", "2026-10-20"))
    assert date(2026, 10, 20) in {row[0] for row in read(compiled(directory, tmp_path / "lake"), "segments")}


@pytest.mark.parametrize("valid_to", ["", "2026-10-16", "2026-10-20", "2026-11-20"])
def test_the_last_covered_day_of_the_period_closes(directory: Path, edit: Edit, valid_to: str) -> None:
    edit(
        "cost_centres.csv", "", PERCENTS.replace("2026-10-16", "2026-10-15").replace("10-15,\n", f"10-15,{valid_to}\n")
    )
    rows = [row for row in config.load(directory).cost_centres if row.tenant == "acme"]
    found = closing(rows, date(2026, 10, 1), date(2026, 11, 1))
    assert [(row.cost_centre, row.percent) for row in found] == [("hr", Decimal(100))]
    assert closing(rows, date(2027, 10, 1), date(2027, 11, 1)) == ([] if valid_to else found)


def test_an_invalid_sum_is_not_reported_where_a_row_could_not_be_read(directory: Path, edit: Edit) -> None:
    edit("cost_centres.csv", "", PERCENTS.replace("it,IT,acme,25.5", "it,IT,acme,a quarter"))
    assert [problem.column for problem in config.check(directory)] == ["percent"]


def test_yaml_reads_the_same(directory: Path, edit: Edit) -> None:
    edit("cost_centres.yaml", "", "- {cost_centre: all, name: All, tenant: direct, percent: 100}\n")
    row = config.load(directory).cost_centres[0]
    assert (row.cost_centre, row.percent, row.default, row.place.line) == ("all", Decimal(100), False, 1)
