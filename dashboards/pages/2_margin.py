"""Margin by tenant, provider and service: who earns what, on which edge of the resale chain."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import charts, figures, month, parts
from dashboards.data import Bundle, Filter, Reader, Row
from dashboards.frame import choose, open_page, pick, show_chart
from dashboards.parts import Column
from dashboards.theme import provider_name

BARS = 12
SHOWN_ROWS = 100
RANKINGS = {"Buyer": "edge", "End customer": "customer", "Provider": "provider", "Service": "service"}
MONEY = (
    Column("Revenue", "Revenue", "money", "HomeCurrency"),
    Column("Cost", "Cost", "money", "HomeCurrency", secondary=True),
    Column("Margin", "Margin", "money", "HomeCurrency"),
)
EFFECTS = (
    Column("of it by price", "PriceEffect", "money", "HomeCurrency", secondary=True),
    Column("by exchange rates", "FxEffect", "money", "HomeCurrency", secondary=True),
    Column("by rounding", "RoundingEffect", "money", "HomeCurrency", secondary=True),
)
BENEFIT = Column("Partner benefit", "PartnerBenefit", "money", "HomeCurrency", secondary=True)
PASSED_ON = Column("of it passed on", "SharedBenefit", "money", "HomeCurrency", secondary=True)


def name_of(row: Row, by: str, names: dict[str, str]) -> str:
    """What a row of the ranking is called."""
    if by == "edge" and row["SellerTenantId"] == row["BuyerTenantId"]:
        return "Absorbed, billed to nobody"
    if by == "edge":
        return names.get(row["BuyerTenantId"], str(row["BuyerTenantId"]))
    if by == "customer":
        return str(row["TenantName"])
    if by == "provider":
        return provider_name(row["x_Provider"]) if row["x_Provider"] else "Fees, credits and coarse lines"
    provider = f" · {provider_name(row['x_Provider'])}" if row["x_Provider"] else ""
    return f"{row['ServiceName'] or 'All services'}{provider}"


def money_columns(rows: list[Row]) -> list[Column]:
    """Effects of exchange rates and partner benefits are shown where there are any."""
    effects = EFFECTS if any(row["FxEffect"] for row in rows) else ()
    benefit = (BENEFIT,) if any(row["PartnerBenefit"] for row in rows) else ()
    passed_on = (PASSED_ON,) if any(row["SharedBenefit"] for row in rows) else ()
    return [*MONEY, *effects, *benefit, *passed_on]


def totals(rows: list[Row], seller_name: str) -> None:
    """The headline figures, one row of cards per home currency."""
    for row in rows:
        currency = row["HomeCurrency"]
        items = [
            (label, f"<small>{currency}</small> {parts.money(row[label], currency)}", note)
            for label, note in (
                ("Revenue", f"what {seller_name} bills its buyers"),
                ("Cost", f"what {seller_name} pays for it"),
                ("Margin", "revenue less cost"),
            )
        ]
        if row["FxEffect"]:
            effect = f"<small>{currency}</small> {parts.money(row['FxEffect'], currency)}"
            items.append(("Of it by exchange rates", effect, "contracts with rates of their own, against the month's"))
        if row["PartnerBenefit"]:
            benefit = f"<small>{currency}</small> {parts.money(row['PartnerBenefit'], currency)}"
            items.append(("Partner benefit", benefit, "earned from providers; buyers see what a contract shares"))
        if row["SharedBenefit"]:
            shared = f"<small>{currency}</small> {parts.money(row['SharedBenefit'], currency)}"
            items.append(("Passed on", shared, "of partner benefits, part of the revenue as less of it"))
        st.html(parts.facts(items))


def ranking(reader: Reader, bundle: Bundle, where: Filter, names: dict[str, str], look: dict[str, Any]) -> None:
    """Margin by the chosen kind of name, as a chart and as figures."""
    st.html(parts.section("Ranking", "Largest margin first."))
    asked = st.segmented_control("Rank by", list(RANKINGS), default="Buyer", required=True, key="rank")
    by = RANKINGS[asked or "Buyer"]
    rows = reader.margin(bundle, by, where, SHOWN_ROWS)
    found = rows[0]["Found"] if rows else 0
    labels = [name_of(row, by, names) for row in rows]
    show_chart(charts.margin(rows[:BARS], labels[:BARS], look), "margin")
    if found > BARS:
        st.caption(f"The chart shows the first {BARS} of {figures.count(found)}; the table goes on.")
    named = [row | {"Name": label} for row, label in zip(rows, labels, strict=True)]
    st.html(parts.table(named, [Column("Name", "Name"), *money_columns(rows)], label="Margin ranking"))
    if found > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS} of {figures.count(found)} rows.")


def edges(reader: Reader, bundle: Bundle, names: dict[str, str]) -> None:
    """Every edge of the chain, whoever sells."""
    st.html(parts.section("The whole chain", "Every edge seller → buyer, each in its seller's home currency."))
    rows = reader.margin(bundle, "edge", Filter(), SHOWN_ROWS)
    found = rows[0]["Found"] if rows else 0
    named = [
        row | {"Seller": names.get(row["SellerTenantId"], row["SellerTenantId"]), "Buyer": name_of(row, "edge", names)}
        for row in rows
    ]
    heads = [Column("Seller", "Seller"), Column("Buyer", "Buyer"), Column("Currency", "HomeCurrency")]
    with st.expander(f"All {figures.plural(found, 'edge')}"):
        st.html(parts.table(named, [*heads, *money_columns(rows)], label="All edges"))
        if found > SHOWN_ROWS:
            st.caption(f"The first {SHOWN_ROWS} of {figures.count(found)} rows.")


def page() -> None:
    """The page from top to bottom."""
    reader, period, look = open_page("Margin", "What each seller earns, by buyer, customer, provider and service.")
    bundle = reader.operator(period)
    if bundle is None or not bundle.has("margin.parquet"):
        why = "Margin is shown once the gate lets the month pass. The Month page says what it refused."
        st.html(parts.empty(f"No margin for {figures.month(period)}", why))
        return
    parties = reader.parties(bundle)
    names = month.tenant_names(parties)
    path = bundle.file("margin.parquet")
    sellers = month.sellers(month.edges_of(parties))
    left, middle, right = st.columns(3)
    with left:
        seller = choose("Seller", sellers, "seller", lambda tenant: names.get(tenant, tenant))
    own = Filter({"SellerTenantId": seller})
    with middle:
        provider = pick("Provider", reader.choices(path, "x_Provider", own), "margin_provider", provider_name)
    with right:
        buyer = pick(
            "Buyer",
            reader.choices(path, "BuyerTenantId", own),
            "margin_buyer",
            lambda tenant: names.get(tenant, tenant),
        )
    narrowed = {"SellerTenantId": seller, "x_Provider": provider, "BuyerTenantId": buyer}
    where = Filter({name: value for name, value in narrowed.items() if value})
    totals(reader.margin(bundle, "total", where, SHOWN_ROWS), names.get(seller, seller))
    ranking(reader, bundle, where, names, look)
    edges(reader, bundle, names)


page()
