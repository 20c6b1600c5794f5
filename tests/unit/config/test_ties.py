"""Ties, found by hashing, are those that comparing every pair on every possible charge finds."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import product
from time import monotonic
from typing import Any

import pytest

from pipelines.config.fields import OPEN_END, OPEN_START
from pipelines.config.matching import FIELDS, accepts, forms, match_value, specificity
from pipelines.config.pricing import Match, Rule
from pipelines.config.records import Place
from pipelines.config.ties import ties

UNIVERSE = ("", "a", "ab", "abc", "b", "ba")
CHARGES = [
    {"sku": sku, "region": region, "k": one, "j": other} for sku, region, one, other in product(UNIVERSE, repeat=4)
]


def rule(line: int, since: date = OPEN_START, until: date = OPEN_END, **match: str) -> Rule:
    place = Place("p.yaml", line)
    values = {name: match.get(name) for name in FIELDS}
    return Rule(
        place,
        f"r{line}",
        0,
        since,
        until,
        "free",
        *[None] * 11,
        False,
        Match(place, **values),
        (),
    )


def matched(found: Rule) -> frozenset[int]:
    """The charges of the universe that a rule matches."""
    wanted = forms(found.match[1:])
    parts = dict(zip(FIELDS, zip(match_value(wanted).split("\x1f"), wanted, strict=True), strict=True))

    def fits(charge: dict[str, str]) -> bool:
        for name in ("sku", "region", "tag"):
            part, form = parts[name]
            value = charge[(form.key or "") if form and name == "tag" else name] if form else ""
            if form and not accepts(part, form.length, value):
                return False
        return True

    return frozenset(number for number, charge in enumerate(CHARGES) if fits(charge))


def random_rule(dice: random.Random, line: int) -> Rule:
    values = ("a", "ab", "a*", "ab*", "b*", "*any")
    match: dict[str, Any] = {name: dice.choice(values) for name in ("sku", "region") if dice.random() < 0.6}
    if dice.random() < 0.6:
        match["tag"] = f"{dice.choice('kj')}={dice.choice(values)}"
    since = date(2026, 10, 1) + timedelta(days=dice.randrange(20))
    return rule(line, since, since + timedelta(days=dice.randrange(1, 15)), **match)


@pytest.mark.parametrize("seed", range(8))
def test_ties_are_those_of_every_pair(seed: int) -> None:
    dice = random.Random(seed)
    rules = [random_rule(dice, line) for line in range(40)]
    charges = {found.rule: matched(found) for found in rules}
    ordered = sorted(rules, key=lambda found: (found.valid_from, found.place))
    expected = {
        later.rule
        for number, later in enumerate(ordered)
        for earlier in ordered[:number]
        if specificity(forms(earlier.match[1:])) == specificity(forms(later.match[1:]))
        and later.valid_from < earlier.valid_to
        and charges[earlier.rule] & charges[later.rule]
    }
    found = ties(rules)
    assert {later.rule for _, later in found} == expected
    assert all(charges[earlier.rule] & charges[later.rule] for earlier, later in found)
    assert expected


def test_other_fields_priorities_and_dates_are_no_ties() -> None:
    first, second = rule(1, sku="a"), rule(2, sku="a")
    assert ties([first, second]) == [(first, second)]
    assert ties([first, second._replace(priority=1)]) == []
    assert ties([first, rule(2, region="a")]) == []
    assert ties([first, rule(2, sku="b")]) == []
    assert ties([first._replace(valid_to=date(2026, 1, 1)), second._replace(valid_from=date(2026, 1, 1))]) == []


def test_ten_thousand_rules_are_no_fifty_million_pairs() -> None:
    rules = [rule(line, tag=f"key{line % 100}=v{line}", service=f"s{line // 2}") for line in range(10_000)]
    start = monotonic()
    assert len(ties(rules)) == 5_000
    assert monotonic() - start < 30  # seconds; pair by pair it takes minutes
