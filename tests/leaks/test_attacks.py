"""Each attack finds what is planted for it, and nothing where nothing is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.leaks.bundle import Row
from tests.leaks.numbers import told
from tests.leaks.rows import betrayed, covered_shows, order_tells
from tests.leaks.secrets import Fact

ROWS = 120
TEXTS = "CommitmentDiscountStatus CommitmentDiscountId PricingCategory ChargeClass SubAccountId SkuPriceId PricingUnit"


def chance(index: int) -> int:
    """A digit that nothing public follows."""
    return int(hashlib.md5(f"row {index}".encode()).hexdigest()[:6], 16) % 10


def month() -> tuple[list[Row], list[Fact]]:
    """One SKU at 10 % off list; half of the rows earned a benefit, some cost the seller something odd."""
    rows, facts = [], []
    for index in range(ROWS):
        listed = Decimal(1_000_003 * (index + 7) % 99_991) / 1000
        earned = chance(index) < 5
        cost = listed * (Decimal("0.85") if earned else 1) + chance(index + ROWS) * Decimal("0.013")
        price = listed * Decimal("0.9")
        rows.append(_row(index, listed, price))
        amounts = {"benefit": listed * Decimal("0.15") if earned else Decimal(0), "cost": cost}
        facts.append(Fact({}, "list", tells_price=False, flags={"earned": "PEC" if earned else ""}, amounts=amounts))
    return rows, facts


def _row(index: int, listed: Decimal, price: Decimal) -> Row:
    start = datetime(2026, 10, 1) + timedelta(hours=index)
    costs = dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "PricingCurrencyEffectiveCost"), price)
    return {
        **dict.fromkeys(TEXTS.split()),
        **costs,
        "InvoiceDetailId": "line",
        "ServiceName": "Compute",
        "x_TenantId": "customer",
        "ResourceId": "vm",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": start + timedelta(hours=1),
        "ListCost": listed,
        "ListUnitPrice": Decimal("0.5"),
        "ContractedUnitPrice": Decimal("0.45"),
        "PricingQuantity": listed * 2,
        "ConsumedQuantity": listed * 2,
        "x_ChargeOrdinal": index + 1,
    }


def found(rows: list[Row], facts: list[Fact]) -> list[str]:
    return [
        *told("charges", rows, facts, shared=""),
        *betrayed("bundle", rows, facts, "earned"),
        *betrayed("bundle", rows, facts, "covered"),
        *covered_shows("bundle", rows, facts),
        *order_tells("bundle", rows),
    ]


def net_price(row: Row, fact: Fact) -> None:
    row["EffectiveCost"] = row["BilledCost"] - fact.amounts["benefit"]


def cost_in_a_mix(row: Row, fact: Fact) -> None:
    row["EffectiveCost"] = fact.amounts["cost"] * 3 + row["ListCost"] / 7 + 2


def cost_per_unit(row: Row, fact: Fact) -> None:
    row["ContractedUnitPrice"] = round(fact.amounts["cost"] / row["PricingQuantity"], 12)


def cost_as_it_is(row: Row, fact: Fact) -> None:
    if row["x_ChargeOrdinal"] % 40 == 0:
        row["PricingCurrencyEffectiveCost"] = fact.amounts["cost"] + Decimal("0.00001")
        fact.amounts["cost"] += Decimal("0.00001")


def rounding(row: Row, fact: Fact) -> None:
    if not fact.flags["earned"]:
        row["BilledCost"] += Decimal("0.000000001")


def a_null(row: Row, fact: Fact) -> None:
    row["PricingCategory"] = "Standard" if fact.flags["earned"] else None


def a_word(row: Row, fact: Fact) -> None:
    row["ChargeClass"] = "one" if fact.flags["earned"] else "other"


def a_split(row: Row, fact: Fact) -> None:
    if fact.flags["earned"]:
        row["ChargePeriodStart"], row["ChargePeriodEnd"] = datetime(2026, 10, 30), datetime(2026, 10, 31)


def a_status(row: Row, fact: Fact) -> None:
    fact.flags["covered"] = "Used"
    row["CommitmentDiscountStatus"] = "Used"


def a_unit(row: Row, fact: Fact) -> None:
    fact.flags["covered"] = fact.flags["earned"]
    row["EffectiveCost"] *= 2 if fact.flags["covered"] else 1


PLANTED = [net_price, cost_in_a_mix, cost_per_unit, cost_as_it_is, rounding, a_null, a_word, a_split, a_status, a_unit]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(plant: Callable[[Row, Fact], None]) -> None:
    rows, facts = month()
    for row, fact in zip(rows, facts, strict=True):
        plant(row, fact)
    assert found(rows, facts)


def test_an_order_by_the_secret_is_found() -> None:
    rows, facts = month()
    order = sorted(range(ROWS), key=lambda index: facts[index].flags["earned"])
    moved = [rows[index] | {"x_ChargeOrdinal": number + 1} for number, index in enumerate(order)]
    assert list(order_tells("bundle", moved))


def test_where_nothing_is_planted_nothing_is_found() -> None:
    assert found(*month()) == []


def test_what_is_disclosed_is_no_finding() -> None:
    rows, facts = month()
    for row, fact in zip(rows, facts, strict=True):
        cost_in_a_mix(row, fact)
        row["EffectiveCost"] -= row["ListCost"] * 2
    told_cost = [
        Fact(fact.seen, fact.rule, True, {}, fact.amounts, {"disclosed cost": fact.amounts["cost"]}) for fact in facts
    ]
    assert list(told("charges", rows, told_cost, shared="")) == []
