"""Tables and refusals in Dagster's shapes."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.errors import BadConfig, Problem
from pipelines.orchestration.figures import Table
from pipelines.orchestration.metadata import SHOWN, explained, table, tables


def test_whole_numbers_and_text_keep_their_type() -> None:
    shown = table(Table(("unit", "rows"), (("A", 1), ("B", 2))))
    assert [(column.name, column.type) for column in shown.schema.columns] == [("unit", "string"), ("rows", "int")]


def test_a_long_table_says_that_it_is_cut() -> None:
    shown = table(Table(("row",), tuple((number,) for number in range(SHOWN + 5))))
    assert len(shown.records) == SHOWN + 1
    assert shown.records[-1].data["row"] == "... and 5 more rows in the mart"


def test_empty_tables_are_left_out() -> None:
    assert list(tables({"empty": Table(("a",), ()), "full": Table(("a",), (("x",),))})) == ["full"]


def test_a_refusal_shows_every_problem_with_its_remedy() -> None:
    problems = [Problem("plans/a.yaml", "no basis", "state one", 3), Problem("fx_rates.csv", "no rate", "add it")]
    with pytest.raises(dg.Failure) as raised, explained():
        raise BadConfig(problems)
    assert raised.value.description == (
        "2 problems.\n1. plans/a.yaml:3: no basis -> state one\n2. fx_rates.csv: no rate -> add it"
    )
    assert [record.data["what to do"] for record in raised.value.metadata["problems"].records] == [
        "state one",
        "add it",
    ]
    assert raised.value.allow_retries is False
