"""The share macros against Python's integers: every unit is placed, by the largest remainder, at any size and sign."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import duckdb
import pytest

from pipelines.lake import connect
from tests.unit.dbt.macros import macros

CASES = 4000
SEED = 20261122
call = macros("share")


@pytest.fixture
def lines() -> duckdb.DuckDBPyConnection:
    """A connection with an empty table of lines to share among."""
    con = connect()
    con.execute("create table lines (GroupNo integer, LineNo integer, Amount hugeint, Weight hugeint, Total hugeint)")
    return con


def fill(con: duckdb.DuckDBPyConnection, groups: list[tuple[int, list[int]]]) -> None:
    rows = [
        f"({group}, {line}, {amount}, {weight}, {sum(weights)})"
        for group, (amount, weights) in enumerate(groups)
        for line, weight in enumerate(weights)
    ]
    for start in range(0, len(rows), 1000):
        con.execute("insert into lines values " + ", ".join(rows[start : start + 1000]))


def shares(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int, int, int, int]]:
    arguments = ("Amount", "Weight", "Total")
    placed = call("share_units", "Amount", "ShareFloor", "ShareRemainder", "GroupNo", "LineNo")
    return con.execute(
        f"""
        with floors as (
            select *, {call("share_floor", *arguments)} as ShareFloor,
                {call("share_remainder", *arguments)} as ShareRemainder
            from lines
        )
        select GroupNo, LineNo, ShareFloor, ShareRemainder, {placed} as ShareUnits
        from floors order by GroupNo, LineNo
        """
    ).fetchall()


def expected(amount: int, weights: list[int]) -> list[tuple[int, int, int]]:
    """Floor, remainder and share of every line, as the definition says."""
    total = sum(weights)
    signed = [-weight for weight in weights] if total < 0 else weights
    parts = [divmod(abs(amount) * weight, abs(total)) for weight in signed]
    left = abs(amount) - sum(floor for floor, _ in parts)
    first = sorted(range(len(parts)), key=lambda line: (-parts[line][1], line))[:left]
    sign = -1 if amount < 0 else 1
    return [(floor, rest, sign * (floor + (line in first))) for line, (floor, rest) in enumerate(parts)]


def sized(dice: random.Random, digits: int) -> int:
    return dice.randrange(10 ** dice.randint(0, digits))


def decimal_text(unit: int) -> str:
    digits = f"{abs(unit):013d}"
    return f"{'-' if unit < 0 else ''}{digits[:-12]}.{digits[-12:]}"


def group(dice: random.Random) -> tuple[int, list[int]]:
    """An amount and weights of any size whose shares fit into 38 digits."""
    while True:
        amount = sized(dice, 27) * dice.choice([1, 1, -1])
        digits = dice.choice([1, 3, 15, 27])
        weights = [sized(dice, digits) * dice.choice([1, 1, 1, -1]) for _ in range(dice.randint(1, 6))]
        total = abs(sum(weights))
        if total and all(abs(amount * weight) < 10**37 * total for weight in weights):
            return amount, weights


def test_shares_are_those_of_the_definition(lines: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(SEED)
    groups = [group(dice) for _ in range(CASES)]
    fill(lines, groups)
    found = shares(lines)
    wanted = [
        (number, line, *figures)
        for number, (amount, weights) in enumerate(groups)
        for line, figures in enumerate(expected(amount, weights))
    ]
    assert found == wanted, f"seed {SEED}"
    placed: Counter[int] = Counter()
    for number, _, _, _, share in found:
        placed[number] += share
    assert [placed[number] for number in range(CASES)] == [amount for amount, _ in groups]


def test_the_largest_amounts_and_weights_do_not_overflow(lines: duckdb.DuckDBPyConnection) -> None:
    largest = 10**28
    thirds = [largest // 3, largest // 3, largest - 2 * (largest // 3)]
    fill(lines, [(10**27 - 1, thirds), (1 - 10**27, [largest])])
    wanted = expected(10**27 - 1, thirds) + expected(1 - 10**27, [largest])
    assert [row[2:] for row in shares(lines)] == wanted


def test_negative_and_zero_weights_take_their_part(lines: duckdb.DuckDBPyConnection) -> None:
    fill(lines, [(100, [3, -1, 0]), (-100, [1, 1, 1]), (100, [-1, -1, -1]), (7, [1, 1])])
    by_group = [[row[4] for row in shares(lines) if row[0] == number] for number in range(4)]
    assert by_group == [[150, -50, 0], [-34, -33, -33], [34, 33, 33], [4, 3]]


def test_nothing_is_shared_by_a_total_of_zero(lines: duckdb.DuckDBPyConnection) -> None:
    fill(lines, [(100, [5, -5])])
    assert [row[2:] for row in shares(lines)] == [(None, None, None)] * 2


def test_beyond_the_bounds_is_an_error_never_a_wrong_number(lines: duckdb.DuckDBPyConnection) -> None:
    fill(lines, [(10**37, [10**20, 10**20])])
    with pytest.raises(duckdb.Error):
        shares(lines)


def test_units_are_whole_numbers_of_the_twelfth_decimal() -> None:
    dice = random.Random(SEED)
    units = [sized(dice, 37) * dice.choice([1, -1]) for _ in range(CASES)] + [10**37, -(10**37), 0]
    con = connect()
    con.execute("create table amounts (Position integer, Amount decimal(38, 12))")
    values = [f"({position}, '{decimal_text(unit)}')" for position, unit in enumerate(units)]
    for start in range(0, len(values), 1000):
        con.execute("insert into amounts values " + ", ".join(values[start : start + 1000]))
    there = call("units_12", "Amount")
    found = con.execute(
        f"select {there}, {call('amount_12', there)} = Amount from amounts order by Position"
    ).fetchall()
    assert found == [(unit, True) for unit in units]


def test_the_definition_is_the_nearest_whole_share() -> None:
    """The oracle of this file itself: no share is a unit or more away from the exact one."""
    amount, weights = 10_000, [1, 2, 4, -1]
    for (_, _, share), weight in zip(expected(amount, weights), weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1
