"""Public FOCUS files go in with their totals unchanged to the last digit, or are refused for a stated reason."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.unit.providers.focus.public_files import take, version_of

FILES = Path(__file__).parent / "public"
FOLDER = "REBILL_PUBLIC_DATA"
TAKEN = {
    "focus_sample_excerpt.csv": "1.0",
    "flexible_spend_plan_75pct_excerpt.csv": "1.2",
    "saas_spend_agreements_a1.csv": "1.2",
    "saas_spend_agreements_b2.csv": "1.2",
    "gcp_resource_cud_all_upfront_100pct_excerpt.csv": "1.2",
    "multi_model_invoice_excerpt.csv": "1.4",
    "marketplace_m2_combined.csv": "1.4",
    "costroid_focus-1.1.csv": "1.1",
    "costroid_focus-1.3.csv": "1.3",
    "costroid_focus-1.4.csv": "1.4",
}
REFUSED = {
    "simple_saas_agreements_a1.csv": ("BilledCost is not a number that can be kept", 1),
    "virtual_currency_pricing_model_a2.csv": ("required column ServiceCategory is missing", None),
    "commitment_discount_usage_scenario_1.csv": ("required column BillingCurrency is missing", None),
    "invoice_detail_scenario_1.csv": ("the file is the FOCUS dataset InvoiceDetail, not Cost and Usage", None),
    "invoice_detail_scenario_3.csv": ("the file is the FOCUS dataset InvoiceDetail, not Cost and Usage", None),
    "contract_commitment_scenario_1.csv": ("the file is the FOCUS dataset ContractCommitment", None),
    "sku_price_promotional.csv": ("the file is the FOCUS dataset SkuPrice, not Cost and Usage", None),
    "scenario_3_itemized_cost_only_ledger.csv": ("required column BillingAccountId is missing", None),
}
CORRECTIONS = (
    "scenario_1_partial_reallocation_delta.csv",
    "scenario_1_partial_reallocation_ledger.csv",
    "scenario_3_itemized_cost_only_ledger.csv",
    "scenario_4_bulk_cost_only_delta.csv",
)
LEFT_OUT = {
    "BillingAccountId": "ACCOUNT-1",
    "BillingCurrency": "USD",
    "ServiceProviderName": "Acme",
    "InvoiceIssuerName": "Acme",
    "ServiceCategory": "Compute",
    "ServiceName": "Compute",
}
"""What the correction examples of the specification leave out of every row, and a bill needs."""


def given() -> list[Path]:
    """Every CSV of the folder that the environment names, and always those beside this test."""
    folders = [FILES, *(Path(name) for name in [os.environ.get(FOLDER, "")] if name)]
    return [path for folder in folders for path in sorted(folder.rglob("*.csv"))]


@pytest.mark.parametrize(("name", "version"), TAKEN.items())
def test_what_is_complete_is_taken_in(tmp_path: Path, name: str, version: str) -> None:
    """As the version that its publisher says; the columns alone may tell an older one."""
    taken = take(FILES / name, tmp_path, version)
    assert taken.refusals == ()
    assert taken.charges == taken.rows > 0
    with (FILES / name).open(encoding="utf-8-sig") as stream:
        assert version_of(stream.readline().strip().split(",")) <= version


@pytest.mark.parametrize("path", given(), ids=lambda path: path.name)
def test_totals_are_unchanged_to_the_last_digit(tmp_path: Path, path: Path) -> None:
    """Of each cost, by invoice and currency; or nothing is booked and a reason is given."""
    taken = take(path, tmp_path)
    if taken.refusals:
        assert all(reason.partition(": ")[2] for reason in taken.refusals)
    else:
        assert taken.charges == taken.rows
        assert taken.differences == []


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    """One digit of one amount is another in the file than in what is compared with it."""
    whole = take(FILES / "costroid_focus-1.4.csv", tmp_path / "a")
    harmed = tmp_path / "costroid_focus-1.4.csv"
    text = (FILES / harmed.name).read_text(encoding="utf-8").replace("4.00,4.00,4.00,4.00", "4.00,4.00,4.01,4.00")
    harmed.write_text(text, encoding="utf-8")
    other = take(harmed, tmp_path / "b")
    assert (whole.stated, whole.differences) == (dict(whole.booked), [])
    assert {key for key in whole.stated if whole.stated[key] != other.booked[key]} == {("ListCost", "", "USD")}


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_what_cannot_be_billed_is_refused_for_a_stated_reason(
    tmp_path: Path, name: str, reason: tuple[str, int | None]
) -> None:
    taken = take(FILES / name, tmp_path)
    assert taken.charges == 0
    words, line = reason
    assert any(text.startswith(f"{line}: ") and words in text for text in taken.refusals), taken.refusals


@pytest.mark.parametrize("name", CORRECTIONS)
def test_corrections_go_in_once_the_columns_left_out_are_there(tmp_path: Path, name: str) -> None:
    """Of a month already invoiced: the difference, or reversal and new booking; adjustments whose nulls are spelled."""
    with (FILES / name).open(encoding="utf-8", newline="") as stream:
        rows = [LEFT_OUT | row for row in csv.DictReader(stream)]
    whole = tmp_path / name
    with whole.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    taken = take(whole, tmp_path, "1.4")
    assert (taken.refusals, taken.differences) == ((), [])
    assert taken.charges == taken.rows == len(rows)
