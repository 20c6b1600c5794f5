"""Where AWS puts the files of each format, what its manifests say, and what drifts: only named files are ever read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.aws import reports
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import PAYER, Row, aws_line

Writer = Callable[[Path, list[dict[str, Any]]], Path]


def legacy_name(name: str) -> str:
    return drops.legacy_name(name) if "/" not in name and name.startswith(tuple(drops.LEGACY)) else name


def cur2(drop: Path, rows: list[dict[str, Any]]) -> Path:
    return reports.current(drop, rows)


def cur2_csv(drop: Path, rows: list[dict[str, Any]]) -> Path:
    """CUR 2.0 as text: maps are JSON."""
    base = drop / "aws" / "exports" / "cur2"
    key = "data/BILLING_PERIOD=2026-10/cur2-00001.csv.gz"
    flat = [{name: json.dumps(v) if isinstance(v, dict) else v for name, v in row.items()} for row in rows]
    moved = reports.legacy_csv(drop / "scratch", list(flat[0]), [list(row.values()) for row in flat])
    (base / key).parent.mkdir(parents=True, exist_ok=True)
    moved.rename(base / key)
    manifest = {
        "exportName": "cur2",
        "executionId": "e1",
        "payerAccountId": PAYER,
        "dataFiles": [{"s3Uri": f"s3://b/{key}"}],
    }
    drops.write_json(base / "metadata" / "BILLING_PERIOD=2026-10" / "cur2-Manifest.json", manifest)
    return base / key


def legacy_csv(drop: Path, rows: list[dict[str, Any]]) -> Path:
    return reports.legacy_csv(drop, list(map(legacy_name, rows[0])), [list(row.values()) for row in rows])


def legacy_parquet(drop: Path, rows: list[dict[str, Any]]) -> Path:
    return reports.legacy_parquet(drop, rows)


FORMATS: list[Writer] = [cur2, cur2_csv, legacy_csv, legacy_parquet]
formats = pytest.mark.parametrize("write", FORMATS, ids=lambda write: str(write.__name__))


def billed(desk: Desk) -> list[Decimal]:
    return [row[0] for row in desk.charges("BilledCost")]


@formats
def test_the_payer_and_the_month_are_found(desk: Desk, write: Writer) -> None:
    write(desk.drop, [aws_line(cost="2.5")])
    report = desk.ingest()
    assert report.refusals == ()
    assert [(unit.provider, unit.unit, unit.status) for unit in report.units] == [("aws", PAYER, "new")]
    assert billed(desk) == [Decimal("2.5")]


@formats
def test_a_stale_part_in_the_folder_is_never_read(desk: Desk, write: Writer) -> None:
    """An export that overwrites leaves the last parts of a longer version where they were."""
    path = write(desk.drop, [aws_line(cost="2.5")])
    path.with_name(path.name.replace("00001", "00002")).write_bytes(path.read_bytes())
    assert desk.ingest().refusals == ()
    assert billed(desk) == [Decimal("2.5")]


@formats
def test_overwriting_replaces_the_month(desk: Desk, write: Writer) -> None:
    write(desk.drop, [aws_line(cost="2.5")])
    desk.ingest()
    write(desk.drop, [aws_line(cost="2.5"), aws_line(cost="4")])
    report = desk.ingest()
    assert (report.refusals, [unit.status for unit in report.units]) == ((), ["superseded"])
    assert billed(desk) == [Decimal("2.5"), Decimal(4)]


@formats
def test_an_unknown_column_is_kept(desk: Desk, write: Writer) -> None:
    write(desk.drop, [aws_line(brand_new="x"), aws_line(brand_new="")])
    assert desk.ingest().refusals == ()
    assert desk.charges("x_Extras") == [('{"brand_new":"x"}',), (None,)]


@formats
def test_a_renamed_column_is_recognised_by_its_alias(desk: Desk, write: Writer) -> None:
    arn = "arn:aws:ec2:eu-central-1:777788889999:reserved-instances/1"
    write(desk.drop, [aws_line("RIFee", "9", reservation_reservation_arn=arn)])
    assert desk.ingest().refusals == ()
    assert {row[0] for row in desk.charges("CommitmentDiscountId")} == {arn}


@formats
@pytest.mark.parametrize("gone", ["line_item_unblended_cost", "line_item_line_item_type", "line_item_currency_code"])
def test_a_required_column_that_is_gone_is_refused(desk: Desk, write: Writer, gone: str) -> None:
    line = aws_line()
    del line[gone]
    write(desk.drop, [line])
    assert [problem.column for problem in desk.ingest().refusals] == [gone]
    assert desk.ledger.current_slices("2026-10") == []


@formats
def test_tags_discounts_and_product_attributes_are_one_map(desk: Desk, write: Writer) -> None:
    """However the format spells them: a column of maps, or a column per key."""
    line = aws_line(line_item_net_unblended_cost="0.9", pricing_rate_code="R1")
    if write in (cur2, cur2_csv):
        line |= {"resource_tags": {"user_env": "prod"}, "discount": {"SppDiscount": "-0.1"}, "product": {"vcpu": "4"}}
        line |= {"product_instance_type": "m5.xlarge"}
    elif write is legacy_csv:
        line |= {"resourceTags/user:env": "prod", "discount/SppDiscount": "-0.1", "product/vcpu": "4"}
        line |= {"product/instanceType": "m5.xlarge"}
    else:
        line |= {"resource_tags_user_env": "prod", "discount_spp_discount": "-0.1", "product_vcpu": "4"}
        line |= {"product_instance_type": "m5.xlarge"}
    write(desk.drop, [line])
    assert desk.ingest().refusals == ()
    assert desk.charges("Tags, x_PartnerBenefitKind, SkuPriceDetails, x_Extras") == [
        ('{"env":"prod"}', "SPP", '{"CoreCount":4,"InstanceType":"m5.xlarge"}', None)
    ]


def test_versions_of_an_export_that_creates_new_ones_lie_side_by_side(desk: Desk) -> None:
    newest: list[Row] = [aws_line(cost="3"), aws_line(cost="4")]
    reports.current(desk.drop, newest, "20261105T010000Z-b")
    reports.current(desk.drop, [aws_line(cost="3")], "20261104T010000Z-a")
    assert desk.ingest().refusals == ()
    assert billed(desk) == [Decimal(3), Decimal(4)]


def test_a_legacy_report_names_its_newest_assembly_at_the_top(desk: Desk) -> None:
    """Each assembly has its folder with a copy of its manifest; the copy is the same delivery."""
    for assembly, costs in (("20261104T010000Z", ["1"]), ("20261105T010000Z", ["1", "2"])):
        rows = [aws_line(cost=cost) for cost in costs]
        top = legacy_csv(desk.drop, rows)
        folder = top.parent / assembly
        folder.mkdir()
        top.rename(folder / top.name)
        key = f"prefix/report/20261001-20261101/{assembly}/{top.name}"
        reports.legacy_manifest(desk.drop, assembly, [key])
        reports.legacy_manifest(desk.drop, assembly, [key], folder=assembly)
    report = desk.ingest()
    assert (report.refusals, len(report.units)) == ((), 1)
    assert billed(desk) == [Decimal(1), Decimal(2)]


def test_a_parquet_key_is_not_looked_for_without_its_partition(desk: Desk) -> None:
    """A file of the same name beside the manifest may be of any month."""
    path = legacy_parquet(desk.drop, [aws_line()])
    path.rename(desk.drop / "aws" / path.name)
    [problem] = desk.ingest().refusals
    assert "it is not there" in problem.what


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"executionId": ""}, "the manifest has no executionId"),
        ({"dataFiles": ["s3://b/../../x.parquet"]}, "outside the delivery's folder"),
        ({"dataFiles": [{"s3Uri": ""}]}, "outside the delivery's folder"),
    ],
)
def test_a_manifest_that_says_too_little_or_too_much_is_refused(desk: Desk, changes: dict[str, Any], said: str) -> None:
    reports.current(desk.drop, [aws_line()], **changes)
    assert said in str(desk.ingest().refusals[0])


def test_an_export_of_two_payers_without_a_payer_in_its_manifest_is_refused(desk: Desk) -> None:
    reports.current(desk.drop, [aws_line(), aws_line(bill_payer_account_id="999900001111")])
    assert "has the payers" in str(desk.ingest().refusals[0])
