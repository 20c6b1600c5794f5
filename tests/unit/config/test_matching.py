"""Values to match and the order of rules: each step of the documented order against the one after it."""

from __future__ import annotations

import pytest

from pipelines.config.fields import Unfit
from pipelines.config.matching import (
    FIELDS,
    PRECISION,
    SEPARATOR,
    accepts,
    forms,
    match_value,
    specificity,
    tag_condition,
    value_or_form,
    why_more_specific,
)


def rank(**match: str) -> int:
    return specificity(forms([match.get(name) for name in FIELDS]))


def test_values_in_lower_case_but_for_the_tag_key() -> None:
    wanted = forms([{"sku": "ABC", "region": "West*", "publisher": "*any", "tag": "Env=Prod"}.get(f) for f in FIELDS])
    assert match_value(wanted).split(SEPARATOR) == [
        *("*", "*", "*", "abc", "*", "west*", "*", "*any", "*", "*", "*", "*", "prod")
    ]
    assert wanted[-1] is not None
    assert wanted[-1].key == "Env"


@pytest.mark.parametrize(
    ("part", "length", "value", "expected"),
    [
        ("abc", -1, "abc", True),
        ("abc", -1, "abcd", False),
        ("*any", 0, "x", True),
        ("*any", 0, "", False),
        ("ab*", 2, "ab", True),
        ("ab*", 2, "abc", True),
        ("ab*", 2, "a", False),
        ("*", None, "", True),
    ],
)
def test_accepts(part: str, length: int | None, value: str, expected: bool) -> None:
    assert accepts(part, length, value) is expected


@pytest.mark.parametrize("raw", ["*", "a*b", "*a", "a**", "**"])
def test_a_star_stands_alone_at_the_end(raw: str) -> None:
    with pytest.raises(Unfit):
        value_or_form(raw)


@pytest.mark.parametrize("raw", ["env", "=x", "env=", "env=*", "env=a*b"])
def test_a_tag_names_a_key_and_a_value(raw: str) -> None:
    with pytest.raises(Unfit):
        tag_condition(raw)


def test_a_tag_value_may_hold_equals_signs() -> None:
    assert tag_condition("env = a=b*") == "env=a=b*"


def test_more_fields_win_over_more_precise_ones() -> None:
    assert rank(provider="aws", charge_category="Usage") > rank(sku_price="x")


def test_every_field_is_more_precise_than_all_before_it() -> None:
    for number, name in enumerate(PRECISION[1:], start=1):
        assert rank(**{name: "t=*any" if name == "tag" else "*any"}) > rank(**{PRECISION[number - 1]: "t=abc"})
    assert rank(sku="*any", provider="aws") > rank(tag="k=abc", sub_account="abc")


def test_then_exact_values_then_longer_prefixes() -> None:
    assert rank(sku="a", region="*any") > rank(sku="aaaa*", region="bbbb*")
    assert rank(sku="abc*") > rank(sku="ab*") > rank(sku="*any")
    assert rank(sku="abc*", region="a*") == rank(sku="ab*", region="ab*")


@pytest.mark.parametrize(
    ("winner", "loser", "reason"),
    [
        ({"sku": "a", "region": "b"}, {"sku_price": "a"}, "1 match fields against 2"),
        ({"sku": "a"}, {"tag": "k=v"}, "but sku is more precise"),
        ({"sku": "a"}, {"sku": "a*"}, "0 exact values against 1"),
        ({"sku": "ab*"}, {"sku": "a*"}, "prefixes of 1 characters together against 2"),
    ],
)
def test_reasons(winner: dict[str, str], loser: dict[str, str], reason: str) -> None:
    assert reason in str(why_more_specific(rank(**winner), rank(**loser)))


def test_equals_have_no_reason() -> None:
    assert why_more_specific(rank(sku="a"), rank(sku="b")) is None
