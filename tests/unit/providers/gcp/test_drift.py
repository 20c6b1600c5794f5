"""Exports that change: unknown columns are kept, renamed ones recognised, missing required ones refused, per format."""

from __future__ import annotations

import json

import pytest

from pipelines.money import Decimal
from tests.unit.providers.conftest import Desk
from tests.unit.providers.gcp import exports
from tests.unit.providers.gcp.test_golden import FOLDER, KINDS, booked, expected

REQUIRED = {
    **dict.fromkeys(
        ("rebilling", "detailed", "standard"),
        """billing_account_id invoice.month cost_type sku.id sku.description usage_start_time usage_end_time cost
        currency credits""".split(),
    ),
    "offline": "billing_account_id invoice.month cost_type sku.id usage_start_time usage_end_time cost".split(),
    **dict.fromkeys(
        ("focus_view", "focus_export"),
        """BilledCost BillingAccountId BillingCurrency BillingPeriodStart ChargePeriodStart ChargePeriodEnd ServiceName
        SkuId SubAccountId x_CostType x_Credits""".split(),
    ),
}


def rows(kind: str) -> list[dict[str, str]]:
    return exports.rows_of(FOLDER / f"{kind}.given.csv")


@pytest.mark.parametrize("form", exports.KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_unknown_columns_are_kept(kind: str, form: str, desk: Desk) -> None:
    """At the top and inside a record; everything else stays as it was."""
    record = "project" if "project.id" in rows(kind)[0] else "service" if "service.id" in rows(kind)[0] else "x_Project"
    new = {"loyalty_points": "7", f"{record}.Folder": "f/1"}
    exports.deliver(desk.drop, kind, [row | new for row in rows(kind)], form)
    assert desk.ingest().refusals == ()
    for number, (extras,) in enumerate(desk.charges("x_Extras", "x_SourcePart = 0")):
        assert json.loads(extras) == new, number
    plain = {name: {k: v for k, v in charge.items() if k != "x_Extras"} for name, charge in booked(desk).items()}
    assert plain == expected(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_headers_are_recognised_whatever_their_case(kind: str, desk: Desk) -> None:
    exports.deliver(desk.drop, kind, [{name.upper(): text for name, text in row.items()} for row in rows(kind)], "csv")
    assert desk.ingest().refusals == ()
    assert booked(desk) == expected(kind)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("rebilling", "usage.amount_in_pricing_unit", "usage.amount_in_pricing_units"),
        ("rebilling", "adjustmentsInfo", "adjustments_info"),
        ("detailed", "usage.amount_in_pricing_units", "usage.amount_in_pricing_unit"),
        ("detailed", "service.description", "service_description"),
        ("standard", "invoice.month", "invoice_month"),
        ("offline", "sku.description", "sku_description"),
    ],
)
def test_renamed_columns_are_recognised_by_alias(kind: str, old: str, new: str, desk: Desk) -> None:
    renamed = [{new if name == old else name: text for name, text in row.items()} for row in rows(kind)]
    exports.deliver(desk.drop, kind, renamed, "csv")
    assert desk.ingest().refusals == ()
    assert booked(desk) == expected(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_required_columns_are_refused_by_name_all_at_once(kind: str, desk: Desk) -> None:
    names = REQUIRED[kind]
    left = [{name: text for name, text in row.items() if name not in names} for row in rows(kind)]
    exports.deliver(desk.drop, kind, left, "csv")
    problems = desk.ingest().refusals
    said = {str(problem.column) for problem in problems}
    assert {name.replace(".", "_") for name in names} <= said
    assert all("is missing" in problem.what for problem in problems)
    assert desk.ledger.current_slices("2026-10") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"table": "something_else"}, "'something_else' is not a billing export table"),
        ({"table": "view", "focusVersion": "1.2"}, "FOCUS view of version 1.2 is not read"),
        ({"parentAccount": "OTHER"}, "rows of parent account"),
        ({"files": [{"name": "000000000000.avro"}], "rowCount": None}, "it is not there"),
    ],
)
def test_other_tables_and_files_are_refused(changes: dict[str, object], said: str, desk: Desk) -> None:
    exports.deliver(desk.drop, "rebilling", rows("rebilling"), **changes)
    assert said in str(desk.ingest().refusals[0])


def test_a_file_of_another_kind_is_refused_by_name(desk: Desk) -> None:
    manifest = exports.deliver(desk.drop, "standard", rows("standard"), files=[{"name": "part.avro"}], rowCount=None)
    (manifest.parent / "part.avro").write_bytes(b"Obj\x01")
    (problem,) = desk.ingest().refusals
    assert (problem.file, problem.what) == ("part.avro", "files of this kind are not read")


def test_a_part_without_rows_is_no_fault(desk: Desk) -> None:
    names = ["000000000000.jsonl.gz", "000000000001.json"]
    manifest = exports.deliver(
        desk.drop, "detailed", rows("detailed"), "jsonl.gz", files=[{"name": name} for name in names]
    )
    (manifest.parent / names[1]).write_text("")
    assert desk.ingest().refusals == ()
    assert booked(desk) == expected("detailed")


def test_a_manifest_may_name_the_account(desk: Desk) -> None:
    exports.deliver(desk.drop, "standard", rows("standard"), parentAccountName="Elbe Distribution")
    assert desk.ingest().refusals == ()
    assert set(desk.charges("BillingAccountName")) == {("Elbe Distribution",)}


def test_credits_without_an_amount_are_refused(desk: Desk) -> None:
    row = rows("standard")[0] | {"credits": '[{"type": "PROMOTION", "name": "x"}]'}
    exports.deliver(desk.drop, "standard", [row])
    assert "credits have no field amount" in str(desk.ingest().refusals[0])


def test_offline_orders_are_booked_beside_the_fullest_table(desk: Desk) -> None:
    """Of the other tables one is booked: rebilling, else detailed, else standard, else FOCUS."""
    for kind in ("focus_view", "standard", "detailed", "rebilling", "offline"):
        exports.deliver(desk.drop, kind, rows(kind))
    assert desk.ingest().refusals == ()
    found = sum((row[0] for row in desk.charges("BilledCost")), Decimal(0))
    assert found == sum(exports.net(row) for kind in ("rebilling", "offline") for row in rows(kind))
