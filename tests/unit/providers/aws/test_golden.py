"""One bill with every kind of line, field by field, as each of AWS's report formats delivers it.

golden/<format>.csv holds the bill as the report has it, golden/charges.csv what is booked: a line per column, a
column per line of the bill (`.unused` is the synthesized row of a fee). An empty cell is no value. The formats say the
same and are booked alike, but a legacy report has no names of accounts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from pipelines.providers.aws.config import LINE_TYPES
from pipelines.schemas import slice_columns
from tests.unit.providers.aws import reports
from tests.unit.providers.conftest import Desk

GOLDEN = Path(__file__).parent / "golden"
OF_THE_SLICE = ("x_SourceFile", "x_SourceRow", "x_SourcePart", "x_RateKey")
COLUMNS = [column.id for column in slice_columns() if column.id not in OF_THE_SLICE]
NAMES_OF_ACCOUNTS = ("BillingAccountName", "SubAccountName")
Records = list[dict[str, str]]


def cur2(drop: Path, given: Records) -> None:
    reports.current(drop, given)


def legacy_csv(drop: Path, given: Records) -> None:
    reports.legacy_csv(drop, list(given[0]), [list(record.values()) for record in given])


def legacy_parquet(drop: Path, given: Records) -> None:
    reports.legacy_parquet(drop, given)


FORMATS: list[Callable[[Path, Records], None]] = [cur2, legacy_csv, legacy_parquet]


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def plain(repairs: str) -> str:
    """Entries of x_Repairs, but how a number was spelled: a double has no trailing zeros, or one."""
    entries = json.loads(repairs or "{}")
    for entry in entries.values():
        try:
            entry["was"] = shown(Decimal(entry["was"]))
        except (ArithmeticError, TypeError):
            continue
    return json.dumps(entries) if entries else ""


def booked(desk: Desk, names: list[str]) -> dict[str, dict[str, str]]:
    """What was booked, by the name of the line it came from."""
    found = {}
    for record in desk.records():
        name = names[record["x_SourceRow"]] + (".unused" if record["x_SourcePart"] else "")
        found[name] = {column: shown(record[column]) for column in COLUMNS}
        found[name]["x_Repairs"] = plain(found[name]["x_Repairs"])
    return found


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: str(write.__name__))
def test_golden(write: Callable[[Path, Records], None], desk: Desk) -> None:
    names, given = reports.table(GOLDEN / f"{write.__name__}.csv")
    write(desk.drop, given)
    assert desk.ingest().refusals == ()
    charges, expected = reports.table(GOLDEN / "charges.csv")
    for record in expected:
        record["x_Repairs"] = plain(record["x_Repairs"])
        record |= {} if write is cur2 else dict.fromkeys(NAMES_OF_ACCOUNTS, "")
    found = booked(desk, names)
    assert list(found) == charges
    for name, record in zip(charges, expected, strict=True):
        assert found[name] == dict.fromkeys(COLUMNS, "") | record, name


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: str(write.__name__))
def test_the_bill_has_every_kind_of_line(write: Callable[[Path, Records], None]) -> None:
    path = GOLDEN / f"{write.__name__}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        lines = {line[0]: line[1:] for line in csv.reader(stream)}
    kinds = lines.get("line_item_line_item_type") or lines["lineItem/LineItemType"]
    assert set(kinds) == LINE_TYPES
