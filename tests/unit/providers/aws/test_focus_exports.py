"""AWS's own FOCUS exports, versions 1.0 and 1.2: one charge field by field, as Data Exports delivers it.

`given` is the cell of the export, `-` where it has no such column; `charge` is what is booked and `why` its entry in
x_Repairs. A column without a line is neither given nor booked.
"""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.schemas import slice_columns
from tests.unit.providers.aws.test_golden import shown
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import TEXT_MAP, write_json

CASES = sorted((Path(__file__).parent / "golden_focus").glob("*.csv"))
ABSENT = "-"
OF_THE_SLICE = ("x_Repairs", "x_SourceFile", "x_SourceRow", "x_SourcePart", "x_RateKey")
MAPS = ("Tags", "SkuPriceDetails", "x_Discounts", "x_CostCategories")


def array(name: str, text: str) -> pa.Array:
    """One value with the type that AWS gives the column."""
    if name in MAPS:
        return pa.array([list(json.loads(text).items()) if text else None], type=TEXT_MAP)
    if name.endswith(("PeriodStart", "PeriodEnd")):
        return pa.array([datetime.fromisoformat(text)], type=pa.timestamp("ms"))
    if name.endswith(("Cost", "Price", "Quantity")):
        return pa.array([float(text) if text else None], type=pa.float64())
    return pa.array([text or None], type=pa.string())


def deliver(drop: Path, given: dict[str, str]) -> None:
    base = drop / "aws" / "exports" / "focus"
    key = "data/BILLING_PERIOD=2026-10/focus-00001.snappy.parquet"
    (base / key).parent.mkdir(parents=True)
    table = pa.table([array(name, text) for name, text in given.items()], names=list(given))
    pq.write_table(table, base / key, compression="snappy")
    manifest = {
        "exportName": "focus",
        "executionId": "20261103T010000Z-1",
        "columns": [{"name": name} for name in given],
        "dataFiles": [f"s3://bucket/exports/focus/{key}"],
    }
    write_json(base / "metadata" / "BILLING_PERIOD=2026-10" / "focus-Manifest.json", manifest)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, desk: Desk) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    given = {line["column"]: line["given"] for line in lines if line["given"] != ABSENT}
    deliver(desk.drop, given)
    assert desk.ingest().refusals == ()
    (record,) = desk.records()
    repairs: dict[str, Any] = json.loads(record["x_Repairs"] or "{}")
    names = [column.id for column in slice_columns() if column.id not in OF_THE_SLICE]
    booked = {line["column"]: (line["charge"], line["why"]) for line in lines if line["charge"] != ABSENT}
    expected = dict.fromkeys(names, ("", "")) | booked
    assert {name: (shown(record[name]), repairs.get(name, {}).get("why", "")) for name in names} == expected
