"""What a balance opens with: the previous month's build, what the configuration states, or nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.balances import Closing, closings
from pipelines.errors import BadConfig, RebillError
from pipelines.gates import content_hash
from pipelines.lake import Lake, connect, write_json, write_parquet
from pipelines.ledger import BUILDS, Ledger
from pipelines.period import BillingPeriod

FILES = {
    "operator.yaml": "operator: dist\nhome_currency: EUR\n",
    "tenants.csv": "tenant,name,kind,parent\ndist,Distributor,operator,\nacme,Acme,customer,dist\n",
    "contracts.csv": "contract,seller,buyer,currency,plan\nc1,dist,acme,EUR,list\n",
    "plans/list.yaml": "plan: list\nrules:\n  - {rule: list, action: discount, percent: 0, basis: list}\n",
    "balances.csv": (
        "balance,contract,kind,amount,currency,valid_from,valid_to,opening,opening_period\n"
        "year,c1,prepaid,1000,EUR,2026-01-01,2027-01-01,250,2026-10\n"
    ),
}
SEPTEMBER, OCTOBER = BillingPeriod("2026-09"), BillingPeriod("2026-10")
TERM = date(2026, 1, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    for name, text in FILES.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Lake(tmp_path / "lake")


def opened(lake: Lake, period: BillingPeriod) -> list[Closing]:
    return closings(lake, Ledger(lake), period, config.load(lake.root.parent / "config"))


def add_build(lake: Lake, period: BillingPeriod, rows: str) -> Path:
    target = lake.build(period, "b")
    with connect() as con:
        query = f"select * from (values {rows}) as t (ContractId, BalanceId, TermStart, Closing)"
        write_parquet(con, query, target / "marts_balances.parquet")
    write_json(target / "build.json", {})
    ledger = Ledger(lake)
    with ledger.transaction() as connection:
        ledger.put(
            connection, BUILDS, period=period.label, build_id="b", content_hash=content_hash(target), updated_at=""
        )
    return target


def test_the_previous_build_comes_first(lake: Lake) -> None:
    other = "('c1', 'old', date '2025-01-01', 3.00), ('c1', 'year', date '2025-01-01', 4.00)"
    add_build(lake, SEPTEMBER, f"('c1', 'year', date '2026-01-01', 120.50), {other}")
    assert opened(lake, OCTOBER) == [Closing("c1", "year", TERM, "120.50")]


def test_without_a_build_the_configuration_says_it(lake: Lake) -> None:
    assert opened(lake, OCTOBER) == []
    assert opened(lake, BillingPeriod("2026-01")) == []


def test_an_opening_that_nobody_states_is_refused(lake: Lake) -> None:
    with pytest.raises(BadConfig) as refusal:
        opened(lake, BillingPeriod("2026-11"))
    problem = refusal.value.problems[0]
    assert (problem.file, problem.line, problem.column) == ("balances.csv", 2, "opening")
    assert "balance year of c1 has no opening: no build of 2026-10 has it" in problem.what
    assert "build 2026-10 first" in problem.remedy


def test_after_the_term_nothing_opens(lake: Lake) -> None:
    assert opened(lake, BillingPeriod("2027-01")) == []


def test_a_build_that_changed_is_not_trusted(lake: Lake) -> None:
    target = add_build(lake, SEPTEMBER, "('c1', 'year', date '2026-01-01', 120.50)")
    write_json(target / "build.json", {"other": 1})
    with pytest.raises(RebillError, match="changed after they were built"):
        opened(lake, OCTOBER)
