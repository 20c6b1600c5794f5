"""Generated months against the FOCUS rules: nothing is broken but what is waived, and no waiver is stale."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import engine
from pipelines.conformance import shipped
from pipelines.errors import GateRefused
from pipelines.lake import connect
from tests.integration.conftest import PERIOD
from tests.integration.desk import Desk
from tests.unit.providers import drops

pytestmark = pytest.mark.slow


def test_charges_and_bills_break_nothing_that_is_not_waived(billed: Desk) -> None:
    report = engine.conformance(PERIOD, lake=billed.lake, config=billed.root / "config")
    broken = [found for found in report.findings if found.violations and found.waived_by is None]
    assert broken == []
    assert {found.view for found in report.findings} == {"buy", "sell"}


def test_no_shipped_waiver_is_stale(billed: Desk) -> None:
    report = engine.conformance(PERIOD, lake=billed.lake)
    used = {found.waived_by for found in report.findings}
    stale = [waiver for waiver in shipped() if waiver.name not in used]
    # Vendors' files are in no generated month: the next test shows what is waived of them.
    assert {waiver.provider for waiver in stale} <= {"*"}, [waiver.name for waiver in stale]


def test_no_waiver_of_vendors_is_stale(tmp_path: Path) -> None:
    """A file of FOCUS 1.0 with no more than amounts, a fee paid ahead, and a commitment without quantity."""
    drop, lake = tmp_path / "deliveries", tmp_path / "lake"
    plan = {"CommitmentDiscountId": "plan", "PricingCategory": "Committed", "CommitmentDiscountStatus": "Used"}
    rows = [
        drops.focus_row("100", SubAccountId="one"),
        drops.focus_row("0", SubAccountId="one", **plan),
        drops.focus_row("0", SubAccountId="one", EffectiveCost="5"),
    ]
    rows = [{name: value for name, value in row.items() if name != "InvoiceId"} for row in rows]
    drops.focus(drop, rows[:1], "prepaid", focusVersion="1.0")
    drops.focus(drop, rows[1:2], "covered", focusVersion="1.0")
    drops.focus(drop, rows[2:], "spread", focusVersion="1.0", invoiceId="I-7")
    control = ["I-1", "ACCOUNT-1", "Acme", PERIOD, "USD", "100", "0", "100"]
    drops.control(drop / "focus", "prepaid", control)
    assert engine.ingest(PERIOD, lake=lake, deliveries=drop).refusals == ()
    found = engine.conformance(PERIOD, lake=lake).findings
    assert [item for item in found if item.blocks] == []
    assert {item.waived_by for item in found} - {None} == {w.name for w in shipped() if w.provider == "*"}


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
