"""The edges of a publication: who sells to whom, in a fixed order, and the invoice lines that name their rows.

`mount` makes two tables in the publisher's own DuckDB: `edges` (EdgeNo, SellerTenantId, BuyerTenantId, IsWhiteLabel),
and `lines`, one row per invoice line of those edges (LineNo in canonical order, UnitNo = edge x end customer x
sub-account).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from pipelines.errors import Problem, RebillError
from pipelines.period import BillingPeriod

SAFE = re.compile(r"[\w][\w.@+ -]*", re.ASCII)


@dataclass(frozen=True, order=True)
class Edge:
    """A seller -> buyer relation of the resale chain; `folder` is its place below the period."""

    seller: str
    buyer: str

    @property
    def folder(self) -> str:
        return f"seller={self.seller}/buyer={self.buyer}"

    def __str__(self) -> str:
        return f"{self.seller} > {self.buyer}"


def mount(con: duckdb.DuckDBPyConnection, period: BillingPeriod, held: Collection[Edge]) -> list[Edge]:
    """Create `edges` and `lines` over the marts' views for every edge that is not held; EdgeNo is the list index.

    Raises RebillError naming every tenant whose id cannot be a folder name.
    """
    found = con.execute(
        "select distinct SellerTenantId, BuyerTenantId from marts_invoices order by SellerTenantId, BuyerTenantId"
    ).fetchall()
    edges = [edge for edge in (Edge(*row) for row in found) if edge not in held]
    refuse_unsafe(edges)
    con.execute("create table numbered (EdgeNo integer, SellerTenantId varchar, BuyerTenantId varchar)")
    if edges:
        rows = [[number, edge.seller, edge.buyer] for number, edge in enumerate(edges)]
        con.executemany("insert into numbered values (?, ?, ?)", rows)
    con.execute(
        "create table edges as select n.*, b.IsWhiteLabel from numbered as n inner join marts_bundles as b "
        "on n.SellerTenantId = b.SellerTenantId and n.BuyerTenantId = b.BuyerTenantId"
    )
    con.execute(
        """
        create table lines as
        with published as (
            select
                e.EdgeNo, e.IsWhiteLabel, l.*, i.InvoiceIssuerName, i.BuyerName, i.PaymentTerms, i.PurchaseOrderNumber,
                cast(? as timestamp) as BillingPeriodStart, cast(? as timestamp) as BillingPeriodEnd
            from marts_invoice_lines as l
            inner join edges as e on l.SellerTenantId = e.SellerTenantId and l.BuyerTenantId = e.BuyerTenantId
            inner join marts_invoices as i on l.InvoiceId = i.InvoiceId and l.SellerTenantId = i.SellerTenantId
        )
        select
            cast(row_number() over (
                order by EdgeNo, TenantId, SubAccountId nulls last,
                    case when not IsWhiteLabel then x_Provider end, ServiceName nulls last,
                    SkuId nulls last, ChargeCategory, InvoiceDetailId
            ) - 1 as integer) as LineNo,
            cast(dense_rank() over (order by EdgeNo, TenantId, SubAccountId nulls last) - 1 as integer) as UnitNo,
            *
        from published
        order by LineNo
        """,
        [period.start, period.end],
    )
    return edges


def refuse_unsafe(edges: Collection[Edge]) -> None:
    """A tenant id becomes a folder name: no separators, nothing hidden."""
    tenants = sorted({tenant for edge in edges for tenant in (edge.seller, edge.buyer)})
    problems = [
        Problem("tenants", f"{tenant!r} cannot name a folder", "use letters, digits, '.', '-' and '_' in tenant ids")
        for tenant in tenants
        if not SAFE.fullmatch(tenant)
    ]
    if problems:
        raise RebillError(problems)
