"""What charges weigh in cost centres, and minor units, against Python's fractions."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest

from pipelines.lake import connect
from tests.unit.dbt.macros import macros

CASES = 1500
SEED = 20261122
WIDE = Context(prec=90)
call = macros("money", "share", "weights")


def price(dice: random.Random) -> Decimal:
    units = dice.randrange(10 ** dice.randint(1, 37))
    return Decimal((dice.randint(0, 1), tuple(map(int, str(units))), -24))


def factor(dice: random.Random) -> Decimal:
    return dice.choice([Decimal(1), Decimal(100), Decimal(dice.randrange(10**8)).scaleb(-6)])


def r12(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-12"), rounding=ROUND_HALF_UP, context=WIDE)


def weights(groups: list[list[tuple[Decimal, Decimal]]]) -> list[int]:
    """The macros' answer: units of the 12th decimal per group of (price, factor)."""
    with connect() as con:
        con.execute("create table rows (GroupNo integer, Price decimal(38, 24), Factor decimal(38, 12))")
        values = [f"({n}, '{p:f}', '{f:f}')" for n, group in enumerate(groups) for p, f in group]
        for start in range(0, len(values), 1000):
            con.execute("insert into rows values " + ", ".join(values[start : start + 1000]))
        factors = call("factor_units", "Factor")
        query = f"""
            with summed as (
                select GroupNo, sum({call("price_high", "Price")} * {factors}) as High,
                    sum({call("price_low", "Price")} * {factors}) as Low
                from rows group by GroupNo
            )
            select {call("weight_units", "High", "Low")} from summed order by GroupNo
        """
        return [row[0] for row in con.execute(query).fetchall()]


def expected(group: list[tuple[Decimal, Decimal]]) -> int:
    total = Decimal(0)
    for amount, part in group:
        total = WIDE.add(total, WIDE.multiply(amount, part))
    return int(r12(total).scaleb(12, context=WIDE))


def test_sums_of_products_are_rounded_once() -> None:
    dice = random.Random(SEED)
    groups = [[(price(dice), factor(dice)) for _ in range(dice.randint(1, 4))] for _ in range(CASES)]
    assert weights(groups) == [expected(group) for group in groups], f"seed {SEED}"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.000000000000500000000000", 1),
        ("-0.000000000000500000000000", -1),
        ("0.000000000000499999999999", 0),
        ("-0.000000000000499999999999", 0),
        ("-0.000000000001499999999999", -1),
        ("-0.000000000001500000000000", -2),
        ("0", 0),
    ],
)
def test_halves_go_away_from_zero(text: str, units: int) -> None:
    assert weights([[(Decimal(text), Decimal(1))]]) == [units]


def test_what_two_charges_miss_together_counts() -> None:
    """Two thirds of a unit each: rounded alone they would be 2, together they are 1."""
    almost = Decimal("0.000000000000666666666666")
    assert weights([[(almost, Decimal(1)), (almost, Decimal(1))]]) == [1]


@pytest.mark.parametrize(
    ("amount", "minor_units", "units"),
    [("1234567.89", 2, 123456789), ("-0.05", 2, -5), ("7272", 0, 7272), ("-1.234", 3, -1234), ("0.0001", 4, 1)],
)
def test_minor_units_there_and_back(amount: str, minor_units: int, units: int) -> None:
    there = call("in_minor_units", f"cast('{amount}' as decimal(18, 4))", str(minor_units))
    with connect() as con:
        found = con.execute(f"select {there}, {call('from_minor_units', there, str(minor_units))}").fetchone()
    assert found == (units, Decimal(amount))
