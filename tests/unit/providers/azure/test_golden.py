"""A few rows of every export that the room takes, field by field: what Microsoft says and what is booked.

A case is a folder: files of given rows, one line per field and one column per row, and `charges.csv`, one line per
column of a slice and one column per charge. What has no line is empty: not given, or null.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from pipelines.schemas import slice_columns
from tests.unit.providers.azure import cost_files
from tests.unit.providers.azure.conftest import Bill, json_line
from tests.unit.providers.conftest import Desk
from tests.unit.providers.focus.test_exports_of_rooms import azure_focus

GOLDEN = Path(__file__).parent / "golden"
CASES = ("billed", "unbilled", "cost_enrolment", "cost_partner", "focus_1_0", "focus_1_2")
NAMES = [column.id for column in slice_columns() if column.id not in ("x_RateKey", "x_SourceFile", "x_SourceRow")]


def given(path: Path) -> list[dict[str, str]]:
    """The rows of a transposed file, without their empty fields."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    rows: list[dict[str, str]] = [{} for _ in lines[0][1:]]
    for name, *cells in lines[1:]:
        for row, cell in zip(rows, cells, strict=True):
            if cell:
                row[name] = cell
    return rows


def deliver(desk: Desk, case: str) -> None:
    """Write the case's rows in the shape of the export that it is named after."""
    files = {path.stem: given(path) for path in (GOLDEN / case).glob("*.csv") if path.stem != "charges"}
    if case.startswith("cost"):
        cost_files.pair(desk.drop, files["actual"], files["amortized"])
    elif case.startswith("focus"):
        names = dict.fromkeys(name for row in files["rows"] for name in row)
        rows = [dict.fromkeys(names, "") | row for row in files["rows"]]
        azure_focus(desk.drop, rows, version=f"{case[-3]}.{case[-1]}")
    else:
        bill = Bill(desk.drop, is_estimate=case == "unbilled")
        bill.record = {"invoiceType": "Recurring"}
        for kind in ("usage", "reconciliation"):
            bill.deliver(kind, [json_line({name: quoted(text) for name, text in row.items()}) for row in files[kind]])


def quoted(text: str) -> str:
    """A text that begins with a quote, as JSON: `json_line` takes it as written."""
    return json.dumps(text) if text.startswith('"') else text


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, desk: Desk) -> None:
    """Every field of every charge is the expected one."""
    deliver(desk, case)
    assert desk.azure().refusals == ()
    records = desk.records()
    expected = given(GOLDEN / case / "charges.csv")
    found = [{name: text for name in NAMES if (text := shown(record[name]))} for record in records]
    assert found == expected


def test_every_case_is_run() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()) == sorted(CASES)
