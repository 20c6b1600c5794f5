"""Layers: which plans are combined under which name, and rule ids that would name two rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines import config
from pipelines.config.layers import compose
from pipelines.config.pricing import Plan
from pipelines.config.records import Place

Edit = Callable[[str, str, str], None]
HEADER = "contract,tenant,plan,valid_from,valid_to\n"
TIERS = (
    "plan: {plan}\nrules: [{{rule: t, action: tiers, mode: volume, measure: quantity, unit: GB, value: price, "
    "currency: EUR, scope: sku, tiers: [{{from: 0, price: 1}}]}}]\n"
)


def plan(name: str, extends: str | None = None, card: str | None = None) -> Plan:
    return Plan(Place("p.yaml", 1), name, extends, card, ())


PLANS = {
    found.plan: found for found in (plan("base", card="b"), plan("mid", "base"), plan("top", card="t"), plan("alone"))
}


def test_a_part_that_is_there_already_is_left_out() -> None:
    assert compose(["mid"], PLANS).plan == "mid"
    assert compose(["mid", "base"], PLANS).plan == "mid"
    assert compose(["base", "mid"], PLANS).plan == "base+mid"
    assert [link.plan for link in compose(["top", "mid", "base", "alone"], PLANS).chain] == [
        *("top", "mid", "base", "alone")
    ]


def test_the_nearest_rate_card_counts() -> None:
    assert compose(["mid", "top"], PLANS).rate_card == "b"
    assert compose(["top", "mid"], PLANS).rate_card == "t"
    assert compose(["alone"], PLANS).rate_card is None


def problems(directory: Path) -> list[str]:
    return [f"{found.file}:{found.line} {found.what}" for found in config.check(directory)]


def test_a_rule_id_stands_once_in_the_plans_of_an_edge(directory: Path, edit: Edit) -> None:
    edit("operator.yaml", "EUR\n", "EUR\nplan: house\n")
    edit("plans/house.yaml", "", "plan: house\nrules: [{rule: base, action: free}]\n")
    assert problems(directory) == [
        "plans/wholesale.yaml:3 rule base is also in plan house, plans/house.yaml:2, "
        "and both price charges of contract d-north"
    ]


def test_overrides_of_nested_tenants_share_no_rule_id(directory: Path, edit: Edit) -> None:
    edit("overrides.csv", "", HEADER + "d-north,acme,one,,\nd-north,north,two,,\n")
    for name in ("one", "two"):
        edit(f"plans/{name}.yaml", "", f"plan: {name}\nrules: [{{rule: same, action: free}}]\n")
    assert [text for text in problems(directory) if "rule same is also in plan two" in text]


def test_overrides_of_neighbours_may_share_a_rule_id_but_no_tiers(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "direct,Direct", "bolt,Bolt,customer,north,,,\ndirect,Direct")
    edit("overrides.csv", "", HEADER + "d-north,acme,one,,\nd-north,bolt,two,,\n")
    for name in ("one", "two"):
        edit(f"plans/{name}.yaml", "", f"plan: {name}\nrules: [{{rule: t, action: free}}]\n")
    assert problems(directory) == []
    for name in ("one", "two"):
        (directory / f"plans/{name}.yaml").write_text(TIERS.format(plan=name))
    assert problems(directory) == [
        "plans/one.yaml:2 rule t is also in plan two, plans/two.yaml:2, and both price charges of contract d-north"
    ]


def test_a_contract_may_have_an_override_of_a_tenant_far_below(directory: Path, edit: Edit) -> None:
    edit("overrides.csv", "", HEADER + "d-gulf,acme,standard,,\nd-north,north,standard,2026-10-01,2026-11-01\n")
    assert problems(directory) == []


def test_a_rule_of_a_plan_may_have_versions(directory: Path, edit: Edit) -> None:
    edit(
        "plans/standard.yaml",
        "percent: 4\n",
        "percent: 4\n    valid_to: 2026-10-10\n"
        "  - {rule: rest, valid_from: 2026-10-10, action: discount, basis: list, percent: 5}\n",
    )
    assert problems(directory) == []


def test_a_plan_may_hold_nothing_but_a_rate_card(directory: Path, edit: Edit) -> None:
    edit("rate_cards.csv", "", "rate_card,provider,sku,sku_price,unit,price,currency\nc,aws,S,,GB,1,EUR\n")
    edit("plans/card.yaml", "", "plan: card\nrate_card: c\n")
    edit("overrides.csv", "", HEADER + "n-acme,acme,card,,\n")
    assert problems(directory) == []
