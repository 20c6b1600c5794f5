"""Figures and refusals in Dagster's own shapes. Says how things are shown, never what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dagster as dg

from pipelines.errors import Problem, RebillError
from pipelines.orchestration.figures import Table

SHOWN = 200  # the event log is no place for more; the marts have all rows
ROWS = "dagster/row_count"


def table(figures: Table) -> dg.TableMetadataValue:
    """A table of figures; long ones are cut, and their last row says so."""
    rows = [list(row) for row in figures.rows[:SHOWN]]
    if len(figures.rows) > SHOWN:
        more = f"... and {len(figures.rows) - SHOWN:,} more rows in the mart"
        rows.append([more, *[None] * (len(figures.columns) - 1)])
    whole = [all(isinstance(row[place], int) for row in rows) and bool(rows) for place in range(len(figures.columns))]
    schema = dg.TableSchema([
        dg.TableColumn(name, "int" if is_whole else "string")
        for name, is_whole in zip(figures.columns, whole, strict=True)
    ])  # fmt: skip
    records = [dg.TableRecord(dict(zip(figures.columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records=records, schema=schema)


def tables(shown: Mapping[str, Table]) -> dict[str, dg.TableMetadataValue]:
    """Several tables by title; empty ones are left out."""
    return {title: table(figures) for title, figures in shown.items() if figures.rows}


def column_schema(columns: Sequence[tuple[str, str]]) -> dg.TableSchema:
    """Names and types of a table's columns, as the contract of its model has them."""
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in columns])


def problem_table(problems: Sequence[Problem]) -> Table:
    """Every problem with its place and remedy."""
    rows = tuple((problem.what, problem.remedy, problem.file, problem.line, problem.column) for problem in problems)
    return Table(("what is wrong", "what to do", "where", "line", "column"), rows)


def refusal(problems: Sequence[Problem], note: str = "") -> dg.Failure:
    """A step's failure that shows every problem: as text in the error, as a table beside it. Never retried."""
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}. {note}".strip()
    lines = [f"{number}. {problem}" for number, problem in enumerate(problems, start=1)]
    return dg.Failure(
        description="\n".join([count, *lines]),
        metadata={"problems": table(problem_table(problems))},
        allow_retries=False,
    )


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the engine refuses into a failure that an analyst can act on."""
    try:
        yield
    except RebillError as error:
        raise refusal(error.problems) from error
