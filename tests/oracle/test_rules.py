"""The oracle by hand: which rule wins, layers of plans, rate cards, bounds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.generator.truth_model import Truth
from tests.oracle.worlds import Record, World, chain, row, rule

LIST = rule("list", "discount", basis="list", percent="0")


def exact(truth: Truth) -> dict[str, Decimal]:
    return {buyer: edge.exact for (_, buyer, _), edge in truth.edges.items()}


def fixed(name: str, price: str, **fields: Any) -> Record:
    return rule(name, "unit_price", price=price, currency="EUR", **fields)


@pytest.mark.parametrize(
    ("rules", "price"),
    [
        # more fields, whatever they are
        (
            [fixed("a", "1", match={"sku_price": "p-1"}), fixed("b", "2", match={"provider": "azure", "region": "r1"})],
            2,
        ),
        # of as many fields, the one field that the other lacks and that stands nearest to the charge
        (
            [
                fixed("a", "1", match={"service": "Virtual*", "sku": "SKU-1"}),
                fixed("b", "2", match={"tag": "Env=prod", "sku_price": "p-*"}),
            ],
            2,
        ),
        ([fixed("a", "1", match={"tag": "Env=prod"}), fixed("b", "2", match={"sub_account": "acc-cus"})], 1),
        ([fixed("a", "1", match={"provider": "azure"}), fixed("b", "2", unit="hours")], 2),
        # of the same fields, more exact values, then longer beginnings
        ([fixed("a", "1", match={"sku": "sku-*"}), fixed("b", "2", match={"sku": "SKU-1"})], 2),
        ([fixed("a", "1", match={"sku": "sku-*"}), fixed("b", "2", match={"sku": "s*"})], 1),
        ([fixed("a", "1", match={"region": "*any"}), fixed("b", "2", match={"region": "r*"})], 2),
        # priority before all of it
        ([fixed("a", "1", priority="1"), fixed("b", "2", match={"sku": "sku-1"})], 1),
        # a tag's key is exact, its value is not; a value that is no string counts by its text
        ([fixed("a", "1", match={"tag": "env=prod"}), fixed("b", "2", match={"provider": "azure"})], 2),
        ([fixed("a", "1", match={"tag": "Env=PR*"}), fixed("b", "2", match={"provider": "azure"})], 1),
        ([fixed("a", "1", match={"tag": "Tier=2"}), fixed("b", "2", match={"provider": "azure"})], 1),
        ([fixed("a", "1", match={"tag": "Cost Centre=*any"}), fixed("b", "2", match={"provider": "azure"})], 2),
        # an empty value is none, nor is null
        ([fixed("a", "1", match={"tag": "Void=*any"}), fixed("b", "2", match={"provider": "azure"})], 2),
        ([fixed("a", "1", match={"publisher": "*any"}), fixed("b", "2", match={"provider": "azure"})], 2),
        ([fixed("a", "1", match={"invoice_type": "Anni*"}), fixed("b", "2", match={"provider": "azure"})], 1),
    ],
)
def test_which_rule_wins(tmp_path: Path, rules: list[Record], price: int) -> None:
    charge = row(
        "7", SkuPriceId="P-1", RegionId="r1", Tags='{"Env": "Prod", "Tier": 2, "Void": ""}', x_InvoiceType="Anniversary"
    )
    assert exact(chain(rules, rows=[charge]).truth(tmp_path)) == {"cus": Decimal(price)}


def layered(**operator: str) -> World:
    """C1's plan extends a base; overrides stand for res and for cus."""
    charges = [row("10"), row("10", SkuId="SKU-2"), row("10", SkuId="SKU-3"), row("10", SkuId="SKU-4")]
    world = chain([fixed("first-2", "2", match={"sku": "sku-2"})], [rule("down", "pass_through")], rows=charges)
    world.plans[0]["extends"] = "base"
    world.plans += [
        {"plan": "base", "rules": [fixed(f"base-{n}", f"3{n}", match={"sku": f"sku-{n}"}) for n in (1, 2, 3)]},
        {"plan": "special", "rules": [fixed("special-1", "1", match={"sku": "sku-1"})]},
        {
            "plan": "whole",
            "rules": [fixed("whole-1", "9", match={"sku": "sku-1"}), fixed("whole-3", "8", match={"sku": "sku-3"})],
        },
        {"plan": "everywhere", "rules": [rule("rest", "discount", basis="list", percent="50")]},
    ]
    world.records["overrides"] = [
        {"contract": "C1", "tenant": "cus", "plan": "special", "valid_from": "2026-10-01", "valid_to": ""},
        {"contract": "C1", "tenant": "res", "plan": "whole", "valid_from": "", "valid_to": "2026-11-01"},
        {"contract": "C1", "tenant": "cus", "plan": "whole", "valid_from": "2026-11-01", "valid_to": ""},
    ]
    world.operator |= operator
    return world


def test_overrides_come_before_the_plan_and_the_operators_plan_after_it(tmp_path: Path) -> None:
    truth = layered(plan="everywhere").truth(tmp_path)
    prices = {key.sku: line.exact for key, line in truth.lines.items() if key.buyer == "res"}
    assert prices == {"SKU-1": 1, "SKU-2": 2, "SKU-3": 8, "SKU-4": 5}


def test_without_an_operators_plan_the_last_charge_has_no_rule(tmp_path: Path) -> None:
    truth = layered().truth(tmp_path)
    assert [key.reason for key in truth.coverage if key.disposition == "quarantined"] == ["no price rule"]


def card(sku_price: str, price: str, **fields: str) -> Record:
    base = {"rate_card": "own", "provider": "azure", "sku": "sku-1", "sku_price": sku_price, "unit": "Hours"}
    return base | {"price": price, "currency": "USD"} | fields


def test_a_rate_card_replaces_the_list_price(tmp_path: Path) -> None:
    """10 % off 2.50 USD x 3 hours at 0.80: R12(R12(0.9 x 2.5) x 0.8) = 1.8 a unit; the exact price first."""
    charges = [
        row("100", PricingQuantity="3"),
        row("100", PricingQuantity="3", SkuPriceId="P-9", ChargeCategory="Purchase"),
        row("100", PricingQuantity="3", PricingUnit="Days", ServiceName="other unit"),
        row(
            "100",
            PricingQuantity="3",
            CommitmentDiscountType="RI",
            ChargeCategory="Purchase",
            ServiceName="bought ahead",
        ),
    ]
    world = chain([rule("off", "discount", basis="list", percent="10")], rows=charges)
    world.plans[0]["rate_card"] = "own"
    world.records["rate_cards"] = [
        card("", "2.5"),
        card("p-9", "5", valid_to="2026-10-06"),
        card("p-9", "6", valid_from="2026-10-06"),
    ]
    lines = {(key.category, key.service): line for key, line in world.truth(tmp_path).lines.items()}
    assert {key: line.exact for key, line in lines.items()} == {
        ("Usage", "Virtual Machines"): Decimal("5.4"),
        ("Purchase", "Virtual Machines"): Decimal("10.8"),
        ("Usage", "other unit"): 90,
        ("Purchase", "bought ahead"): 90,
    }
    assert lines["Usage", "Virtual Machines"].listed == 6


@pytest.mark.parametrize(
    ("bounds", "charge", "price"),
    [
        # 50 % off list is 5 where the operator paid 6: never below cost
        ({"floor": "cost"}, row("6", ListCost="10"), "6"),
        ({"floor": "cost"}, row("4", ListCost="10"), "5"),
        # a reversal returns exactly what was charged: compared by the sign of the quantity
        ({"floor": "cost"}, row("-6", ListCost="-10", PricingQuantity="-1"), "-6"),
        ({"cap": "contracted"}, row("4", ListCost="10", ContractedCost="4.5"), "4.5"),
        # without quantity by the sign of the cost; without both as it stands
        ({"floor": "cost"}, row("-6", ListCost="-10", PricingQuantity=None), "-6"),
        ({"floor": "cost"}, row("0", ListCost="-10", PricingQuantity="0"), "0"),
        # the floor has the last word
        ({"floor": "cost", "cap": "contracted"}, row("6", ListCost="10", ContractedCost="4"), "6"),
        ({"floor": "parent"}, row("6", ListCost="10"), "6"),
    ],
)
def test_floors_and_caps(tmp_path: Path, bounds: dict[str, str], charge: dict[str, str | None], price: str) -> None:
    rules = [rule("half", "discount", basis="list", percent="50", **bounds)]
    down = [rule("down", "markup", basis="parent", percent="10")]
    truth = chain(rules, down, rows=[charge]).truth(tmp_path)
    assert exact(truth) == {"res": Decimal(price), "cus": Decimal(price) * Decimal("1.1")}


def test_bounds_compare_rows_not_sums(tmp_path: Path) -> None:
    """One row is at its floor, its neighbour of the same line is not: 6 + 5, not max(10, 10)."""
    rules = [rule("half", "discount", basis="list", percent="50", floor="cost")]
    charges = [row("6", ListCost="10"), row("4", ListCost="10")]
    assert exact(chain(rules, rows=charges).truth(tmp_path)) == {"cus": 11}
