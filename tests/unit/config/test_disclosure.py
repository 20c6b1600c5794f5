from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import check
from tests.oracle.worlds import Record, World, chain, rule

TERMS: list[tuple[Record, set[str]]] = [
    (rule("r", "discount", basis="list", percent="5"), set()),
    (rule("r", "unit_price", price="2", currency="EUR"), set()),
    (rule("r", "free"), set()),
    (rule("r", "pass_through"), {"parent_price"}),
    (rule("r", "margin", basis="parent", percent="5"), {"parent_price"}),
    (rule("r", "uplift", basis="list", percent="5"), {"parent_price"}),
    (rule("r", "markup", basis="cost", percent="5"), {"parent_price"}),
    (rule("r", "markup", basis="contracted", percent="5"), {"parent_price"}),
    (rule("r", "discount", basis="list", percent="5", floor="parent"), {"parent_price"}),
    (rule("r", "discount", basis="list", percent="5", cap="list"), set()),
]


def refused(world: World, folder: Path) -> list[str]:
    """What is said against the contracts' declarations; nothing else may be wrong."""
    problems = check(world.write(folder))
    assert {problem.column for problem in problems} <= {"discloses"}
    return [problem.what for problem in problems]


@pytest.mark.parametrize(("term", "told"), TERMS, ids=str)
def test_a_contract_is_held_to_what_it_declares(tmp_path: Path, term: Record, told: set[str]) -> None:
    for number, declared in enumerate((None, "none", "benefit", "parent_price", "benefit; parent_price")):
        world = chain([term], rows=[], c1={"discloses": declared} if declared else {})
        found = refused(world, tmp_path / str(number))
        known = {word.strip() for word in declared.split(";")} if declared else {"parent_price"}
        assert len(found) == len(told - known)


def test_shares_taxes_and_other_layers_tell_as_well(tmp_path: Path) -> None:
    quiet = rule("r", "discount", basis="list", percent="5")
    shared = chain([quiet], rows=[], c1={"discloses": "none", "partner_benefit_share": "10"})
    assert refused(shared, tmp_path / "share") == [
        "C1 discloses none, but partner_benefit_share 10 tells the buyer benefit"
    ]
    taxed = chain([quiet], rows=[], c1={"discloses": "none", "tax": "at_cost"})
    assert len(refused(taxed, tmp_path / "tax")) == 2
    layered = chain([quiet], rows=[], c1={"discloses": "none"})
    layered.plans.append({"plan": "wide", "rules": [rule("open", "pass_through", match={"provider": "aws"})]})
    layered.operator["plan"] = "wide"
    assert refused(layered, tmp_path / "wide") == [
        "C1 discloses none, but rule open of wide tells the buyer parent_price"
    ]


def test_other_words_are_refused(tmp_path: Path) -> None:
    world = chain([rule("r", "free")], rows=[], c1={"discloses": "none;benefit"})
    assert refused(world, tmp_path) == ["'none;benefit' is nothing that a contract discloses"]
