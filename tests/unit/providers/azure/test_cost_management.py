"""Actual and amortized cost of Cost Management: booked as a pair, refused alone, exact whatever the format."""

from __future__ import annotations

import json

import pytest

from pipelines.money import Decimal
from tests.unit.providers.azure import cost_files
from tests.unit.providers.azure.cost_files import BOUGHT, COVERED, ORDER, PARTNER, PLANNED, UNUSED, USAGE
from tests.unit.providers.conftest import Desk

MONEY = "BilledCost, EffectiveCost, ListCost, ContractedCost"


def d(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_a_pair_is_booked_with_each_cost_from_its_export(desk: Desk, suffix: str) -> None:
    actual = [USAGE, BOUGHT, COVERED | {"Cost": "0", "EffectivePrice": "0"}]
    cost_files.pair(desk.drop, actual, [USAGE, COVERED, UNUSED], suffix)
    assert desk.azure().refusals == ()
    assert desk.charges(f"{MONEY}, CommitmentDiscountStatus, CommitmentDiscountId") == [
        (*d("20", "20", "30", "20"), None, None),
        (*d("365", "0", "365", "365"), None, ORDER),
        (*d("0", "0.8", "30", "20"), "Used", ORDER),
        (*d("0", "0.2", "0", "0"), "Unused", ORDER),
    ]


@pytest.mark.parametrize(("kind", "other"), [("actual", "amortized"), ("amortized", "actual")])
def test_half_a_pair_is_held_and_says_what_is_missing(desk: Desk, kind: str, other: str) -> None:
    cost_files.export(desk.drop, kind, [USAGE])
    (problem,) = desk.azure().refusals
    assert f"of 8611537 2026-10 only the {kind} cost is there, the {other} cost is missing" in problem.what
    assert desk.ledger.current_slices("2026-10") == []
    cost_files.export(desk.drop, other, [USAGE])
    assert desk.azure().refusals == ()
    assert len(desk.records()) == 1


def test_exports_of_different_states_are_refused(desk: Desk) -> None:
    cost_files.pair(desk.drop, [USAGE], [USAGE | {"Cost": "20.000000000000000001"}])
    (problem,) = desk.azure().refusals
    assert "costs 20 USD in the actual and 20.000000000000000001 in the amortized one" in problem.what


def test_a_partners_pair_shows_the_earned_credit(desk: Desk) -> None:
    earned = {"PartnerEarnedCreditApplied": "True", "PartnerEarnedCreditRate": "0.15", "Cost": "22.95",
              "CostInPricingCurrency": "25.5", "EffectivePrice": "2.55"}  # fmt: skip
    rows = [USAGE | PARTNER, USAGE | PARTNER | earned]
    cost_files.pair(desk.drop, rows, rows)
    assert desk.azure().refusals == ()
    benefit = "x_PartnerBenefitKind, x_PartnerBenefitStatus, x_PartnerBenefitAmount, x_PartnerBenefitMissed"
    assert desk.charges(f"{MONEY}, {benefit}") == [
        (*d("27", "27", "27", "27"), "PEC", "missed", *d("0", "4.05")),
        (*d("22.95", "22.95", "27", "27"), "PEC", "earned", *d("4.05", "0")),
    ]
    columns = "BillingAccountId, BillingAccountType, x_ProviderCustomerId, InvoiceId, x_ExchangeRate, ListUnitPrice"
    assert set(desk.charges(columns)) == {
        ("ABCD-EFGH-BG7-PGB", "Billing Profile", "c-1", "G016907411", *d("0.9", "2.7"))
    }
    assert [row["is_final"] for row in desk.ledger.current_slices("2026-10")] == [True]


def test_an_enrolment_is_final_once_its_invoice_is_known(desk: Desk) -> None:
    cost_files.pair(desk.drop, [USAGE], [USAGE])
    desk.azure()
    assert [row["is_final"] for row in desk.ledger.current_slices("2026-10")] == [False]
    line = "E-1,8611537,Microsoft,2026-10,USD,20,0,20"
    header = "invoice_id,billing_account_id,issuer,billing_period,currency,net,tax,total"
    (desk.drop / "azure" / "invoices.csv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    desk.azure()
    assert [row["is_final"] for row in desk.ledger.current_slices("2026-10")] == [True]


KINDS = [
    (USAGE | {"ChargeType": "Tax", "Frequency": "OneTime"}, ("Tax", None, "Tax")),
    (USAGE | {"ChargeType": "Refund", "Cost": "-20", "Frequency": "OneTime"}, ("Purchase", "Correction", "Refund")),
    (USAGE | {"ChargeType": "RoundingAdjustment", "Cost": "0.01"}, ("Adjustment", None, "RoundingAdjustment")),
    (USAGE | {"ChargeType": "Credit", "Cost": "-1"}, ("Credit", None, "Credit")),
    (USAGE | {"ChargeType": "Teleport"}, ("Adjustment", None, "unrecognized: Teleport")),
]


def test_every_kind_of_charge_is_kept(desk: Desk) -> None:
    rows = [row for row, _ in KINDS]
    cost_files.pair(desk.drop, rows, rows)
    assert desk.azure().refusals == ()
    assert desk.charges("ChargeCategory, ChargeClass, x_LineType") == [expected for _, expected in KINDS]
    assert sum(record["BilledCost"] for record in desk.records()) == Decimal("19.01")
    ((repairs,),) = desk.charges("x_Repairs", "x_LineType like 'unrecognized%'")
    assert json.loads(repairs)["ChargeCategory"] == {"was": "Teleport", "why": "unrecognized charge type"}


def test_a_savings_plan_counts_money_and_a_block_is_a_unit_of_price(desk: Desk) -> None:
    used = COVERED | {"PricingModel": "Savings Plan", "benefitId": PLANNED}
    block = USAGE | {"UnitOfMeasure": "10K", "Quantity": "20000", "EffectivePrice": "10"}
    cost_files.pair(desk.drop, [block], [block, used])
    assert desk.azure().refusals == ()
    columns = "PricingQuantity, CommitmentDiscountCategory, CommitmentDiscountQuantity, CommitmentDiscountUnit"
    assert desk.charges(columns) == [(Decimal(2), None, None, None), (Decimal(10), "Spend", Decimal("0.8"), "USD")]
    ((repairs,),) = desk.charges("x_Repairs", "PricingQuantity = 2")
    assert json.loads(repairs)["PricingQuantity"] == {"was": "20000", "why": "in units: one price is of a block"}


def test_what_is_filled_or_dropped_is_flagged(desk: Desk) -> None:
    row = USAGE | {"PayGPrice": "0", "Frequency": "", "MeterCategory": "", "Tags": '"env":"prod"'}
    odd = USAGE | {"UnitPrice": "0", "PaygCostInBillingCurrency": "31"}
    cost_files.pair(desk.drop, [row, odd], [row, odd])
    assert desk.azure().refusals == ()
    first, second = (json.loads(record["x_Repairs"]) for record in desk.records())
    assert first == {
        "ListCost": {"was": None, "why": "no public price: ContractedCost"},
        "ListUnitPrice": {"was": "0", "why": "no public price: UnitPrice"},
        "ServiceName": {"was": None, "why": "none stated"},
        "ChargeFrequency": {"was": None, "why": "no word for it: by ChargeType"},
        "Tags": {"was": '"env":"prod"', "why": "braces missing"},
    }
    assert second == {
        "ContractedCost": {"was": "0", "why": "no agreed price: ListCost"},
        "ListUnitPrice": {"was": "3", "why": "dropped: does not give ListCost"},
        "ContractedUnitPrice": {"was": "0", "why": "dropped: does not give ContractedCost"},
    }


def test_columns_may_be_renamed_or_unknown_but_not_missing(desk: Desk) -> None:
    renamed = {"Cost": "costInBillingCurrency", "BillingCurrency": "billingCurrencyCode", "Product": "productName"}
    row = {renamed.get(name, name): value for name, value in USAGE.items()} | {"CarbonGrams": "12"}
    cost_files.pair(desk.drop, [row], [row])
    assert desk.azure().refusals == ()
    assert desk.charges("BilledCost, ChargeDescription, x_Extras") == [
        (Decimal(20), "Virtual Machines B2s", '{"CarbonGrams":"12"}')
    ]
    without = {name: value for name, value in USAGE.items() if name not in ("Cost", "ChargeType")}
    cost_files.pair(desk.drop, [without], [without], run="r-2")
    problems = desk.azure().refusals
    assert {problem.column for problem in problems} == {"Cost", "ChargeType"}
    assert all("is missing" in problem.what for problem in problems)


def test_a_bad_value_is_named_by_file_line_and_column(desk: Desk) -> None:
    rows = [USAGE, USAGE | {"Cost": "twenty"}]
    cost_files.pair(desk.drop, rows, rows)
    problem = desk.azure().refusals[0]
    assert (problem.column, problem.line) == ("Cost", 2)


@pytest.mark.parametrize(("manifest", "said"), [
    ({"runInfo": {}}, "does not say which run it is"),
    ({"blobs": []}, "names no files"),
    ({"blobs": [{"blobName": "x/part_9.csv"}]}, "names part_9.csv, it is not there"),
])  # fmt: skip
def test_a_bad_manifest_is_refused(desk: Desk, manifest: dict[str, object], said: str) -> None:
    cost_files.export(desk.drop, "actual", [USAGE], **manifest)
    assert any(said in problem.what for problem in desk.azure().refusals)
