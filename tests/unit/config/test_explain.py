"""Explained prices: the reason of every rule that loses, and what is unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.config.explain import Explainer
from pipelines.config.explained import Charge, EdgeExplanation
from pipelines.errors import BadConfig

Edit = Callable[[str, str, str], None]
DAY = date(2026, 10, 20)
RULES = """\
plan: wholesale
rules:
  - {rule: winner, match: {sku: S1, service: Disk}, action: markup, basis: cost, percent: 2.5, floor: cost, cap: list}
  - {rule: weak, priority: -1, match: {sku: S1, service: Disk}, action: free}
  - {rule: wide, match: {sku: "S*", service: Disk}, action: free}
  - {rule: wider, action: free}
  - {rule: less, match: {service: Disk, region: north}, action: free}
  - {rule: other-region, match: {sku: S1, service: Disk, region: south}, action: free}
  - {rule: other-sku, match: {sku: S2, service: Disk}, action: free}
  - {rule: two-off, match: {service: VM, region: south}, action: free}
  - {rule: over, match: {service: Disk, sub_account: a1}, valid_to: 2026-10-20, action: free}
  - {rule: soon, match: {service: Disk, sub_account: a1}, valid_from: 2026-10-21, action: free}
  - {rule: priced, priority: -2, match: {sku: S1}, action: unit_price, price: 0.5, currency: EUR, unit: Hour}
"""
CHARGE = Charge(
    {
        "provider": "azure",
        "service_category": "",
        "service": "disk",
        "sku": "s1",
        "sku_price": "",
        "region": "north",
        "charge_category": "usage",
        "publisher": "",
        "commitment": "",
        "sub_account": "a1",
        "invoice_type": "",
        "pricing_unit": "hour",
    }
)


@pytest.fixture
def ruled(directory: Path, edit: Edit) -> Path:
    (directory / "plans/wholesale.yaml").write_text(RULES)
    edit("operator.yaml", "EUR\n", "EUR\nplan: house\n")
    edit("plans/house.yaml", "", "plan: house\nrate_card: c\nrules: [{rule: last, action: pass_through}]\n")
    edit(
        "rate_cards.csv",
        "",
        "rate_card,provider,sku,sku_price,unit,price,currency\nc,azure,S1,,Hour,0.1,USD\nc,azure,S1,P1,Hour,0.2,USD\n",
    )
    return directory


def first_edge(directory: Path, charge: Charge = CHARGE, tenant: str = "direct") -> EdgeExplanation:
    return Explainer(config.load(directory), DAY).explain(tenant, charge)[0]


def test_every_loser_has_its_reason(ruled: Path) -> None:
    edge = first_edge(ruled)
    assert {candidate.rule: candidate.reason for candidate in edge.candidates} == {
        "winner": "first of the rules that match",
        "weak": "lower priority: -1 against 0",
        "wide": "less specific: 1 exact values against 2",
        "wider": "less specific: 0 match fields against 2",
        "less": "less specific: as many match fields, but sku is more precise and only the winner has it",
        "other-region": "region: the rule wants south, the charge has north",
        "over": "dates: it ended before 2026-10-20",
        "soon": "dates: it begins on 2026-10-21",
        "priced": "lower priority: -2 against 0",
        "last": "less specific: 0 match fields against 2",
    }
    assert edge.omitted == 2
    assert edge.note == ""


def test_the_winner_says_all_about_itself(ruled: Path) -> None:
    edge = first_edge(ruled)
    winner = edge.winner
    assert winner is not None
    assert (winner.rule, winner.plan, winner.layer, winner.place) == (
        "winner",
        "wholesale",
        0,
        "plans/wholesale.yaml:3",
    )
    assert winner.action == "markup of 2.5 % on cost, floor cost, cap list"
    assert winner.factors == {"FactorCost": "1.025"}
    assert edge.plan == "wholesale+house"
    assert edge.list_prices == ["0.1 USD per hour (rate card c)"]


def test_the_last_layer_loses_for_its_distance(ruled: Path) -> None:
    edge = first_edge(ruled, Charge({**CHARGE.values, "service": "vm", "sku": "x", "region": ""}))
    reasons = {candidate.rule: candidate.reason for candidate in edge.candidates}
    assert edge.winner is not None
    assert edge.winner.rule == "wider"
    assert reasons["last"] == "further layer: plan house comes after wholesale"
    assert edge.list_prices == []


def test_prices_per_unit_say_nothing_about_commitments(ruled: Path) -> None:
    edge = first_edge(ruled, Charge({**CHARGE.values, "charge_category": "purchase"}, {}, True))
    reasons = {candidate.rule: candidate.reason for candidate in edge.candidates}
    assert reasons["priced"] == "unit_price says nothing about a commitment's fee or what it covers"
    assert edge.list_prices == []


def test_what_is_not_given_may_decide(ruled: Path) -> None:
    edge = first_edge(ruled, Charge({"sku": "s1", "charge_category": "usage", "commitment": ""}))
    outcomes = {candidate.rule: candidate.outcome for candidate in edge.candidates}
    assert edge.winner is not None
    assert edge.winner.rule == "wider"
    assert outcomes["winner"] == outcomes["other-region"] == "may win"
    assert outcomes["last"] == "loses"
    assert edge.note == "which rule wins depends on attributes that were not given"
    assert len(edge.list_prices) == 2


def test_every_edge_of_the_chain_and_a_missing_contract(ruled: Path, edit: Edit) -> None:
    edit("contracts.csv", "g-acme,gulf,acme,KWD,retail,,,,,,,,,2026-10-16,\n", "")
    edges = Explainer(config.load(ruled), DAY).explain("acme", CHARGE)
    assert [(edge.seller, edge.buyer, edge.contract) for edge in edges] == [
        ("dist", "gulf", "d-gulf"),
        ("gulf", "acme", None),
    ]
    assert edges[1].note == "no contract on this day: the charge is held"


@pytest.mark.parametrize(
    ("tenant", "what"),
    [("dist", "is the operator"), ("acne", "did you mean 'acme'"), ("late", "has no path of parents")],
)
def test_tenants_without_a_chain(ruled: Path, edit: Edit, tenant: str, what: str) -> None:
    edit("tenants.csv", "direct,Direct", "late,Late,customer,dist,,2026-11-01,\ndirect,Direct")
    with pytest.raises(BadConfig, match=what):
        first_edge(ruled, tenant=tenant)


def test_tiers_are_told_in_full(ruled: Path, edit: Edit) -> None:
    edit(
        "plans/wholesale.yaml",
        "  - {rule: wider",
        "  - {rule: steps, priority: 9, action: tiers, mode: graduated, measure: quantity, unit: Hour, value: price, "
        "currency: USD, scope: sku, tiers: [{from: 0, to: 100, price: 0.10}, {from: 100, price: 0.08}]}\n"
        "  - {rule: spend, priority: 8, action: tiers, mode: volume, measure: amount, value: discount, basis: list, "
        "currency: USD, scope: buyer, tiers: [{from: 0, percent: 2}]}\n"
        "  - {rule: wider",
    )
    steps, spend = first_edge(ruled).candidates[:2]
    assert steps.action == ("graduated tiers by quantity in Hour per sku: 0 to 100: 0.1 USD; above 100: 0.08 USD")
    assert spend.action == "volume tiers by amount of list in USD per buyer: above 0: discount of 2 % of list"
