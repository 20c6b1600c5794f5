"""The oracle's reading of one Google row: what kind of row it is, and everything about it but its amounts."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from pipelines.generator.truth_amounts import money, text
from pipelines.generator.truth_charges import ADJUSTMENT, CORRECTION, PURCHASE, TAX, USAGE, ChargeKey, day_after
from pipelines.generator.truth_services import by_code
from pipelines.generator.truth_tags import tag_text

Row = dict[str, Any]
COMMITTED = "CUD"
OFFSET = "FEE_UTILIZATION_OFFSET"
CATEGORY = {"tax": TAX, "adjustment": ADJUSTMENT, "rounding_error": ADJUSTMENT}


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(str(value)[:10])


def _tags(row: Row) -> str | None:
    """Labels of the project, then of the resource, then its tags: the nearer word counts."""
    sources = ((row.get("project") or {}).get("labels"), row.get("labels"), row.get("tags"))
    return tag_text({pair["key"]: pair["value"] for source in sources for pair in source or ()})


def end_of(row: Row) -> date | None:
    """The first day after the row's usage."""
    start, end = row.get("usage_start_time"), row.get("usage_end_time")
    return day_after(_moment(start), _moment(end)) if start is not None and end is not None else None


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value)[:19])
    return moment.replace(tzinfo=None)


def is_fee(row: Row) -> bool:
    """A commitment's fee: its product says so, or an offset returns the part of the fee that was used."""
    if str(row.get("cost_type") or "regular") != "regular":
        return False
    description = str((row.get("sku") or {}).get("description") or "")
    return has_offset(row) or re.search(r"\bcommitment\b", description.lower()) is not None


def has_offset(row: Row) -> bool:
    """Whether the newer model gives a part of the fee back."""
    return any(credit["type"] == OFFSET for credit in row.get("credits") or ())


def is_flexible(row: Row) -> bool:
    """Usage that the newer model delivers at its committed price."""
    model = str((row.get("consumption_model") or {}).get("description") or "").upper()
    return "CUD" in model and str(row.get("cost_type") or "regular") == "regular" and not is_fee(row)


def subscription(row: Row) -> str | None:
    """The commitment that a row itself names."""
    return (row.get("subscription") or {}).get("instance_id") or None


def fee_commitment(row: Row) -> str | None:
    """The commitment that a fee pays for: its own, else its product."""
    return subscription(row) or (row.get("sku") or {}).get("id")


def days_of(row: Row) -> int:
    """How many days a fee pays for: of daylight saving's 23 and 25 hours each is one."""
    start, end = row.get("usage_start_time"), row.get("usage_end_time")
    if start is None or end is None:
        return 1
    return max((int((_moment(end) - _moment(start)).total_seconds()) + 43_200) // 86_400, 1)


def _publisher(row: Row) -> str | None:
    third_party = str(row.get("transaction_type") or "").startswith("THIRD_PARTY")
    partner = (row.get("invoice") or {}).get("publisher_type") == "PARTNER"
    return (row.get("seller_name") or "Google Cloud Marketplace") if third_party or partner else None


def _sku_price(sku: dict[str, Any], row: Row) -> str | None:
    """A price is a tier of a product; the first tier starts at nothing and needs no name."""
    tier = money((row.get("price") or {}).get("tier_start_amount"))
    return f"{sku.get('id')}/{text(tier)}" if tier else sku.get("id")


def key_of(row: Row, parent: str, month: str) -> ChargeKey:
    """Everything about the row but its amounts; `month` is the invoice month as Google writes it."""
    project, service, sku = row.get("project") or {}, row.get("service") or {}, row.get("sku") or {}
    customer = row.get("billing_account_id")
    kind = str(row.get("cost_type") or "regular")
    fee = is_fee(row)
    category = PURCHASE if fee else CATEGORY.get(kind, USAGE)
    first = date(int(month[:4]), int(month[4:]), 1)
    day = _day(row.get("usage_start_time") or first)
    stated = row.get("currency_conversion_rate")
    adjusted = bool(row.get("adjustment_info") or row.get("adjustmentsInfo"))
    return ChargeKey(
        provider="gcp",
        account=parent,
        invoice=None,
        currency=str(row["currency"]),
        day=day,
        category=category,
        charge_class=CORRECTION if kind == "adjustment" or (adjusted and day < first) else None,
        customer=str(customer) if customer and customer != parent else None,
        sub_account=project.get("id") or None,
        service_category=by_code("gcp", service.get("description")),
        service=service.get("description"),
        sku=sku.get("id") if category != TAX else None,
        sku_price=_sku_price(sku, row) if category != TAX else None,
        region=(row.get("location") or {}).get("region") or None,
        pricing_unit=(row.get("usage") or {}).get("pricing_unit") if category in (USAGE, PURCHASE) else None,
        publisher=_publisher(row),
        commitment=COMMITTED if fee else None,
        commitment_id=fee_commitment(row) if fee else None,
        commitment_owner=(project.get("id") or (customer if customer != parent else None)) if fee else None,
        tags=_tags(row),
        pricing_currency="USD" if stated not in (None, "") else str(row["currency"]),
        exchange_rate=money(stated) if stated not in (None, "") else None,
    )
