"""Commitments: whose they are, how well they are used, what they save, and whom else they reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from dashboards import charts, figures, parts, reports
from dashboards.data import Filter, Row
from dashboards.frame import open_page, pick, show_by_currency
from dashboards.parts import Column
from dashboards.reports import COMMITMENTS, Reports
from dashboards.theme import provider_name

BARS = 14
RULES = {"block": ("in breach", "refused"), "warn": ("warned of", "held"), "allow": ("allowed", "plain")}
UNKNOWN = {"IsCostKnown": "purchase unknown", "IsListKnown": "no list price"}
POLICIES = {"as_applied": "as applied", "owner_only": "owner only"}
BILLED = {"on_demand": "on demand", "covered": "covered", "not billed": "not billed"}


def name(row: Row) -> str:
    """A commitment by the end of its id; the whole of it stands in the hover text."""
    kind = row.get("CommitmentDiscountType") or "Commitment"
    title = escape(str(row["CommitmentDiscountId"]), quote=True)
    return (
        f'<span title="{title}">{escape(row["Name"])}</span>'
        f'<br><small class="rb-scope">{escape(provider_name(row["x_Provider"]))} · {escape(str(kind))}</small>'
        + "".join(f"<br>{parts.badge(text, 'held')}" for column, text in UNKNOWN.items() if row.get(column) is False)
    )


def in_use(row: Row) -> str:
    """How much of what is paid for is used."""
    return f'<span class="rb-line">{reports.percent(row["Utilisation"])}</span>'


def when(row: Row) -> str:
    """The days of use, on one line."""
    return f'<span class="rb-line">{reports.days(row["FirstDay"], row["LastDay"])}</span>'


def last_day(end: datetime | None) -> str:
    """The last day of a term that ends before `end`."""
    return f"{end - timedelta(microseconds=1):%Y-%m-%d}" if end else "-"


def rule(row: Row) -> str:
    """How the provider's rule of the day takes it."""
    return parts.badge(*RULES[row["Severity"]]) if row["IsShared"] else parts.badge("one customer", "plain")


LIST = (
    Column("Commitment", "Name", "html", show=name),
    Column("Owner", "OwnerName"),
    Column("Policy", "CommitmentPolicy", show=lambda policy: POLICIES.get(policy, policy), secondary=True),
    Column("Paid", "PaymentModel", show=lambda payment: str(payment or "-").replace("_", " "), secondary=True),
    Column("Ends", "TermEnd", show=last_day, secondary=True),
    Column("Currency", "BillingCurrency", secondary=True),
    Column("Used", "Used", "money", "BillingCurrency", secondary=True),
    Column("Unused", "Unused", "money", "BillingCurrency", secondary=True),
    Column("In use", "Utilisation", "html", show=in_use, right=True),
    Column("Saving", "Saving", "money", "BillingCurrency"),
)
SHARED = (
    Column("Commitment", "Name", "html", show=name),
    Column("Owner", "OwnerName"),
    Column("Used by", "ConsumerName"),
    Column("Rule", "Severity", "html", show=rule),
    Column("Days", "FirstDay", "html", show=when, secondary=True),
    Column("Charges", "LineCount", "count", secondary=True),
    Column("Billed", "BilledAs", show=lambda text: BILLED.get(text, text), secondary=True),
    Column("Currency", "BillingCurrency", secondary=True),
    Column("Saving", "Saving", "money", "BillingCurrency"),
)
SALE = (
    Column("Commitment", "Name", "html", show=name),
    Column("Currency", "HomeCurrency", secondary=True),
    Column("Owner pays", "OwnerRevenue", "money", "HomeCurrency", secondary=True),
    Column("Others pay", "ConsumerRevenue", "money", "HomeCurrency", secondary=True),
    Column("For unused", "UnusedRevenue", "money", "HomeCurrency", secondary=True),
    Column("Returned", "CreditRevenue", "money", "HomeCurrency", secondary=True),
    Column("Provider", "Cost", "money", "HomeCurrency"),
    Column("Margin", "Margin", "money", "HomeCurrency"),
)


def verdict(shared: list[Row]) -> None:
    """Whether a provider's rule is broken, before anything else."""
    for severity, state, said in (
        ("block", "refused", "This breaks a rule that blocks the month."),
        ("warn", "held", "The provider's rules forbid or limit it; the month is not blocked."),
    ):
        found = {(row["x_Provider"], row["CommitmentDiscountId"]) for row in shared if row["Severity"] == severity}
        if found:
            headline = f"{figures.plural(len(found), 'commitment')} reached more than one end customer"
            st.html(parts.banner(state, headline, f"{said} Owners and consumers are listed below."))


def totals(found: Reports, where: Filter) -> None:
    """The headline figures, one row of cards per currency."""
    for row in found.commitment_totals(where):
        currency = row["BillingCurrency"]
        st.html(
            parts.facts(
                [
                    (label, f"<small>{currency}</small> {parts.money(row[key], currency)}", note)
                    for label, key, note in (
                        ("Used", "Used", "amortized cost of what commitments covered"),
                        ("Unused", "Unused", "paid for and used by nobody"),
                        ("Saving", "Saving", "against on demand, unused taken off"),
                    )
                ]
                + [("Commitments", figures.count(row["Found"]), f"in {currency}")]
            )
        )


def utilisation(rows: list[Row], look: dict[str, Any]) -> None:
    """How much of each commitment is used, and the figures behind it."""
    st.html(parts.section("Use", "What is paid for each month, used and unused. The largest first."))
    known = [row for row in rows if row["Used"] or row["Unused"]]
    rest = f"the table has all {figures.count(len(rows))}"
    show_by_currency(known, partial(charts.utilisation, look=look), "utilisation", BARS, rest)
    st.html(parts.table(rows, LIST, label="Commitments"))


def sharing(rows: list[Row]) -> None:
    """Who used whose: first what reached several end customers, then the rest."""
    shared = [row for row in rows if row["IsShared"]]
    note = "Whatever the bills say: what counts is whom the provider gave the discount to."
    st.html(parts.section("Reached more than one end customer", note))
    if shared:
        st.html(parts.table(shared, SHARED, label="Shared commitments"))
    else:
        st.html(parts.empty("No commitment is shared", "Each one reached a single end customer this month."))
    others = [row for row in rows if not row["IsShared"]]
    if others:
        with st.expander(f"{figures.plural(len(others), 'customer')} alone on a commitment of somebody else"):
            st.html(parts.table(others, SHARED, label="Commitments of others"))


def sales(found: Reports, where: Filter, rows: list[Row]) -> None:
    """What the operator's own buyers pay for commitments."""
    margin = ", ".join(figures.with_currency(row["Margin"], row["HomeCurrency"]) for row in found.margin_totals(where))
    with st.expander(f"What they bring: margin {margin}"):
        st.html(parts.table(rows, SALE, label="Revenue and margin of commitments"))
        st.caption("Owner + others + unused + returned - margin is what the provider charges, for every commitment.")


def page() -> None:
    """The page from top to bottom."""
    lead = "Reservations, savings plans and committed use: whose they are, how well they are used, whom they reached."
    reader, period, look = open_page("Commitments", lead)
    bundle = reports.operator_bundle(reader, period, COMMITMENTS)
    if bundle is None:
        why = "The latest run stopped before it had any figures. The Month page says why."
        st.html(parts.empty(f"No commitments for {figures.month(period)}", why))
        return
    found = Reports(reader, bundle)
    everyone = {row["OwnerTenantId"]: row["OwnerName"] for row in found.commitments(Filter())}
    if not everyone:
        st.html(parts.empty(f"No commitments in {figures.month(period)}", "No charge of the month names one."))
        return
    left, right = st.columns(2)
    with left:
        provider = pick("Provider", found.choices(COMMITMENTS, "x_Provider"), "commitment_provider", provider_name)
    with right:
        owner = pick("Owner", sorted(everyone), "commitment_owner", lambda tenant: str(everyone.get(tenant, tenant)))
    chosen = {"x_Provider": provider, "OwnerTenantId": owner}
    where = Filter({key: value for key, value in chosen.items() if value})
    rows = found.commitments(where)
    rows = [row | {"Name": label} for row, label in zip(rows, reports.labels(rows), strict=True)]
    names = {(row["x_Provider"], row["CommitmentDiscountId"]): row["Name"] for row in rows}
    used = [
        row | {"Name": names.get((row["x_Provider"], row["CommitmentDiscountId"]), str(row["CommitmentDiscountId"]))}
        for row in found.sharing(where)
    ]
    verdict([row for row in used if row["IsShared"]])
    totals(found, where)
    utilisation(rows, look)
    sharing(used)
    sales(found, where, rows)


page()
