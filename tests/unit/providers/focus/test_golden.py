"""One charge of each FOCUS version, field by field: what the file says, what is booked, and why they differ.

`given` is the cell of the vendor's file, `-` where the file has no such column; `charge` is what is booked, `-` where
a charge has no such column. A column without a line is neither given nor booked.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from pipelines.schemas import slice_columns
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk

CASES = sorted((Path(__file__).parent / "golden").glob("*.csv"))
ABSENT = "-"
OF_THE_SLICE = ("x_Repairs", "x_SourceFile", "x_SourceRow", "x_SourcePart", "x_RateKey")


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, desk: Desk) -> None:
    """Every field of the charge is the expected one, and x_Repairs names exactly the differences and what was there."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    given = {line["column"]: line["given"] for line in lines if line["given"] != ABSENT}
    version = path.stem.partition("_")[0].removeprefix("v").replace("-", ".")
    drops.focus(
        desk.drop,
        [given],
        focusVersion=version,
        billingAccountId=given["BillingAccountId"],
    )
    assert desk.ingest().refusals == ()
    (record,) = desk.records()
    repairs = json.loads(record["x_Repairs"] or "{}")
    names = [column.id for column in slice_columns() if column.id not in OF_THE_SLICE]
    booked = {line["column"]: (line["charge"], line["why"]) for line in lines if line["charge"] != ABSENT}
    expected = dict.fromkeys(names, ("", "")) | booked
    found = {name: (shown(record[name]), repairs.get(name, {}).get("why", "")) for name in names}
    assert found == expected
    for name, entry in repairs.items():
        assert (entry["was"] or "") == ("" if given.get(name, ABSENT) == ABSENT else given[name])
