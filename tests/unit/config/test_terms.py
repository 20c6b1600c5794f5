"""The words of contract terms: what is accepted, how it compares, and what is refused with a remedy."""

from __future__ import annotations

import pytest

from pipelines.config import terms
from pipelines.config.fields import Unfit
from pipelines.money import Decimal


@pytest.mark.parametrize(("raw", "expected"), [
    ("keep", "keep"), ("pass", "pass"), ("sla", "sla"), ("sla; free_tier;sla", "free_tier;sla"),
])  # fmt: skip
def test_credits_are_kept_passed_or_named(raw: str, expected: str) -> None:
    assert terms.passed_credits(raw) == expected


@pytest.mark.parametrize("raw", ["slaa", "pass;sla", "sla;", ";"])
def test_other_credits_are_refused(raw: str) -> None:
    with pytest.raises(Unfit) as refusal:
        terms.passed_credits(raw)
    assert "promotional" in refusal.value.remedy


def test_a_misspelt_credit_is_recognized() -> None:
    with pytest.raises(Unfit, match="did you mean 'promotional'"):
        terms.passed_credits("promotion")


def test_a_markup_becomes_a_factor() -> None:
    assert terms.markup_factor(terms.markup("2.5")) == Decimal("1.025")
    assert terms.markup_factor(terms.markup("0.000000000049")) == Decimal("1.000000000000")
    assert terms.markup_factor(terms.markup("0")) == 1


@pytest.mark.parametrize("raw", ["-1", "100.1", "2,5", "2.5%"])
def test_other_markups_are_refused(raw: str) -> None:
    with pytest.raises(Unfit):
        terms.markup(raw)


@pytest.mark.parametrize(("raw", "good"), [("0.000038", True), ("1.1", True), ("0", False), ("-1", False)])
def test_a_fixed_rate_is_above_zero(raw: str, good: bool) -> None:
    if good:
        assert terms.fixed_rate(raw) == Decimal(raw)
    else:
        with pytest.raises(Unfit):
            terms.fixed_rate(raw)


@pytest.mark.parametrize(("scope", "raw", "expected"), [
    ("sub_account", "Sub-1", "sub-1"), ("tag", "Team=Web", "Team=web"), ("tag", " Team = Web A ", "Team=web a"),
    ("tag", "a=b=C", "a=b=c"), ("tag", "nothing", "nothing="),
])  # fmt: skip
def test_only_the_key_of_a_tag_keeps_its_case(scope: str, raw: str, expected: str) -> None:
    assert terms.comparable_scope(scope, raw) == expected


def test_the_kinds_of_credit_are_those_of_the_slice() -> None:
    assert terms.CREDIT_KINDS == (
        "promotional", "sla", "free_tier", "committed_use", "sustained_use", "volume", "other",
    )  # fmt: skip
