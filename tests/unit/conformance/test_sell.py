"""Bills against the rules in a build's own database, and the mart that both views end in."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.conformance import Finding, write_mart
from pipelines.conformance.buy import Checked
from pipelines.lake import connect
from tests.unit.conformance.rows import create, waiver

MANIFEST = {"Provider": "p", "Account": "payer", "Unit": "I-1", "Deliveries": [{"kind": "export", "files": ["a.csv"]}]}
OTHERS = "select * replace ('other' as BuyerTenantId, 'payer-2' as BillingAccountId, 'I-2' as InvoiceId) from rows"
BLOCKING = """
    select RuleId, SellerTenantId, BuyerTenantId, x_Provider, ViolationCount, Example
    from marts.marts_conformance where ViolationCount > 0 and WaivedBy is null order by all
"""


@pytest.fixture
def work() -> Iterator[duckdb.DuckDBPyConnection]:
    """A build's database with two bills that keep every rule."""
    with connect() as con:
        con.execute("create schema marts")
        create(con, "sell")
        con.execute("update rows set BillingAccountId = BuyerTenantId")
        con.execute(f"insert into rows by name {OTHERS.replace('payer-2', 'other')}")
        con.execute("create view marts.marts_cost_and_usage as select * from rows")
        con.execute(
            "create table marts.marts_invoices as select SellerTenantId, BuyerTenantId, BillingCurrency, InvoiceId, "
            "cast(sum(BilledCost) as decimal(18, 4)) as BilledCost from rows group by all"
        )
        yield con


def test_sound_bills_have_one_finding_per_rule_and_none_that_blocks(work: duckdb.DuckDBPyConnection) -> None:
    before = Finding("buy", "M1-Costs", "fail", checked=3)
    write_mart(work, {1: MANIFEST}, Checked((before,), ()))
    assert work.execute(BLOCKING).fetchall() == []
    counted = work.execute("select View, count(*) from marts.marts_conformance group by all order by all").fetchall()
    assert counted[0] == ("buy", 1)
    assert counted[1][1] > 30


def test_a_broken_rule_is_of_its_bill_and_no_other(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("update rows set ListCost = 11 where ListCost = 10 and BuyerTenantId = 'other'")
    write_mart(work, {1: MANIFEST}, Checked((), ()))
    assert work.execute(BLOCKING).fetchall() == [("M2-ListCost", "seller", "other", "p", 1, "invoice line line 0")]


def test_a_bill_that_is_not_its_invoice_is_found(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("update marts.marts_invoices set BilledCost = BilledCost + 0.01 where BuyerTenantId = 'buyer'")
    write_mart(work, {1: MANIFEST}, Checked((), ()))
    assert work.execute(BLOCKING).fetchall() == [("M11-Payable", "seller", "buyer", None, 1, "I-1")]


def test_a_waiver_holds_for_the_bills_too(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("update rows set SkuId = null where ListCost = 10")
    write_mart(work, {1: MANIFEST}, Checked((), (waiver("M3-Sku"),)))
    assert work.execute(BLOCKING).fetchall() == []


def test_a_build_that_nobody_checked_has_no_findings(work: duckdb.DuckDBPyConnection) -> None:
    write_mart(work, {1: MANIFEST}, None)
    assert work.execute("select count(*) from marts.marts_conformance").fetchall() == [(0,)]
