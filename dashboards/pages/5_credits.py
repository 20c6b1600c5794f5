"""Partner credits: what was earned, what was left on the table and by whom, what was passed on."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboards import charts, figures, parts, reports
from dashboards.data import Filter, Row
from dashboards.frame import open_page, pick, show_by_currency
from dashboards.parts import Column
from dashboards.reports import BENEFITS, Reports
from dashboards.theme import provider_name

BARS = 12
SHOWN_ROWS = 100
AMOUNTS = (
    Column("Currency", "BillingCurrency", secondary=True),
    Column("Earned", "Earned", "money", "BillingCurrency"),
    Column("Missed", "Missed", "money", "BillingCurrency"),
    Column("Passed on", "Shared", "money", "BillingCurrency", secondary=True),
    Column("Kept", "Kept", "money", "BillingCurrency", secondary=True),
)
SUBSCRIPTIONS = (
    Column("Customer", "Customer"),
    Column("Subscription", "Subscription"),
    Column("Provider", "x_Provider", show=provider_name, secondary=True),
    Column("Credit", "PartnerBenefitKind", secondary=True),
    Column("Missed charges", "MissedLines", "count", secondary=True),
    Column("Eligible at list", "Eligible", "money", "BillingCurrency", secondary=True),
    Column("Currency", "BillingCurrency", secondary=True),
    Column("Left on the table", "Missed", "money", "BillingCurrency"),
)


def named(row: Row) -> Row:
    """The row with its customer and subscription as people call them."""
    subscription = row.get("SubAccountName") or row.get("SubAccountId") or "—"
    return row | {"Customer": row["TenantName"] or "Linked to nobody", "Subscription": subscription}


def totals(rows: list[Row]) -> None:
    """The headline figures, one row of cards per currency."""
    for row in rows:
        currency = row["BillingCurrency"]
        items = [
            ("Earned", "Earned", "partner credits of the month"),
            ("Left on the table", "Missed", "eligible usage that earned none"),
            ("Passed on", "Shared", "shared with your own buyers by contract"),
            ("Kept", "Kept", "earned less passed on"),
        ]
        st.html(
            parts.facts(
                [
                    (label, f"<small>{currency}</small> {parts.money(row[key], currency)}", note)
                    for label, key, note in items
                ]
            )
        )


def customers(rows: list[Row], look: dict[str, Any]) -> None:
    """Earned and missed by customer, as a chart and as figures."""
    st.html(parts.section("By customer", "The most missed first."))
    drawn = [row for row in rows if row["Earned"] or row["Missed"]]
    show_by_currency(drawn, partial(charts.partner_credits, look=look), "credits", BARS, "the table goes on")
    columns = [Column("Customer", "Customer"), *AMOUNTS]
    st.html(parts.table(rows[:SHOWN_ROWS], columns, label="Credits by customer"))
    more(len(rows))


def subscriptions(rows: list[Row]) -> None:
    """Where the credit was missed, and how much of it."""
    note = "Usage that could have earned the credit and did not: the day's access of the partner was missing or lost."
    st.html(parts.section("Missed by subscription", note))
    missed = [row for row in rows if row["Missed"]]
    if not missed:
        st.html(parts.empty("Nothing was missed", "All eligible usage earned its credit."))
        return
    st.html(parts.table(missed[:SHOWN_ROWS], SUBSCRIPTIONS, label="Missed credits by subscription"))
    more(len(missed))


def more(found: int) -> None:
    """That a table is cut."""
    if found > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS} of {figures.count(found)} rows.")


def page() -> None:
    """The page from top to bottom."""
    reader, period, look = open_page(
        "Credits", "Partner credits: earned, missed, passed on. Buyers see only what their contract shares."
    )
    bundle = reports.operator_bundle(reader, period, BENEFITS)
    if bundle is None:
        why = "The latest run stopped before it had any figures. The Month page says why."
        st.html(parts.empty(f"No partner credits for {figures.month(period)}", why))
        return
    found = Reports(reader, bundle)
    if not found.benefits("total", Filter()):
        why = "No charge of the month earned one or could have."
        st.html(parts.empty(f"No partner credits in {figures.month(period)}", why))
        return
    left, right = st.columns(2)
    with left:
        provider = pick("Provider", found.choices(BENEFITS, "x_Provider"), "credit_provider", provider_name)
    with right:
        kind = pick("Kind of credit", found.choices(BENEFITS, "PartnerBenefitKind"), "credit_kind")
    chosen = {"x_Provider": provider, "PartnerBenefitKind": kind}
    where = Filter({key: value for key, value in chosen.items() if value})
    totals(found.benefits("total", where))
    customers([named(row) for row in found.benefits("customer", where)], look)
    subscriptions([named(row) for row in found.benefits("subscription", where)])


page()
