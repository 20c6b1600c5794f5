from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import check
from tests.oracle.worlds import World, chain, rule

LIST = [rule("r", "discount", basis="list", percent="5")]


Record = dict[str, str]


def told(folder: Path, c1: Record, c2: Record, contracts: list[Record] | None = None) -> list[str]:
    """What is said against the contracts of op > res > cus."""
    world: World = chain(LIST, LIST, rows=[], c1=c1, c2=c2, more={"contracts": list(contracts or [])})
    return [str(problem) for problem in check(world.write(folder))]


@pytest.mark.parametrize("above", ["", "resale"])
@pytest.mark.parametrize("below", ["", "resale", "managed", "white_label"])
def test_resale_above_leaves_every_choice_below(tmp_path: Path, above: str, below: str) -> None:
    assert told(tmp_path, {"entities": above}, {"entities": below}) == []


@pytest.mark.parametrize("above", ["managed", "white_label"])
def test_below_a_seller_of_its_own_name_the_contract_says_what_it_names(tmp_path: Path, above: str) -> None:
    (found,) = told(tmp_path / "blank", {"entities": above}, {})
    assert f"res buys as {above} of op, which C2 would tell cus as service provider" in found
    assert "write entities resale if it may know, managed or white_label to name res" in found
    for below in ("resale", "managed", "white_label"):
        assert told(tmp_path / below, {"entities": above}, {"entities": below}) == []


def test_the_rule_holds_only_on_common_days_and_all_the_way_down(tmp_path: Path) -> None:
    ended = {"entities": "white_label", "valid_to": "2026-10-01"}
    follows = {"contract": "C3", "seller": "op", "buyer": "res", "currency": "EUR", "plan": "first"}
    later = [follows | {"valid_from": "2026-10-01"}]
    assert told(tmp_path / "apart", ended, {"valid_from": "2026-10-01"}, later) == []
    assert len(told(tmp_path / "common", ended, {"valid_from": "2026-09-30"}, later)) == 1
    deep = chain(LIST, LIST, rows=[], c1={"entities": "managed"}, c2={"entities": "resale"})
    deep.records["tenants"][2] |= {"kind": "reseller"}
    deep.records["tenants"].append({"tenant": "end", "name": "End", "kind": "customer", "parent": "cus"})
    bought = {"contract": "C3", "seller": "cus", "buyer": "end", "currency": "EUR", "plan": "second"}
    deep.records["contracts"].append(bought)
    (found,) = check(deep.write(tmp_path / "deep"))
    assert "cus buys as managed of op, which C3 would tell end" in found.what


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entities", "branded", "resale, managed"),
        ("focus_versions", "1.9", "'1.9' is no FOCUS version that bundles are rendered in"),
        ("focus_versions", "1.4", "FOCUS 1.4 is always there"),
    ],
)
def test_other_words_are_refused(tmp_path: Path, field: str, value: str, said: str) -> None:
    (found,) = told(tmp_path, {field: value}, {})
    assert said in found
