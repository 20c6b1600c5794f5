"""One tenant's bill, as published: header, lines, days, and the files themselves."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from dashboards import charts, figures, month, parts
from dashboards.bill import SEARCHED, Bill
from dashboards.data import Bundle, Filter, Row
from dashboards.frame import choose, open_page, pick, show_chart
from dashboards.month import Hold
from dashboards.parts import Column
from dashboards.theme import provider_name

PAGE = 25
FILES = {
    "invoice_detail.csv": ("Invoice lines", "CSV", "text/csv"),
    "invoice_detail.parquet": ("Invoice lines", "Parquet", "application/vnd.apache.parquet"),
    "cost_centres.csv": ("Cost centres", "CSV", "text/csv"),
    "cost_centres.parquet": ("Cost centres", "Parquet", "application/vnd.apache.parquet"),
    "cost_and_usage.parquet": ("Cost and usage, FOCUS", "Parquet", "application/vnd.apache.parquet"),
    "cost_and_usage_focus_1_2.parquet": ("Cost and usage, FOCUS 1.2", "Parquet", "application/vnd.apache.parquet"),
    "billing_period.parquet": ("Billing period", "Parquet", "application/vnd.apache.parquet"),
    "contract_commitment.parquet": ("Contract commitments", "Parquet", "application/vnd.apache.parquet"),
    "focus_metadata.json": ("FOCUS metadata", "JSON", "application/json"),
    "daily_costs.parquet": ("Daily costs", "Parquet", "application/vnd.apache.parquet"),
    "manifest.json": ("Manifest with hashes", "JSON", "application/json"),
}
LINES = (
    Column("Service", "Label"),
    Column("Provider", "x_Provider", show=provider_name, secondary=True),
    Column("End customer", "x_TenantName"),
    Column("Account", "SubAccount", secondary=True),
    Column("SKU", "x_SkuId", secondary=True),
    Column("Category", "ChargeCategory", secondary=True),
    Column("Amount", "BilledCost", "money", "BillingCurrency"),
)

CENTRES = (
    Column("Cost centre", "CostCentreName"),
    Column("Id", "CostCentreId", secondary=True),
    Column("Lines", "LineCount", "count", secondary=True),
    Column("Amount", "BilledCost", "money", "BillingCurrency"),
)


def choose_edge(pairs: set[tuple[str, str]], names: dict[str, str]) -> tuple[str, str]:
    """Which bill: the seller, then one of its buyers. Held ones can be chosen too: the page says why."""
    left, right = st.columns(2)
    with left:
        seller = choose("Seller", month.sellers(pairs), "seller", lambda t: names.get(t, t))
    with right:
        buyers = sorted((buyer for owner, buyer in pairs if owner == seller), key=lambda t: (names.get(t) or t).lower())
        buyer = choose("Buyer", buyers, "buyer", lambda t: names.get(t, t))
    return seller, buyer


def held_state(holds: list[Hold], edge: tuple[str, str], names: dict[str, str], superseded: bool) -> None:
    """Why this bill is not here, and what releases it."""
    title = f"The bill for {names.get(edge[1], edge[1])} is held"
    earlier = "The version of an earlier run is out of date and not shown. " if superseded else ""
    st.html(parts.banner("held", title, f"{earlier}Nothing is published until this is resolved. Other bills go ahead."))
    rows = [
        hold.row | {"Tenant": names.get(hold.row["HeldTenantId"], hold.row["HeldTenantId"])}
        for hold in holds
        if edge in hold.edges
    ]
    columns = [
        Column("Because of", "Tenant", secondary=True),
        Column("Reason", "Reason"),
        Column("Remedy", "Remedy"),
        Column("Lines", "LineCount", "count", secondary=True),
        Column("Currency", "BillingCurrency", secondary=True),
        Column("Provider cost", "BilledCost", "money", "BillingCurrency"),
    ]
    st.html(parts.table(rows, columns, label="Holds of this bill"))


def sheet(invoice: Row, names: dict[str, str]) -> str:
    """The invoice's head, as on paper."""
    currency = invoice["BillingCurrency"]
    first, last = invoice["BillingPeriodStart"], invoice["BillingPeriodEnd"] - timedelta(days=1)  # half-open
    preview = invoice["InvoiceIssueStatus"] == "Open"
    mark = '<span class="rb-stamp">Preview</span>' if preview else ""
    about = [
        ("Billed to", names.get(invoice["BillingAccountId"], invoice["BillingAccountId"])),
        ("Invoice", invoice["InvoiceId"]),
        ("Billing period", f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"),
        ("Terms", invoice["PaymentTerms"]),
        ("Purchase order", invoice["PurchaseOrderNumber"]),
        ("Status", "Open: a preview, may still change" if preview else invoice["InvoiceIssueStatus"]),
    ]
    items = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(str(value or '—'))}</dd></div>" for key, value in about)
    return (
        f'<section class="rb-sheet"><div class="rb-sheet-head"><div><small>Invoice from</small>'
        f"<h2>{escape(str(invoice['InvoiceIssuerName']))}</h2></div>{mark}</div>"
        f'<div class="rb-sheet-body"><dl>{items}</dl>'
        '<div class="rb-total"><small>Total, net of the seller\'s tax</small>'
        f"<strong><em>{escape(currency)}</em> {parts.money(invoice['BilledCost'], currency)}</strong>"
        f"<small>{figures.plural(invoice['LineCount'], 'invoice line')}</small></div></div></section>"
    )


def downloads(bundle: Bundle, edge: tuple[str, str], period: str) -> None:
    """The bundle's files as they are; each is read only when asked for."""
    st.html(parts.section("The published files", "Byte for byte what the seller published, nothing converted."))
    with st.container(horizontal=True, gap="small"):
        for name, (title, kind, mime) in FILES.items():
            if bundle.has(name):
                st.download_button(
                    f"{title} ({kind})",
                    partial(bundle.file(name).read_bytes),
                    mime=mime,
                    key=f"download_{name}",
                    file_name=f"{period}_{edge[0]}_{edge[1]}_{name}",
                    icon=":material/download:",
                    on_click="ignore",
                )


def lines(bill: Bill, invoice: Row) -> None:
    """The invoice's lines with filters, a page at a time, and what they come to."""
    st.html(parts.section("Invoice lines", "Rounded once each; they add up to the total."))
    own = {"InvoiceId": invoice["InvoiceId"]}
    first, second, third, fourth, fifth = st.columns([3, 3, 3, 3, 2])
    with first:
        provider = pick("Provider", bill.choices("x_Provider", Filter(own)), "line_provider", provider_name)
    with second:
        service = pick("Service", bill.choices("x_ServiceName", Filter(own)), "line_service")
    with third:
        customer = pick("End customer", bill.choices("x_TenantName", Filter(own)), "line_customer")
    search = fourth.text_input("Search", key="line_search", placeholder="service, account, SKU")
    asked = {"x_Provider": provider, "x_ServiceName": service, "x_TenantName": customer}
    where = Filter(own | {name: value for name, value in asked.items() if value}, search.strip(), SEARCHED)
    found = bill.total(where)
    pages = max(1, -(-found["LineCount"] // PAGE))
    number = fifth.selectbox("Page", range(1, pages + 1), format_func=lambda page: f"{page} of {pages}")
    rows = bill.lines(where, PAGE, (min(number, pages) - 1) * PAGE)
    if not rows:
        st.html(parts.empty("No line matches", "Clear a filter to see the bill's lines again."))
        return
    label = f"{figures.plural(found['LineCount'], 'line')}{' selected' if search or any(asked.values()) else ''}"
    total = {"Label": label, "BilledCost": found["BilledCost"], "BillingCurrency": invoice["BillingCurrency"]}
    st.html(parts.table(rows, LINES, label="Invoice lines", total=total))


def centres(bill: Bill, invoice: Row) -> None:
    """How the buyer divides the invoice inside its own house, if it does."""
    rows = bill.cost_centres(invoice["InvoiceId"])
    if rows:
        st.html(parts.section("By cost centre", "Each invoice line divided to the minor unit, as the buyer set it up."))
        total = {"CostCentreName": "All cost centres"} | bill.cost_centre_total(invoice["InvoiceId"])
        st.html(parts.table(rows, CENTRES, label="Cost centres", total=total))


def days(bill: Bill, currency: str, look: dict[str, Any]) -> None:
    """Cost per day of use."""
    rows = bill.daily(currency)
    if rows:
        st.html(parts.section("Cost per day", "By the day of use, before rounding, at this bill's prices."))
        show_chart(charts.daily(rows, look), "daily")


def page() -> None:
    """The page from top to bottom."""
    reader, period, look = open_page("Bills", "One tenant's bill, exactly as published.")
    parties, holds = month.bills(reader, period)
    if not parties:
        why = "Bills appear once the gate lets the month pass. The Month page says what it refused."
        st.html(parts.empty(f"No bill for {figures.month(period)}", why))
        return
    names, held = month.tenant_names(parties), month.held_edges(parties, holds)
    edge = choose_edge(month.edges_of(parties) | held, names)
    bundle = reader.bill(period, *edge)
    if edge in held:
        held_state(holds, edge, names, superseded=bundle is not None)
        return
    if bundle is None:
        st.html(parts.empty("Not published", "This bill has no published version yet.", f"rebill publish {period}"))
        return
    if month.verdict(reader, period).get("verdict") == month.REFUSED:
        title = f"The latest run of {figures.month(period)} was refused"
        st.html(parts.banner("refused", title, "This bill is of an earlier run. The Month page says what is wrong."))
    bill = Bill(reader, bundle)
    invoices = {row["InvoiceId"]: row for row in bill.invoices()}
    if not invoices:
        st.html(parts.empty("An empty bill", "The bundle is published and has no line: nothing was sold on this edge."))
        return
    chosen = choose("Invoice", list(invoices), "invoice") if len(invoices) > 1 else next(iter(invoices))
    st.html(sheet(invoices[chosen], names))
    downloads(bundle, edge, period)
    centres(bill, invoices[chosen])
    days(bill, invoices[chosen]["BillingCurrency"], look)
    lines(bill, invoices[chosen])


page()
