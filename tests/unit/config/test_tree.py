"""The tenant tree over time: what is a loop, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines import config

Edit = Callable[[str, str, str], None]


def test_a_loop_of_three_is_reported_once(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "north,North IT,reseller,dist", "north,North IT,reseller,third")
    edit("tenants.csv", "gulf,Gulf Cloud,reseller,dist", "gulf,Gulf Cloud,reseller,north")
    edit("tenants.csv", "direct,Direct Ltd,customer,dist", "third,T,reseller,gulf")
    loops = [problem.what for problem in config.check(directory) if "loop" in problem.what]
    assert loops == ["tenant loop: north -> third -> gulf -> north"]


def test_a_swap_of_parents_over_time_is_no_loop(directory: Path, edit: Edit) -> None:
    north, gulf = "north,North IT,reseller,dist,EUR,,\n", "gulf,Gulf Cloud,reseller,dist,KWD,,\n"
    edit("tenants.csv", north, "north,N,reseller,dist,EUR,,2026-10-10\nnorth,N,reseller,gulf,EUR,2026-10-10,\n")
    edit("tenants.csv", gulf, "gulf,G,reseller,north,KWD,,2026-10-10\ngulf,G,reseller,dist,KWD,2026-10-10,\n")
    assert not [problem for problem in config.check(directory) if "loop" in problem.what]
