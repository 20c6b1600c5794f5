"""The sell view: what every buyer gets, edge by edge, after rating and before anything is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipelines.conformance.buy import Checked, source_of
from pipelines.conformance.columns import wrong_columns
from pipelines.conformance.findings import Finding, create_mart
from pipelines.conformance.judging import Source, judge
from pipelines.conformance.rules import COLUMNS, SELL, define_functions, rules
from pipelines.conformance.scan import patterns_query
from pipelines.conformance.waivers import Waiver, conditions

DETAIL = "marts.marts_cost_and_usage"
INVOICES = """
    create or replace temp table invoices as
    select SellerTenantId, BuyerTenantId, BillingCurrency, BuyerTenantId as BillingAccountId, InvoiceId,
        cast(sum(BilledCost) as decimal(38, 24)) as Payable
    from marts.marts_invoices group by all
"""


def write_mart(
    con: duckdb.DuckDBPyConnection, slices: Mapping[int, Mapping[str, Any]], checked: Checked | None
) -> None:
    """Create the mart of findings in a build's database: of the buy view as checked, and of the sell view as rated.

    `slices`: SliceNo -> slice.json. Without `checked` the mart is empty, and the gate refuses the build.
    """
    if checked is None:
        create_mart(con, "marts", ())
        return
    sources = {number: source_of(manifest) for number, manifest in slices.items()}
    create_mart(con, "marts", [*checked.findings, *examine(con, sources, checked.waivers)])


def examine(con: duckdb.DuckDBPyConnection, sources: Mapping[int, Source], waivers: Sequence[Waiver]) -> list[Finding]:
    """Hold every buyer's rows in a build's database against every rule of the sell view."""
    define_functions(con)
    groups = ("SliceNo", "SellerTenantId", "BuyerTenantId")
    query = patterns_query(SELL, DETAIL, groups, "InvoiceDetailId", conditions(waivers, SELL))
    con.execute(f"create or replace temp table charges as {query}")
    con.execute(INVOICES)
    found = judge(con, SELL, sources, waivers, lambda _, line: f"invoice line {line}" if line else None)
    described = con.execute(f"describe select * from {DETAIL}").fetchall()
    columns = [(row[0], row[1]) for row in described]
    for wanted in rules(SELL, COLUMNS):
        wrong = wrong_columns(wanted.id, columns, own_begin_with_x=False)
        example = wrong[0] if wrong else None
        found.append(
            Finding(
                SELL, wanted.id, wanted.severity(SELL), checked=len(columns), violations=len(wrong), example=example
            )
        )
    con.execute("drop table temp.charges; drop table temp.invoices")
    return found
