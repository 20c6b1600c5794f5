"""A small month that keeps every rule, in the shape of either view, and what a scan finds in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from pipelines.conformance.columns import wrong_columns
from pipelines.conformance.findings import Finding
from pipelines.conformance.judging import Source, judge
from pipelines.conformance.rules import BUY, COLUMNS, define_functions, rules
from pipelines.conformance.scan import PAYMENT, patterns_query
from pipelines.conformance.waivers import Waiver, conditions
from pipelines.schemas import dataset, slice_columns

SOURCE = Source("p", "account unit", ("export",), ("part-1.csv",))
EVERY = {
    "BillingAccountId": "payer",
    "BillingCurrency": "EUR",
    "BillingPeriodStart": "2026-10-01",
    "BillingPeriodEnd": "2026-11-01",
    "ChargePeriodStart": "2026-10-01",
    "ChargePeriodEnd": "2026-11-01",
    "InvoiceId": "I-1",
    "InvoiceIssuerName": "Provider",
    "x_Provider": "p",
}
PRICED = {
    "PricingQuantity": "4",
    "PricingUnit": "Hours",
    "SkuId": "sku",
    "SkuPriceId": "price",
    "PricingCategory": "Standard",
    "ChargeFrequency": "Usage-Based",
    "ResourceId": "vm",
}
PLAN = {
    "CommitmentDiscountId": "plan",
    "CommitmentDiscountQuantity": "1",
    "CommitmentDiscountUnit": "EUR",
    "x_CommitmentPayment": "no_upfront",
}
USED = {"PricingCategory": "Committed", "CommitmentDiscountStatus": "Used"}
UNUSED = {"PricingCategory": "Committed", "CommitmentDiscountStatus": "Unused", "ResourceId": "plan"}


def costs(billed: str, effective: str, listed: str, contracted: str) -> dict[str, str]:
    """The four costs."""
    return {"BilledCost": billed, "EffectiveCost": effective, "ListCost": listed, "ContractedCost": contracted}


def prices(listed: str, contracted: str) -> dict[str, str]:
    """The two unit prices."""
    return {"ListUnitPrice": listed, "ContractedUnitPrice": contracted}


ROWS = {
    "usage": PRICED
    | costs("8", "8", "10", "8")
    | prices("2.5", "2")
    | {"ChargeCategory": "Usage", "ConsumedQuantity": "4", "ConsumedUnit": "Hours"},
    "licence": PRICED
    | costs("12", "12", "12", "12")
    | prices("3", "3")
    | {"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring"},
    "fee": PRICED
    | PLAN
    | costs("20", "0", "20", "20")
    | prices("5", "5")
    | {"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring", "ResourceId": "plan"},
    "covered": PRICED
    | PLAN
    | USED
    | costs("0", "12", "30", "30")
    | prices("7.5", "7.5")
    | {"ChargeCategory": "Usage", "ConsumedQuantity": "4", "ConsumedUnit": "Hours"},
    "idle": PRICED | PLAN | UNUSED | costs("0", "8", "20", "20") | prices("5", "5") | {"ChargeCategory": "Usage"},
    "tax": costs("7.6", "7.6", "7.6", "7.6") | {"ChargeCategory": "Tax", "ChargeFrequency": "One-Time"},
    "credit": costs("-1", "-1", "-1", "-1") | {"ChargeCategory": "Credit", "ChargeFrequency": "One-Time"},
    "late": PRICED
    | costs("-2", "-2", "-2", "-2")
    | {
        "ChargeCategory": "Usage", "ChargeClass": "Correction", "x_CorrectedInvoiceId": "I-0",
        "ChargePeriodStart": "2026-09-01", "ChargePeriodEnd": "2026-10-01", "ChargeFrequency": "Usage-Based",
    },
}  # fmt: skip


def create(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """The table `charges_of_view` and the invoices that it adds up to."""
    columns = slice_columns() if view == BUY else dataset("cost_and_usage")
    own = {} if view == BUY else {"SliceNo": "integer", "SellerTenantId": "varchar", "BuyerTenantId": "varchar"}
    types = {column.id: column.storage for column in columns} | own
    con.execute(f"create table rows ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    for number, row in enumerate(ROWS.values()):
        place = (
            {"x_SourceFile": "0", "x_SourceRow": str(number)} if view == BUY else {"InvoiceDetailId": f"line {number}"}
        )
        edge = {"SliceNo": "1", "SellerTenantId": "seller", "BuyerTenantId": "buyer"} if own else {}
        given = {name: value for name, value in (EVERY | row | place | edge).items() if name in types}
        slots = ", ".join(f"cast(? as {types[name]}) as {name}" for name in given)
        con.execute(f"insert into rows by name select {slots}", list(given.values()))


def findings(
    con: duckdb.DuckDBPyConnection, view: str, waivers: Sequence[Waiver] = (), payable: str = ""
) -> list[Finding]:
    """What is found in `rows`; `payable` is SQL run over the invoices that the rows add up to."""
    define_functions(con)
    groups = ("x_Provider", PAYMENT) if view == BUY else ("SliceNo", "SellerTenantId", "BuyerTenantId")
    relation = "(select *, true as x_IsFinal from rows)"
    locator = "x_SourceRow" if view == BUY else "InvoiceDetailId"
    query = patterns_query(view, relation, groups, locator, conditions(waivers, view))
    number = "1 as SliceNo, " if view == BUY else ""
    con.execute(f"create or replace table charges as select {number}* from ({query})")
    scope = "x_Provider" if view == BUY else "SellerTenantId, BuyerTenantId"
    con.execute(
        f"create or replace table invoices as select {scope}, BillingCurrency, BillingAccountId, InvoiceId, "
        "coalesce(sum(BilledCost), 0) as Payable from rows where InvoiceId is not null group by all"
    )
    if payable:
        con.execute(payable)
    found = judge(con, view, {1: SOURCE}, waivers, lambda _, place: str(place))
    described = [(row[0], row[1]) for row in con.execute("describe rows").fetchall()]
    for wanted in rules(view, COLUMNS):
        wrong = wrong_columns(wanted.id, described, own_begin_with_x=view == BUY)
        found.append(Finding(view, wanted.id, wanted.severity(view), violations=len(wrong)))
    return found


def broken(found: Sequence[Finding]) -> set[str]:
    """The rules that are broken and not waived."""
    return {item.rule for item in found if item.violations and item.waived_by is None}


def waiver(rule: str, where: str | None = None, provider: str = "p", kinds: tuple[str, ...] = ("export",)) -> Waiver:
    """A waiver of both views."""
    return Waiver(provider, kinds, rule, where, ("buy", "sell"), "the export leaves it out", "docs", date(2026, 11, 1))
