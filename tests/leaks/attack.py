"""Every attack on one bundle."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.leaks.bundle import Bundle, Row
from tests.leaks.numbers import told
from tests.leaks.rows import betrayed, covered_shows, order_tells
from tests.leaks.secrets import Fact, Known, align, totals
from tests.leaks.texts import said, unaccounted


def attack(bundle: Bundle, known: Known) -> Iterator[str]:
    """What the bundle gives away, one sentence each; what is quick to try comes first."""
    yield from said(bundle, known)
    yield from unaccounted(bundle)
    yield from order_tells(bundle.label, bundle.charges)
    yield from _of_amounts(bundle, known)
    yield from _of_rows(bundle, known)


def _of_amounts(bundle: Bundle, known: Known) -> Iterator[str]:
    rows = bundle.charges
    facts = align(rows, known.facts)
    yield from told(f"{bundle.label}: charges", rows, facts, shared=known.shared)
    lines = bundle.tables["invoice_detail.parquet"]
    behind = totals(facts, [row["InvoiceDetailId"] for row in rows], [line["InvoiceDetailId"] for line in lines])
    yield from told(f"{bundle.label}: invoice lines", lines, behind, shared=known.shared)
    days = bundle.tables["daily_costs.parquet"]
    wanted = [(day["TenantId"], day["ServiceName"], day["ChargeDate"]) for day in days]
    keys = [_day(row, fact) for row, fact in zip(rows, facts, strict=True)]
    known_of_day = _public_of_day(rows, facts, keys)
    days = [day | known_of_day.get(key, {}) for day, key in zip(days, wanted, strict=True)]
    yield from told(f"{bundle.label}: days", days, totals(facts, keys, wanted), shared=known.shared)


def _day(row: Row, fact: Fact | None) -> tuple[object, ...] | None:
    return (row["x_TenantId"], row["ServiceName"], row["ChargePeriodStart"].date()) if fact else None


def _public_of_day(
    rows: list[Row], facts: list[Fact | None], keys: list[tuple[object, ...] | None]
) -> dict[object, dict[str, Decimal]]:
    """What the detail tells of a day in public figures: list cost, also by the rule that prices it, and quantity."""
    rules = sorted({fact.rule for fact in facts if fact})
    zero = {"ListCost": Decimal(0), "PricingQuantity": Decimal(0), **{f"ListCost of {r}": Decimal(0) for r in rules}}
    found: dict[object, dict[str, Decimal]] = {}
    for row, fact, key in zip(rows, facts, keys, strict=True):
        if fact:
            day = found.setdefault(key, dict(zero))
            day["ListCost"] += row["ListCost"]
            day[f"ListCost of {fact.rule}"] += row["ListCost"]
            day["PricingQuantity"] += row["PricingQuantity"] or 0
    return found


def _of_rows(bundle: Bundle, known: Known) -> Iterator[str]:
    rows = bundle.charges
    facts = align(rows, known.facts)
    if known.shared != "price":
        yield from betrayed(bundle.label, rows, facts, "earned")
    yield from betrayed(bundle.label, rows, facts, "covered")
    yield from covered_shows(bundle.label, rows, facts)
