"""Actions as factors: the six readings of one percentage, and rounding to 12 decimals."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config.fields import Table
from pipelines.config.pricing import Rule
from pipelines.config.rules import Factors, factors, read_plans
from pipelines.config.yaml_text import read_yaml
from pipelines.errors import Problem
from pipelines.money import Decimal, round_to

LIST, COST = Decimal(10_000), Decimal(8_300)


def rule(text: str) -> Rule:
    """The one rule of a plan, which must be valid."""
    problems: list[Problem] = []
    table: Table = Table()
    read_plans(read_yaml(f"plan: p\nrules: [{{rule: r, {text}}}]", "p.yaml", problems), table, problems)
    assert problems == []
    (found,) = table.rows[0].rules
    return found


def price(text: str, parent: Decimal) -> Decimal:
    """The price of the golden case under one rule, by multiplying its factors."""
    by = factors(rule(text))
    return by.parent * parent + by.list * LIST + by.contracted * LIST + by.cost * COST


@pytest.mark.parametrize(
    ("reseller", "expected"),
    [
        ("action: discount, basis: list, percent: 4", "9600"),
        ("action: markup, basis: parent, percent: 4", "9360"),
        ("action: margin, basis: parent, percent: 4", "9375"),
        ("action: uplift, basis: list, percent: 4", "9400"),
        ("action: discount, basis: parent, percent: 4", "8640"),
        ("action: markup, basis: list, percent: 4", "10400"),
    ],
)
def test_six_readings_of_four_percent(reseller: str, expected: str) -> None:
    distributor = price("action: discount, basis: list, percent: 10", COST)
    assert distributor == 9_000
    assert round_to(price(reseller, distributor), 2, "half_up") == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("action: discount, basis: cost, percent: 10", {"cost": "0.9"}),
        ("action: discount, basis: contracted, percent: 100", {}),
        ("action: markup, basis: contracted, percent: 2.5", {"contracted": "1.025"}),
        ("action: markup, basis: cost, percent: 0.000000000049", {"cost": "1"}),
        ("action: markup, basis: cost, percent: 0.00000000005", {"cost": "1.000000000001"}),
        ("action: margin, basis: parent, percent: 30", {"parent": "1.428571428571"}),
        ("action: uplift, basis: parent, percent: 5", {"parent": "1.05"}),
        ("action: uplift, basis: cost, percent: 5", {"parent": "1", "cost": "0.05"}),
        ("action: uplift, basis: contracted, percent: 5", {"parent": "1", "contracted": "0.05"}),
        ("action: pass_through", {"parent": "1"}),
        ("action: free", {}),
        ("action: unit_price, price: 0.090000000001, currency: USD", {"unit_price": "0.090000000001"}),
    ],
)
def test_factors(text: str, expected: dict[str, str]) -> None:
    assert factors(rule(text)) == Factors(**{name: Decimal(value) for name, value in expected.items()})


def test_a_percent_stays_the_decimal_that_was_written() -> None:
    assert rule("action: markup, basis: cost, percent: 0.1").percent == Decimal("0.1")


def test_a_file_may_hold_several_plans(tmp_path: Path) -> None:
    problems: list[Problem] = []
    table: Table = Table()
    text = "- {plan: a, rules: [{rule: x, action: free}]}\n- {plan: b, extends: a}\n"
    read_plans(read_yaml(text, "p.yaml", problems), table, problems)
    assert ([plan.plan for plan in table.rows], problems) == (["a", "b"], [])
