"""Slices against the rules: what blocks stops the month before it is rated; what was looked at is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import engine
from pipelines.conformance import check_slices, examine
from pipelines.errors import BadConfig, GateRefused
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from tests.integration.small import write_config
from tests.support.slices import add_slice

OCTOBER = BillingPeriod("2026-10")
SOUND = {
    "BilledCost": "8", "ListCost": "10", "ContractedCost": "8", "ListUnitPrice": "2.5", "ContractedUnitPrice": "2",
    "PricingQuantity": "4", "SkuPriceId": "price", "x_Provider": "acme",
}  # fmt: skip
WAIVER = "rule,provider,where,reason,reviewed\nM2-ListCost,acme,{where},the vendor rounds its list cost,2026-11-03\n"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    write_config(folder, {"one": "half_up"}, [("acme", "sub_account", "account-1", "one")], currency="EUR")
    with (folder / "operator.yaml").open("a", encoding="utf-8") as stream:
        stream.write("vendors: [acme]\n")
    return folder


def test_sound_slices_are_found_sound(lake: Lake) -> None:
    add_slice(lake, [SOUND, SOUND | {"ChargePeriodStart": "2026-10-06", "ChargePeriodEnd": "2026-10-07"}])
    checked = check_slices(lake, Ledger(lake), OCTOBER)
    assert not [found for found in checked.findings if found.violations]
    assert {found.checked for found in checked.findings if found.rule == "M2-ListCost"} == {2}


def test_a_broken_rule_stops_the_month_before_it_is_rated(lake: Lake, config: Path) -> None:
    add_slice(lake, [SOUND, SOUND | {"ListCost": "10.01"}, SOUND | {"ListCost": "10.02"}])
    with pytest.raises(GateRefused) as stopped:
        engine.build(OCTOBER, lake=lake.root, config=config)
    (problem,) = stopped.value.problems
    assert problem.file == "acme payer-1 INV-1"
    assert "2 of 3 charges break FOCUS rule M2-ListCost, 20.03 EUR, e.g. " in problem.what
    assert "row 1" in problem.what
    assert "waivers.yaml" in problem.remedy
    assert not (lake.root / "marts").exists()
    assert Ledger(lake).current_build(OCTOBER.label) is None
    events = engine.conformance(OCTOBER, lake=lake.root)
    assert [(found.rule, found.violations, found.amount) for found in events.blocking] == [
        ("M2-ListCost", 2, Decimal("20.03"))
    ]


def test_every_broken_rule_is_named_not_only_the_first(lake: Lake) -> None:
    add_slice(lake, [SOUND | {"ListCost": "11", "SkuId": "null"}])
    with pytest.raises(GateRefused) as stopped:
        check_slices(lake, Ledger(lake), OCTOBER)
    assert [p.what.partition("rule ")[2].partition(",")[0] for p in stopped.value.problems] == ["M2-ListCost", "M3-Sku"]


def test_sums_go_over_slices(lake: Lake) -> None:
    """A fee in one invoice and the use it pays for in another: together they keep M8, alone they would not."""
    plan = {
        "x_Provider": "acme", "CommitmentDiscountId": "plan", "CommitmentDiscountType": "Plan",
        "CommitmentDiscountQuantity": "1", "CommitmentDiscountUnit": "EUR", "x_CommitmentPayment": "no_upfront",
        "PricingQuantity": "4", "ListUnitPrice": "2.5", "ListCost": "10", "ContractedUnitPrice": "2.5",
        "ContractedCost": "10", "SkuPriceId": "price",
    }  # fmt: skip
    fee = plan | {
        "ChargeCategory": "Purchase", "ChargeFrequency": "Recurring", "BilledCost": "10", "EffectiveCost": "0",
        "ResourceId": "plan",
    }  # fmt: skip
    used = plan | {"CommitmentDiscountStatus": "Used", "PricingCategory": "Committed", "BilledCost": "0"}
    add_slice(lake, [fee | {"InvoiceId": "INV-1"}], unit="INV-1")
    add_slice(lake, [used | {"InvoiceId": "INV-2", "EffectiveCost": "10"}], unit="INV-2")
    assert not [found for found in examine(lake, Ledger(lake), OCTOBER).findings if found.violations]
    add_slice(lake, [used | {"InvoiceId": "INV-3", "EffectiveCost": "9"}], unit="INV-3")
    broken = [found for found in examine(lake, Ledger(lake), OCTOBER).findings if found.violations]
    assert [(found.rule, found.example, found.amount) for found in broken] == [("M8-MonthlyFeeComesBack", "plan", 9)]


def test_a_scan_is_kept_beside_its_slice(lake: Lake) -> None:
    add_slice(lake, [SOUND])
    first = examine(lake, Ledger(lake), OCTOBER)
    (kept,) = lake.root.glob("rated/facts/slice=INV-1/rules=*.parquet")
    written = kept.stat().st_mtime_ns
    assert examine(lake, Ledger(lake), OCTOBER) == first
    assert kept.stat().st_mtime_ns == written


def test_an_own_waiver_lets_pass_what_it_says(lake: Lake, config: Path) -> None:
    add_slice(lake, [SOUND, SOUND | {"ListCost": "10.01"}])
    (config / "waivers.csv").write_text(WAIVER.format(where="ListCost > 10"), encoding="utf-8")
    report = engine.conformance(OCTOBER, lake=lake.root, config=config)
    assert report.blocking == ()
    waived = [found for found in report.findings if found.waived_by]
    assert [(found.violations, found.waived_by) for found in waived] == [
        (1, "acme M2-ListCost: the vendor rounds its list cost")
    ]
    (config / "waivers.csv").write_text(WAIVER.format(where="ListCost > 11"), encoding="utf-8")
    assert len(engine.conformance(OCTOBER, lake=lake.root, config=config).blocking) == 1


@pytest.mark.parametrize(("change", "says"), [
    (("M2-ListCost", "M2-Nothing"), "no rule"),
    (("ListCost > 10", "Cost > 10"), "no condition"),
    (("the vendor rounds its list cost", "why not"), "is no reason"),
    (("2026-11-03", ""), "reviewed is missing"),
    (("acme", "nobody"), "unknown provider"),
])  # fmt: skip
def test_a_waiver_that_says_nothing_is_refused(lake: Lake, config: Path, change: tuple[str, str], says: str) -> None:
    add_slice(lake, [SOUND])
    text = WAIVER.format(where="ListCost > 10").replace(*change)
    (config / "waivers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig, match=says):
        engine.build(OCTOBER, lake=lake.root, config=config)


def test_a_column_that_is_no_decimal_is_found(lake: Lake) -> None:
    add_slice(lake, [SOUND])
    path = next(lake.root.glob("focus/**/charges.parquet"))
    source = f"read_parquet('{path}', hive_partitioning = false)"
    with connect() as con:
        con.execute(f"create table t as select * replace (cast(ListCost as double) as ListCost) from {source}")
        con.execute(f"copy t to '{path}'")
    broken = [found for found in examine(lake, Ledger(lake), OCTOBER).findings if found.blocks]
    assert [(found.rule, found.example) for found in broken] == [("M1-Decimal", "ListCost")]
