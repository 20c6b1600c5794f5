"""The slices of a lake against the oracle's reading of the same deliveries, row by row.

Where the marts differ this tells why: which provider rows the two read differently, and in what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.generator.truth import booked
from pipelines.generator.truth_amounts import WIDE
from pipelines.generator.truth_charges import Charge, day_after
from pipelines.generator.truth_tags import tags

COLUMNS = {
    "provider": "x_Provider",
    "account": "BillingAccountId",
    "invoice": "InvoiceId",
    "currency": "BillingCurrency",
    "day": "ChargePeriodStart",
    "category": "ChargeCategory",
    "charge_class": "ChargeClass",
    "corrected_invoice": "x_CorrectedInvoiceId",
    "customer": "x_ProviderCustomerId",
    "sub_account": "SubAccountId",
    "resource_group": "x_ResourceGroup",
    "service_category": "ServiceCategory",
    "service": "ServiceName",
    "sku": "SkuId",
    "sku_price": "SkuPriceId",
    "region": "RegionId",
    "pricing_unit": "PricingUnit",
    "publisher": "x_PublisherName",
    "commitment": "CommitmentDiscountType",
    "status": "CommitmentDiscountStatus",
    "benefit_row": "x_PartnerBenefitKind",
    "tags": "Tags",
    "credit_kind": "x_CreditKind",
    "invoice_type": "x_InvoiceType",
    "pricing_currency": "PricingCurrency",
    "exchange_rate": "x_ExchangeRate",
    "list_cost": "ListCost",
    "contracted": "ContractedCost",
    "billed": "BilledCost",
    "effective": "EffectiveCost",
    "benefit": "x_PartnerBenefitAmount",
    "quantity": "PricingQuantity",
    "end": "ChargePeriodEnd",
    "commitment_id": "CommitmentDiscountId",
    "commitment_owner": "x_CommitmentOwnerId",
    "benefit_kind": "x_PartnerBenefitKind",
    "benefit_status": "x_PartnerBenefitStatus",
    "missed": "x_PartnerBenefitMissed",
}
PRICED = ("Usage", "Purchase")
OWNERLESS = ("category", "billed", "invoice", "currency", "service")
NEAR = 200
Row = tuple[object, ...]


def compare_rows(deliveries: Path, lake: Path, period: str, shown: int = 10) -> list[str]:
    """Rows that one side has and the other has not, as sentences; empty if both read alike."""
    with localcontext(WIDE):
        oracle = Counter(_oracle_row(charge) for charge in booked(deliveries, period))
        engine = Counter(_slice_rows(lake, period))
    found = [f"{what}: {count}" for what, count in _by_column(oracle - engine, engine - oracle).items()]
    for name, rows in (("oracle only", oracle - engine), ("engine only", engine - oracle)):
        found += [f"{name}: {_told(row)}" for row in sorted(rows, key=str)[:shown]]
    return found


def _oracle_row(charge: Charge) -> Row:
    return _row({**charge.key._asdict(), **charge._asdict()})


def _slice_rows(lake: Path, period: str) -> Iterator[Row]:
    for path in sorted(lake.glob(f"focus/provider=*/account=*/period={period}/slice=*/charges.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(columns=list(COLUMNS.values())):
            for record in batch.to_pylist():
                values = {name: record[column] for name, column in COLUMNS.items()}
                values |= {"day": values["day"].date(), "end": day_after(values["day"], values["end"])}
                credit = values["category"] == "Credit"
                values["benefit_row"] = credit and values["benefit_row"] is not None
                yield _row(values)


def _row(values: dict[str, Any]) -> Row:
    """A row as both sides can state it: only what owners, rules, lines and prices see of its category."""
    if values["customer"] is None and values["sub_account"] is None:
        values = {name: value if name in OWNERLESS else None for name, value in values.items()}
    if values["category"] not in PRICED:
        values |= {"quantity": None, "commitment": None, "sku_price": None, "commitment_id": None}
        values |= {"commitment_owner": None}
    values = values | {"tags": tuple(sorted(tags(values["tags"]).items()))}
    quantity = values["quantity"]
    return tuple(_plain(quantity or Decimal(0)) if name == "quantity" else _plain(values[name]) for name in COLUMNS)


def _plain(value: object) -> object:
    return value.normalize() + 0 if isinstance(value, Decimal) else value


def _by_column(oracle: Counter[Row], engine: Counter[Row]) -> dict[str, int]:
    """How many of the first rows have a near twin on the other side that differs in just the columns named."""
    counts: Counter[str] = Counter()
    for row in list(oracle)[:NEAR]:
        near = min(engine, key=lambda other: sum(a != b for a, b in zip(row, other, strict=True)), default=None)
        if near is not None:
            names = [name for name, mine, theirs in zip(COLUMNS, row, near, strict=True) if mine != theirs]
            counts["differ in " + ", ".join(names)] += 1
    return dict(counts.most_common())


def _told(row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(COLUMNS, row, strict=True) if value is not None)
