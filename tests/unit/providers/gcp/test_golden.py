"""A small month of each export, field by field: every charge that its rows become, in every kind of file.

`<kind>.given.csv` holds the rows as Google exports them, a line per column, records dotted, lists as JSON;
`<kind>.charges.csv` what is booked, a line per column, a column per charge named by row and part. Columns without a
line are empty in every charge. `x_Repairs.<column>` says what was given there and why it is not so any more.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from pipelines.schemas import slice_columns
from tests.unit.providers.conftest import Desk
from tests.unit.providers.gcp import exports

FOLDER = Path(__file__).parent / "golden"
KINDS = sorted(path.name.removesuffix(".given.csv") for path in FOLDER.glob("*.given.csv"))
PLACES = ("x_SourceFile", "x_SourceRow", "x_SourcePart", "x_RateKey")


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def given(text: str | None) -> str:
    """What was given, whatever the file: 0.5 and 0.500000000 are one number, a moment has one spelling."""
    if text is None:
        return "nothing"
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text.replace("T0", " 0").removesuffix(" UTC").replace('"', "").replace(", ", ",")


def booked(desk: Desk) -> dict[str, dict[str, str]]:
    """Charge (row/part) -> column -> text, without what is empty."""
    names = [column.id for column in slice_columns() if column.id not in (*PLACES, "x_Repairs")]
    found = {}
    for record in desk.records():
        charge = {name: shown(record[name]) for name in names if record[name] is not None}
        repairs = json.loads(record["x_Repairs"] or "{}")
        charge |= {f"x_Repairs.{name}": f"{given(one['was'])}: {one['why']}" for name, one in repairs.items()}
        found[f"{record['x_SourceRow']}/{record['x_SourcePart']}"] = charge
    return found


def expected(kind: str) -> dict[str, dict[str, str]]:
    with (FOLDER / f"{kind}.charges.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    return {
        name: {line[0]: line[place] for line in lines[1:] if line[place]}
        for place, name in enumerate(lines[0])
        if place
    }


@pytest.mark.parametrize("form", exports.KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_golden(kind: str, form: str, desk: Desk) -> None:
    exports.deliver(desk.drop, kind, exports.rows_of(FOLDER / f"{kind}.given.csv"), form)
    assert desk.ingest().refusals == ()
    assert booked(desk) == expected(kind)


def test_every_kind_of_credit_and_row_is_in_a_golden_month() -> None:
    rows = [row for kind in KINDS for row in exports.rows_of(FOLDER / f"{kind}.given.csv")]
    lists = " ".join(row.get("credits") or row.get("x_Credits") or "" for row in rows)
    kinds = """RESELLER_MARGIN COMMITTED_USAGE_DISCOUNT COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE FEE_UTILIZATION_OFFSET
        SUSTAINED_USAGE_DISCOUNT DISCOUNT PROMOTION FREE_TIER SUBSCRIPTION_BENEFIT CREDIT_TYPE_UNSPECIFIED
        SPENDING_BASED_DISCOUNT""".split()
    assert [kind for kind in kinds if f'"{kind}"' not in lists] == []
    assert {row.get("cost_type") or row.get("x_CostType") for row in rows} == {
        "regular", "tax", "adjustment", "rounding_error",
    }  # fmt: skip


def test_a_months_total_is_that_of_its_rows(make_desk: Callable[[str], Desk]) -> None:
    """Cost and credits before, charges after, to the last digit; a FOCUS table's own BilledCost."""
    for kind in KINDS:
        desk = make_desk(kind)
        exports.deliver(desk.drop / kind, kind, rows := exports.rows_of(FOLDER / f"{kind}.given.csv"))
        desk.ingest(desk.drop / kind)
        found = sum((row[0] for row in desk.charges("BilledCost")), Decimal(0))
        assert found == sum(Decimal(row["BilledCost"]) if "BilledCost" in row else exports.net(row) for row in rows), (
            kind
        )
