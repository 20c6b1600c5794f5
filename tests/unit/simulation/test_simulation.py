"""Each change on the month that can be worked out on paper; see conftest.py for what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import BadConfig, RebillError
from pipelines.money import Decimal
from tests.unit.simulation.conftest import WhatIf, amounts, write_config


def pair(before: str, after: str) -> tuple[Decimal, Decimal]:
    return Decimal(before), Decimal(after)


def test_sharing_off_lets_others_pay_on_demand_and_the_owner_has_the_benefit(what_if: WhatIf) -> None:
    """Ben pays 90 less 10 % for what he took; Anna gets it back. The operator's margin stays: 142 - 142."""
    report = what_if("sharing=off")
    assert amounts(report) == {
        "anna": pair("100", "19"),
        "ben": pair("37.8", "118.8"),
        "margin op": pair("-4.2", "-4.2"),
        "azure": pair("142", "142"),
    }
    assert report.changes == ("sharing=off",)
    assert report.is_simulated


def test_sharing_off_with_the_benefit_at_the_operator(what_if: WhatIf) -> None:
    found = amounts(what_if("sharing=off:operator"))
    assert found["anna"] == pair("100", "100")
    assert found["ben"] == pair("37.8", "118.8")
    assert found["margin op"] == pair("-4.2", "76.8")


def test_policy_retained(what_if: WhatIf) -> None:
    """Anna pays 60 less 10 %, and the fee is the operator's."""
    found = amounts(what_if("policy=retained"))
    assert found["anna"] == pair("100", "54")
    assert found["margin op"] == pair("-4.2", "30.8")


def test_basis_amortized(what_if: WhatIf) -> None:
    """Each pays the amortized cost of its use, Anna also the unused part."""
    found = amounts(what_if("basis=amortized"))
    assert found["anna"] == pair("100", "50")
    assert found["ben"] == pair("37.8", "87.8")


def test_policy_pooled(what_if: WhatIf, tmp_path: Path) -> None:
    """Used 40 + 50 and unused 10, shared by 60 and 90 of list cost: two thirds of it for each."""
    pool = write_config(tmp_path / "pool")
    (pool / "commitment_pools.csv").write_text("pool,tenant\nboth,anna\nboth,ben\n", encoding="utf-8")
    found = amounts(what_if(f"config={pool}", "policy=pooled:both"))
    assert found["anna"] == pair("100", "40")
    assert found["ben"] == pair("37.8", "97.8")


def test_expired(what_if: WhatIf) -> None:
    """No fee, no unused part; 60 and 90 are charged on demand and sold 10 % below that."""
    report = what_if("expired=ri-1")
    assert amounts(report) == {
        "anna": pair("100", "54"),
        "ben": pair("37.8", "118.8"),
        "margin op": pair("-4.2", "-19.2"),
        "azure": pair("142", "192"),
    }
    assert report.notes == ("ri-1: 2 charges become on demand, 2 are gone",)


def test_moved(what_if: WhatIf) -> None:
    """Ben bears the fee; who uses the commitment stays as it was."""
    found = amounts(what_if("moved=RI-1:ben"))
    assert found["anna"] == pair("100", "0")
    assert found["ben"] == pair("37.8", "137.8")
    assert found["azure"] == pair("142", "142")


def test_moved_with_sharing_off(what_if: WhatIf) -> None:
    """Anna pays 54 for what she uses of Ben's commitment now, and Ben has that back."""
    found = amounts(what_if("sharing=off", "moved=RI-1:ben"))
    assert found["anna"] == pair("100", "54")
    assert found["ben"] == pair("37.8", "83.8")


def test_another_configuration_comes_first(what_if: WhatIf, tmp_path: Path) -> None:
    other = write_config(tmp_path / "other")
    plan = other / "plans" / "ten-off.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"10"', '"20"'), encoding="utf-8")
    found = amounts(what_if("sharing=off", f"config={other}"))
    assert found["ben"] == pair("37.8", "105.6")
    assert found["anna"] == pair("100", "28")


def test_biggest_differences_come_first(what_if: WhatIf) -> None:
    report = what_if("policy=retained")
    assert [figure.buyer for figure in report.bills] == ["ben", "anna"]
    assert report.bills[0].difference == Decimal(81)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ((), "nothing would change"),
        (("sharing=on",), "'on' is not allowed"),
        (("sharing=off", "policy=retained"), "say the same thing twice"),
        (("policy=owner_only",), "it is not said who has the benefit"),
        (("policy=retaind",), "did you mean 'retained'?"),
        (("policy=pooled:nobody",), "unknown pool 'nobody'"),
        (("shareing=off",), "did you mean 'sharing'?"),
        (("expired=ri-2",), "did you mean 'ri-1'?"),
        (("moved=ri-1:carl",), "unknown tenant 'carl'"),
        (("moved=ri-1",), "it is not said which commitment moves to whom"),
        (("bought=nothing.yaml",), "there is no file nothing.yaml"),
        (("basis=amortized", "basis=as_invoiced"), "a second basis"),
    ],
)
def test_refusals_say_what_to_do(what_if: WhatIf, changes: tuple[str, ...], what: str) -> None:
    with pytest.raises(RebillError) as refused:
        what_if(*changes)
    assert what in str(refused.value)
    assert all(problem.remedy for problem in refused.value.problems)


def test_every_unreadable_change_is_named(what_if: WhatIf) -> None:
    with pytest.raises(RebillError) as refused:
        what_if("sharing=on", "basis=other", "what")
    assert len(refused.value.problems) == 3


def test_a_configuration_that_cannot_be_read_is_refused(what_if: WhatIf, tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        what_if(f"config={tmp_path / 'none'}")
