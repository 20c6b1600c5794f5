"""Generated months against the FOCUS rules: nothing is broken but what is waived, and no waiver is stale."""

from __future__ import annotations

import shutil

import pytest

from pipelines import engine
from pipelines.conformance import shipped
from pipelines.errors import GateRefused
from pipelines.lake import connect
from tests.integration.conftest import PERIOD
from tests.integration.desk import Desk

pytestmark = pytest.mark.slow
# Waivers that no generated month can show, each with the test that does.
ELSEWHERE: dict[str, str] = {}


def test_charges_and_bills_break_nothing_that_is_not_waived(billed: Desk) -> None:
    report = engine.conformance(PERIOD, lake=billed.lake, config=billed.root / "config")
    broken = [found for found in report.findings if found.violations and found.waived_by is None]
    assert broken == []
    assert {found.view for found in report.findings} == {"buy", "sell"}


def test_no_shipped_waiver_is_stale(billed: Desk) -> None:
    report = engine.conformance(PERIOD, lake=billed.lake)
    used = {found.waived_by for found in report.findings}
    stale = {waiver.name for waiver in shipped()} - used
    assert stale == set(ELSEWHERE)


def test_a_slice_with_a_broken_rule_stops_the_month_before_rating(desk: Desk) -> None:
    before = desk.build_dir()
    slice_dir = next(path.parent for path in sorted(desk.lake.glob("focus/provider=azure/**/slice.json")))
    path = slice_dir / "charges.parquet"
    with connect() as con:
        source = f"read_parquet('{path}', hive_partitioning = false)"
        con.execute(
            f"create table t as select * replace (case when ChargeCategory = 'Usage' and ListUnitPrice is not null "
            f"then ListCost * 2 + 1 else ListCost end as ListCost) from {source}"
        )
        con.execute(f"copy t to '{path}' (format parquet)")
    shutil.rmtree(desk.lake / "rated" / "facts")
    with pytest.raises(GateRefused) as stopped:
        engine.build(PERIOD, lake=desk.lake, config=desk.root / "config")
    assert stopped.value.exit_code == 4
    assert any("M2-ListCost" in problem.what for problem in stopped.value.problems)
    assert not list((desk.lake / "rated").glob("facts/**/spec=*.parquet"))
    assert desk.build_dir() == before
