"""FOCUS exports of providers with a room of their own lie in that room's drop and are booked once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import focus_row


def aws_focus(root: Path, *, columns: bool, kind: str = "parquet") -> None:
    row = focus_row("0.5", BillingAccountId=drops.PAYER, ProviderName="AWS", PublisherName="Amazon Web Services, Inc.")
    key = f"data/BILLING_PERIOD=2026-10/20261103T010000Z-1/focus-00001.{kind}"
    base = root / "aws" / "exports" / "focus"
    drops.focus_file(base / key, [row])
    manifest = {
        "exportName": "focus",
        "executionId": "20261103T010000Z-1",
        "billingPeriod": "2026-10",
        "dataFiles": [{"s3Uri": f"s3://bucket/exports/focus/{key}"}],
        "columns": [{"name": name} for name in row] if columns else [],
    }
    drops.write_json(base / "metadata" / "BILLING_PERIOD=2026-10" / "focus-Manifest.json", manifest)


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("kind", ["parquet", "csv.gz"])
def test_aws_focus_exports_lie_in_the_drop_of_aws(desk: Desk, columns: bool, kind: str) -> None:
    aws_focus(desk.drop, columns=columns, kind=kind)
    assert desk.ingest().refusals == ()
    assert desk.charges("x_Provider, BillingAccountId, BilledCost, x_PublisherName") == [
        ("aws", drops.PAYER, Decimal("0.5"), None)
    ]


def test_a_payer_with_a_cur_and_a_focus_export_is_booked_once(desk: Desk) -> None:
    aws_focus(desk.drop, columns=True)
    desk.ingest()
    drops.cur2(desk.drop, [drops.aws_line(cost="7.5")])
    report = desk.ingest()
    assert [(unit.provider, unit.unit, unit.status) for unit in report.units] == [("aws", drops.PAYER, "superseded")]
    assert desk.charges("BilledCost, x_LineType") == [(Decimal("7.5"), "Usage")]


def azure_focus(root: Path, rows: list[dict[str, Any]], run: str = "r-1", version: str = "1.0r2") -> None:
    base = root / "azure" / "exports" / "20261001-20261031" / run
    drops.focus_file(base / "part_0_0001.csv.gz", rows)
    manifest = {
        "blobs": [{"blobName": f"exports/20261001-20261031/{run}/part_0_0001.csv.gz", "dataRowCount": len(rows)}],
        "exportConfig": {"type": "FocusCost", "dataVersion": version},
        "runInfo": {"runId": run, "startDate": "2026-10-01T00:00:00", "submittedTime": "2026-11-03T07:02:45.9876543Z"},
    }
    drops.write_json(base / "manifest.json", manifest)


def test_azure_focus_exports_are_repaired_where_their_gaps_are_known(desk: Desk) -> None:
    account = "/providers/Microsoft.Billing/billingAccounts/1:2_2019-05-31/billingProfiles/X-Y"
    base = {"BillingAccountId": account, "ProviderName": "Microsoft", "x_CustomerId": "c-1"}
    rows = [
        focus_row("5", **base, ListCost="0", ContractedCost="0"),
        focus_row("0", **base, ListCost="0", ContractedCost="0", EffectiveCost="2", CommitmentDiscountId="ri",
                  CommitmentDiscountStatus="Used", ContractedUnitPrice="3", PricingQuantity="1"),
    ]  # fmt: skip
    azure_focus(desk.drop, rows)
    assert desk.azure().refusals == ()
    columns = "x_Provider, BillingAccountId, ListCost, ContractedCost, x_ProviderCustomerId"
    assert desk.charges(columns) == [
        ("azure", account, Decimal(5), Decimal(5), "c-1"),
        ("azure", account, Decimal(3), Decimal(3), "c-1"),
    ]
    ((repairs,),) = desk.charges("x_Repairs", "BilledCost = 5")
    assert json.loads(repairs)["ListCost"] == {"was": "0", "why": "states 0 for no price: ContractedCost"}
