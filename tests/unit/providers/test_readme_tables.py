"""Each room's README says for every column of a charge where it comes from, by which rule, and why it may be null.

A line may hold several columns (`A, B`); `…Name` stands for the column that shares the beginning of the one before.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.schemas import slice_columns

ROOMS = Path(__file__).resolve().parents[3] / "pipelines" / "providers"
NAMES = sorted(path.parent.name for path in ROOMS.glob("*/README.md"))
HEADER = ["column", "source", "rule", "why null"]
# Written alike for every room, by code that all rooms share.
OF_THE_SLICE = {"x_Provider", "x_Extras", "x_Repairs", "x_SourceFile", "x_SourceRow", "x_SourcePart", "x_RateKey"}
COLUMNS = {column.id: column for column in slice_columns() if column.id not in OF_THE_SLICE}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def full_names(cell: str) -> list[str]:
    """The columns of a line's first cell, abbreviations written out where they can be."""
    names: list[str] = []
    for word in re.split(r",\s*", cell.replace("`", "")):
        if word.startswith("…") and names:
            before, rest = names[-1], word.removeprefix("…")
            options = (before[:cut] + rest for cut in range(len(before), 0, -1))
            word = next((name for name in options if name in COLUMNS), word)
        names.append(word)
    return names


def table(room: str) -> list[tuple[list[str], list[str]]]:
    """(columns, their cells) of every line of the room's table; there is one table."""
    lines = (ROOMS / room / "README.md").read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("|") and cells(line) == HEADER]
    assert len(starts) == 1, f"{room}/README.md has {len(starts)} tables {HEADER}"
    found = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        found.append((full_names(cells(line)[0]), cells(line)))
    return found


@pytest.mark.parametrize("room", NAMES)
def test_the_table_names_every_column_once_and_no_other(room: str) -> None:
    named = [name for names, _ in table(room) for name in names]
    assert sorted(named) == sorted(COLUMNS)


@pytest.mark.parametrize("room", NAMES)
def test_a_line_has_a_source_or_says_why_there_is_none(room: str) -> None:
    wrong = []
    for names, line in table(room):
        assert len(line) == len(HEADER), line
        source, rule, why = line[1:]
        required = [name for name in names if not COLUMNS[name].nulls]
        if required and why:
            wrong.append(f"{', '.join(required)}: never null, but says why")
        if required and not source and not rule:
            wrong.append(f"{', '.join(required)}: needs a source or a rule")
        if not source and not rule and not why:
            wrong.append(f"{', '.join(names)}: nothing said")
    assert wrong == []
