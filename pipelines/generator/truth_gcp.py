"""The oracle reads Google months: the reseller rebilling export or, where there is none, the detailed export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.generator.truth_amounts import ZERO, money, number, r12, text
from pipelines.generator.truth_charges import (
    ADJUSTMENT,
    CORRECTION,
    CREDIT,
    PURCHASE,
    TAX,
    USAGE,
    Charge,
    ChargeKey,
    day_after,
)
from pipelines.generator.truth_deliveries import Export, accepted, best_kind, load_json
from pipelines.generator.truth_services import by_code
from pipelines.generator.truth_tags import tag_text

Row = dict[str, Any]
BATCH = 16_384
COMMITTED = "CUD"
MARGIN = "RESELLER_MARGIN"
CREDIT_KIND = {
    "PROMOTION": "promotional",
    "FREE_TIER": "free_tier",
    "SUSTAINED_USAGE_DISCOUNT": "sustained_use",
    "SPENDING_BASED_DISCOUNT": "volume",
    "COMMITTED_USAGE_DISCOUNT": "committed_use",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE": "committed_use",
    "FEE_UTILIZATION_OFFSET": "committed_use",
}
CATEGORY = {"tax": TAX, "adjustment": ADJUSTMENT, "rounding_error": ADJUSTMENT}
WANTED = frozenset(
    """payer_billing_account_id billing_account_id cost cost_type cost_at_list credits currency invoice project
    service sku usage location price adjustment_info adjustmentsInfo usage_start_time transaction_type seller_name
    subscription consumption_model usage_end_time currency_conversion_rate labels tags""".split()
)


def read(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every booked row of the invoice month, one parent account after the other."""
    month = period.replace("-", "")
    exports = accepted(_exports(deliveries / "gcp", month))
    for export in best_kind(exports, ("rebilling", "detailed")):
        for path in export.files:
            file = pq.ParquetFile(path)
            names = [name for name in file.schema_arrow.names if name in WANTED]
            for batch in file.iter_batches(batch_size=BATCH, columns=names):
                columns = [(name, batch.column(name).to_pylist()) for name in names]
                for index in range(batch.num_rows):
                    yield from _charges({name: values[index] for name, values in columns}, export.unit, month)


def _exports(root: Path, month: str) -> Iterator[Export]:
    for path in sorted(root.rglob("export-manifest.json")):
        manifest = load_json(path)
        if str(manifest["invoiceMonth"]) == month:
            kind = "rebilling" if "reseller" in str(manifest["table"]) else "detailed"
            files = tuple(path.parent / entry["name"] for entry in manifest["files"])
            rows = int(manifest["rowCount"])
            yield Export(str(manifest["parentAccount"]), kind, str(manifest["maxExportTime"]), rows, files)


def _charges(row: Row, parent: str, month: str) -> Iterator[Charge]:
    """The cost of one row, then each of its credits as a row of its own."""
    key = _key(row, parent, month)
    stated = number(row["cost"])
    cost = r12(stated)
    usage = row.get("usage") or {}
    quantity = money(usage.get("amount_in_pricing_units", usage.get("amount_in_pricing_unit")))
    at_list = row.get("cost_at_list")
    priced = key.category in (USAGE, PURCHASE) and key.commitment is None
    listed = money(at_list) if priced and at_list is not None else cost
    end = _end(row)
    yield Charge(key, listed, cost, cost, cost, ZERO, quantity, stated, end)
    for credit in row.get("credits") or ():
        yield _credit(key, credit)._replace(end=end)


def _credit(key: ChargeKey, credit: dict[str, Any]) -> Charge:
    stated = number(credit["amount"])
    amount = r12(stated)
    margin = credit["type"] == MARGIN
    kind = None if margin else CREDIT_KIND.get(credit["type"], "other")
    owner = key._replace(category=CREDIT, benefit_row=margin, commitment=None, pricing_unit=None, credit_kind=kind)
    if margin:
        return Charge(owner, ZERO, ZERO, amount, amount, -amount, ZERO, stated)
    return Charge(owner, amount, amount, amount, amount, ZERO, ZERO, stated)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(str(value)[:10])


def _tags(row: Row) -> str | None:
    """Labels of the project, then of the resource, then its tags: the nearer word counts."""
    sources = ((row.get("project") or {}).get("labels"), row.get("labels"), row.get("tags"))
    return tag_text({pair["key"]: pair["value"] for source in sources for pair in source or ()})


def _end(row: Row) -> date | None:
    """The first day after the row's usage."""
    start, end = row.get("usage_start_time"), row.get("usage_end_time")
    return day_after(_moment(start), _moment(end)) if start is not None and end is not None else None


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value)[:19])
    return moment.replace(tzinfo=None)


def _is_fee(row: Row, description: str) -> bool:
    """A commitment's fee: its product says so, or an offset returns the part of the fee that was used."""
    offset = any(credit["type"] == "FEE_UTILIZATION_OFFSET" for credit in row.get("credits") or ())
    return offset or re.search(r"\bcommitment\b", description.lower()) is not None


def _publisher(row: Row) -> str | None:
    third_party = str(row.get("transaction_type") or "").startswith("THIRD_PARTY")
    partner = (row.get("invoice") or {}).get("publisher_type") == "PARTNER"
    return (row.get("seller_name") or "Google Cloud Marketplace") if third_party or partner else None


def _sku_price(sku: dict[str, Any], row: Row) -> str | None:
    """A price is a tier of a product; the first tier starts at nothing and needs no name."""
    tier = money((row.get("price") or {}).get("tier_start_amount"))
    return f"{sku.get('id')}/{text(tier)}" if tier else sku.get("id")


def _key(row: Row, parent: str, month: str) -> ChargeKey:
    project, service, sku = row.get("project") or {}, row.get("service") or {}, row.get("sku") or {}
    customer = row.get("billing_account_id")
    kind = str(row.get("cost_type") or "regular")
    fee = kind == "regular" and _is_fee(row, str(sku.get("description") or ""))
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
        tags=_tags(row),
        pricing_currency="USD" if stated not in (None, "") else str(row["currency"]),
        exchange_rate=money(stated) if stated not in (None, "") else None,
    )
