"""The oracle by hand: tiers, their groups and offsets, and each line's share of the whole price."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.generator.truth_amounts import share
from tests.oracle.worlds import Record, World, chain, row, rule

STEPS = [
    {"from": "0", "to": "100", "price": "0.10"},
    {"from": "100", "to": "200", "price": "0.08"},
    {"from": "200", "price": "0.05"},
]


def tiers(name: str = "t", **fields: Any) -> Record:
    base = {"mode": "graduated", "measure": "quantity", "unit": "Hours", "value": "price", "currency": "EUR"}
    return rule(name, "tiers", **(base | {"scope": "sku", "tiers": STEPS} | fields))


def used(quantity: str, **values: str | None) -> dict[str, str | None]:
    return row("1", PricingQuantity=quantity, **values)


def prices(world: World, folder: Path) -> dict[str | None, Decimal]:
    """Exact amount by product, on the edge of the operator."""
    lines = world.truth(folder).lines
    return {key.sku: line.exact for key, line in lines.items() if key.seller == "op"}


@pytest.mark.parametrize(
    ("quantity", "graduated", "volume"),
    [
        ("0", "0", "0"),
        ("100", "10", "10"),
        ("100.5", "10.04", "8.04"),
        ("200", "18", "16"),
        ("250", "20.5", "12.5"),
        ("-10", "-1", "-1"),
    ],
)
def test_graduated_and_volume(tmp_path: Path, quantity: str, graduated: str, volume: str) -> None:
    for mode, price in (("graduated", graduated), ("volume", volume)):
        world = chain([tiers(mode=mode)], rows=[used(quantity)])
        assert prices(world, tmp_path / mode) == {"SKU-1": Decimal(price)}


@pytest.mark.parametrize(
    ("scope", "first", "second"),
    # 60 + 60 units. Alone each costs 6; together 100 x 0.10 + 20 x 0.08 = 11.60, half of it each.
    [("sku", "6", "6"), ("service", "5.8", "5.8"), ("buyer", "5.8", "5.8"), ("subtree", "5.8", "5.8")],
)
def test_scopes(tmp_path: Path, scope: str, first: str, second: str) -> None:
    world = chain([tiers(scope=scope)], rows=[used("60"), used("60", SkuId="SKU-2")])
    assert prices(world, tmp_path) == {"SKU-1": Decimal(first), "SKU-2": Decimal(second)}


def test_what_is_left_goes_to_lines_by_largest_remainder(tmp_path: Path) -> None:
    """3 equal lines share P = 10 + 1/3 x ...: their sum is P to the last digit, the first gets the last unit."""
    rows = [used("34", SkuId=f"SKU-{n}") for n in (1, 2, 3)]
    found = prices(chain([tiers(scope="service")], rows=rows), tmp_path)
    # P = 100 x 0.10 + 2 x 0.08 = 10.16
    assert found == {
        "SKU-1": Decimal("3.386666666667"),
        "SKU-2": Decimal("3.386666666667"),
        "SKU-3": Decimal("3.386666666666"),
    }


def test_the_chain_goes_on_from_the_average_price(tmp_path: Path) -> None:
    """a = R12(10.16 / 102) = 0.099607843137; the reseller's buyer pays 102 x that, x 2, and no residual."""
    world = chain([tiers()], [rule("twice", "markup", basis="parent", percent="100")], rows=[used("102")])
    truth = world.truth(tmp_path)
    assert {buyer: edge.exact for (_, buyer, _), edge in truth.edges.items()} == {
        "res": Decimal("10.16"),
        "cus": Decimal("0.099607843137") * 2 * 102,
    }


def test_versions_of_a_rule(tmp_path: Path) -> None:
    """80 units before the 10th, 40 after: the later version goes on at 80, so 20 at 0.10 and 20 at 0.08."""
    rows = [used("80"), used("40", ChargePeriodStart="2026-10-20", SkuPriceId="later", PricingUnit="hours")]
    versions = [tiers(valid_to="2026-10-10"), tiers(valid_from="2026-10-10", continues="true")]
    lines = chain(versions, rows=rows).truth(tmp_path / "goes on").lines
    assert {key.pricing_unit: line.exact for key, line in lines.items()} == {"Hours": 8, "hours": Decimal("3.6")}
    versions[1]["continues"] = "false"
    lines = chain(versions, rows=rows).truth(tmp_path / "anew").lines
    assert {key.pricing_unit: line.exact for key, line in lines.items()} == {"Hours": 8, "hours": 4}


def test_charges_of_an_earlier_month_accrue_by_themselves(tmp_path: Path) -> None:
    rows = [used("80"), used("80", ChargePeriodStart="2026-09-30", ChargePeriodEnd="2026-10-01", ServiceName="late")]
    lines = chain([tiers()], rows=rows).truth(tmp_path).lines
    assert {key.service: line.exact for key, line in lines.items()} == {"Virtual Machines": 8, "late": 8}


def test_spend_with_a_percent(tmp_path: Path) -> None:
    """10 % off the first 100 EUR of list, 20 % off the rest, bounds in USD at 0.80; rows 150 + 50 EUR.

    P = 80 x 0.9 + 120 x 0.8 = 168; the factor is 0.84.
    """
    steps = [{"from": "0", "to": "100", "percent": "10"}, {"from": "100", "percent": "20"}]
    spend = {"measure": "amount", "unit": "", "value": "discount", "basis": "list", "currency": "USD", "tiers": steps}
    rows = [row("1", ListCost="150"), row("1", ListCost="50", SkuId="SKU-2")]
    graduated = chain([tiers(scope="buyer", **spend)], rows=rows)
    assert prices(graduated, tmp_path / "g") == {"SKU-1": 126, "SKU-2": 42}
    volume = chain([tiers(scope="buyer", mode="volume", **spend)], rows=rows)
    assert prices(volume, tmp_path / "v") == {"SKU-1": 120, "SKU-2": 40}


def test_a_percent_by_quantity(tmp_path: Path) -> None:
    steps = [{"from": "0", "to": "10", "percent": "0"}, {"from": "10", "percent": "50"}]
    rules = [tiers(mode="volume", value="markup", basis="cost", currency="", tiers=steps)]
    assert prices(chain(rules, rows=[used("8"), used("3")]), tmp_path) == {"SKU-1": 3}


def test_commitments_and_other_units_are_left_alone(tmp_path: Path) -> None:
    rows = [
        used("150", PricingUnit="Days", SkuId="unit"),
        used("150", SkuId="bought", ChargeCategory="Purchase", CommitmentDiscountType="RI"),
        used("150", SkuId="covered", CommitmentDiscountType="RI", CommitmentDiscountStatus="Used", EffectiveCost="4"),
    ]
    world = chain([tiers(priority="9"), rule("rest", "discount", basis="list", percent="0")], rows=rows)
    assert prices(world, tmp_path) == {"unit": 1, "bought": 1, "covered": 0}


def test_a_held_tenant_holds_those_it_shares_a_group_with(tmp_path: Path) -> None:
    world = chain([tiers(scope="subtree")], [rule("down", "pass_through", match={"sku": "sku-1"})], rows=[])
    world.records["tenants"] += [
        {"tenant": "two", "name": "Two", "kind": "customer", "parent": "res"},
        {"tenant": "far", "name": "Far", "kind": "customer", "parent": "op"},
    ]
    world.records["contracts"] += [
        {"contract": "C3", "seller": "res", "buyer": "two", "currency": "EUR", "plan": "second"},
        {"contract": "C4", "seller": "op", "buyer": "far", "currency": "EUR", "plan": "first"},
    ]
    for name in ("two", "far"):
        link = {"provider": "azure", "scope": "sub_account", "scope_id": f"acc-{name}", "tenant": name}
        world.records["account_links"].append(link)
    world.rows = [used("1", SubAccountId=f"acc-{name}") for name in ("cus", "two", "far")]
    world.rows.append(used("1", SkuId="no rule"))
    assert {buyer for (_, buyer, _), edge in world.truth(tmp_path).edges.items() if edge.held} == {"res", "cus", "two"}


@pytest.mark.parametrize(
    ("units", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (10, [-1, -1, -2], [3, 2, 5]),
        (100, [3, -1], [150, -50]),
        (7, [3, -1, 1], [7, -2, 2]),
        (0, [5, 1], [0, 0]),
    ],
)
def test_shares(units: int, weights: list[int], parts: list[int]) -> None:
    assert share(units, weights) == parts


def test_nothing_to_divide_by() -> None:
    with pytest.raises(ValueError, match="zero"):
        share(1, [1, -1])
