"""Charts. Floats are allowed here and nowhere else: they are lengths on a screen; hover texts are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from dashboards import figures
from dashboards.data import Row
from dashboards.reports import percent
from dashboards.theme import provider_name

FONT = "Source Sans, Source Sans Pro, sans-serif"


def finish(chart: alt.TopLevelMixin, look: dict[str, Any]) -> Any:
    """The house look: quiet axes, no frame, text in the page's ink."""
    return (
        chart.configure_view(stroke=None)
        .configure(background="transparent", font=FONT)
        .configure_axis(
            labelColor=look["muted"], titleColor=look["muted"], gridColor=look["line"], domain=False, ticks=False,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelPadding=8,
        )
        .configure_legend(
            labelColor=look["ink"], labelFontSize=12, title=None, orient="top", symbolType="square", symbolSize=90,
            offset=8,
        )
    )  # fmt: skip


def coverage(rows: Sequence[Row], look: dict[str, Any]) -> Any:
    """Share of each provider's cost by disposition (absolute amounts, so that credits take room too)."""
    order = list(look["dispositions"])
    values = [
        {
            "provider": f"{provider_name(row['x_Provider'])} · {row['BillingCurrency']}",
            "disposition": row["Disposition"],
            "order": order.index(row["Disposition"]) if row["Disposition"] in order else len(order),
            "size": figures.pixels(abs(row["BilledCost"])),
            "reason": row["Reason"] or "—",
            "cost": figures.with_currency(row["BilledCost"], row["BillingCurrency"]),
            "lines": figures.count(row["LineCount"]),
        }
        for row in rows
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values), height=alt.Step(46))
        .mark_bar(size=26)
        .encode(
            y=alt.Y("provider:N", title=None, axis=alt.Axis(labelFontSize=13, labelColor=look["ink"], labelLimit=220)),
            x=alt.X("size:Q", stack="normalize", title="share of the provider's cost", axis=alt.Axis(format="%")),
            color=alt.Color(
                "disposition:N", scale=alt.Scale(domain=order, range=list(look["dispositions"].values())), sort=order
            ),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("provider", "disposition", "reason", "cost", "lines")],
        )
    )
    return finish(chart, look)


def margin(rows: Sequence[Row], names: Sequence[str], look: dict[str, Any]) -> Any:
    """What is bought and what is earned on it, one bar per name, in the order given."""
    values = []
    for row, name in zip(rows, names, strict=True):
        exact = {key: figures.with_currency(row[key], row["HomeCurrency"]) for key in ("Revenue", "Cost", "Margin")}
        for order, part in enumerate(("Cost", "Margin")):
            tone = "Loss" if part == "Margin" and row[part] < 0 else part
            values.append({"name": name, "part": tone, "order": order, "size": figures.pixels(row[part]), **exact})
    parts = ["Cost", "Margin", *(["Loss"] if any(value["part"] == "Loss" for value in values) else [])]
    currency = rows[0]["HomeCurrency"] if rows else ""
    chart = (
        alt.Chart(alt.InlineData(values=values), height=alt.Step(34))
        .mark_bar(size=20)
        .encode(
            y=alt.Y("name:N", sort=None, title=None,
                    axis=alt.Axis(labelFontSize=13, labelColor=look["ink"], labelLimit=190)),
            x=alt.X("size:Q", title=f"revenue = cost + margin, {currency}", axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color(
                "part:N",
                sort=parts,
                scale=alt.Scale(domain=parts, range=["#cfd8d3", look["accent"], look["refused"]]),
            ),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip(f"{key}:N") for key in ("name", "Revenue", "Cost", "Margin")],
        )
    )  # fmt: skip
    return finish(chart, look)


def daily(rows: Sequence[Row], look: dict[str, Any]) -> Any:
    """Cost per day, stacked by provider."""
    domain = sorted({provider_name(row["x_Provider"]) for row in rows})
    values = [
        {
            "day": row["ChargeDate"].isoformat(),
            "provider": provider_name(row["x_Provider"]),
            "size": figures.pixels(row["Cost"]),
            "cost": figures.with_currency(row["Cost"], row["BillingCurrency"]),
        }
        for row in rows
    ]
    currency = rows[0]["BillingCurrency"] if rows else ""
    chart = (
        alt.Chart(alt.InlineData(values=values), height=230)
        .mark_bar(width=alt.RelativeBandSize(band=0.8))
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", grid=False, labelOverlap=True)),
            y=alt.Y("size:Q", title=f"{currency} per day, unrounded", axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color(
                "provider:N",
                scale=alt.Scale(domain=domain, range=look["series"]),
            ),
            tooltip=[alt.Tooltip("day:N"), alt.Tooltip("provider:N"), alt.Tooltip("cost:N")],
        )
    )
    return finish(chart, look)


def utilisation(rows: Sequence[Row], look: dict[str, Any]) -> Any:
    """What each commitment costs, used and unused, one bar each in the order given; rows of one currency."""
    return _two_parts(
        rows,
        [("used", "Used", look["accent"]), ("unused", "Unused", look["series"][1])],
        "amortized cost",
        look,
        lambda row: {"owner": str(row["OwnerName"]), "in use": percent(row["Utilisation"])},
    )


def partner_credits(rows: Sequence[Row], look: dict[str, Any]) -> Any:
    """What each customer earned and missed, one bar each in the order given; rows of one currency."""
    parts = [("earned", "Earned", look["accent"]), ("left on the table", "Missed", look["series"][1])]
    named = [row | {"Name": row["Customer"]} for row in rows]
    return _two_parts(named, parts, "partner credit", look, lambda _: {})


def _two_parts(
    rows: Sequence[Row],
    parts: Sequence[tuple[str, str, str]],
    measured: str,
    look: dict[str, Any],
    more: Callable[[Row], dict[str, str]],
) -> Any:
    """Bars of two parts: (word, column, colour) each; hover texts are exact."""
    values = []
    for row in rows:
        exact = {word: figures.with_currency(row[key], row["BillingCurrency"]) for word, key, _ in parts}
        for order, (word, key, _) in enumerate(parts):
            size = figures.pixels(row[key])
            values.append({"name": row["Name"], "part": word, "order": order, "size": size, **exact, **more(row)})
    words = [word for word, _, _ in parts]
    currency = rows[0]["BillingCurrency"] if rows else ""
    hover = [key for key in values[0] if key not in ("part", "order", "size")] if values else []
    chart = (
        alt.Chart(alt.InlineData(values=values), height=alt.Step(34))
        .mark_bar(size=20)
        .encode(
            y=alt.Y("name:N", sort=None, title=None,
                    axis=alt.Axis(labelFontSize=13, labelColor=look["ink"], labelLimit=230)),
            x=alt.X("size:Q", title=f"{measured}, {currency}", axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color(
                "part:N", sort=words, scale=alt.Scale(domain=words, range=[colour for _, _, colour in parts])
            ),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip(f"{key}:N") for key in hover],
        )
    )  # fmt: skip
    return finish(chart, look)
