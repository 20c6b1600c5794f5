"""Files of the other datasets of FOCUS beside a vendor's charges: kept, never booked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import focus_row

FILES = Path(__file__).parent / "public"
BESIDE = {
    "invoice_detail_scenario_1.csv": "InvoiceDetail",
    "contract_commitment_scenario_1.csv": "ContractCommitment",
    "sku_price_promotional.csv": "SkuPrice",
}


def deliver(desk: Desk, *beside: object, **changes: object) -> Path:
    files = ["charges.csv", *beside]
    manifest = drops.focus(desk.drop, [focus_row("5"), focus_row("7")], focusVersion="1.4", files=files, **changes)
    for name in BESIDE:
        shutil.copyfile(FILES / name, manifest.with_name(name))
    drops.focus_file(manifest.with_name("periods.csv"), [{"BillingPeriodStatus": "Closed", "InvoiceIssuerName": "A"}])
    return manifest


def test_named_as_what_they_are_they_are_kept_and_not_booked(desk: Desk) -> None:
    beside = [{"name": name, "dataset": dataset} for name, dataset in BESIDE.items()]
    deliver(desk, *beside, {"name": "periods.csv", "dataset": "billing period", "rows": 1})
    report = desk.ingest()
    assert report.refusals == ()
    assert desk.charges("BilledCost, x_SourceFile") == [(Decimal(5), 0), (Decimal(7), 0)]
    (delivery,) = (desk.lake.root / "raw" / "provider=acme").glob("delivery=*")
    for name in BESIDE:
        assert (delivery / name).read_bytes() == (FILES / name).read_bytes()


@pytest.mark.parametrize(("name", "dataset"), [*BESIDE.items(), ("periods.csv", "BillingPeriod")])
@pytest.mark.parametrize("accounts", ["ACCOUNT-1", ["ACCOUNT-1", "ACCOUNT-2"]])
def test_taken_for_charges_they_are_refused_by_name(desk: Desk, name: str, dataset: str, accounts: object) -> None:
    deliver(desk, name, billingAccountId=accounts)
    (problem,) = desk.ingest().refusals
    assert problem.what == f"the file is the FOCUS dataset {dataset}, not Cost and Usage"
    assert f'"dataset": "{dataset}"' in problem.remedy
    assert desk.ledger.current_slices("2026-10") == []


def test_a_companion_is_verified_like_any_file(desk: Desk) -> None:
    deliver(desk, {"name": "periods.csv", "dataset": "BillingPeriod", "rows": 2})
    (problem,) = desk.ingest().refusals
    assert problem.what == "holds 1 rows, the manifest promises 2"


def test_an_unknown_dataset_is_refused(desk: Desk) -> None:
    deliver(desk, {"name": "periods.csv", "dataset": "Forecast"})
    (problem,) = desk.ingest().refusals
    assert problem.what == "'Forecast' is no dataset of FOCUS"
    assert "InvoiceDetail" in problem.remedy
