"""Microsoft CSP daily rated usage: gzip JSON-Lines parts in the shape of the billed usage export, attribute set full.

The text of a row is put together from segments that are the same for all days of a resource and from the
few fields that change by day; so millions of wide rows cost little more than their compression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipelines.generator import engine
from pipelines.money import Decimal


class Field(NamedTuple):
    """One JSON member: its SQL expression gives JSON text; `daily` ones differ between days of a resource."""

    name: str
    json: str
    daily: bool = False


RATE_DATE = "strftime(getvariable('month_start'), '%Y-%m-%dT00:00:00Z')"
FIELDS = (
    Field("PartnerId", "js(getvariable('partner'))"),
    Field("PartnerName", "js('Nordlicht Distribution GmbH')"),
    Field("CustomerId", "js(customer_id)"),
    Field("CustomerName", "js(customer_name)"),
    Field("CustomerDomainName", "js(domain)"),
    Field("CustomerCountry", "js(country)"),
    Field("MpnId", "js(getvariable('mpn'))"),
    Field("Tier2MpnId", "js(reseller_mpn)"),
    Field("InvoiceNumber", "js(getvariable('invoice'))"),
    Field("ProductId", "js(product_id)"),
    Field("SkuId", "js(sku_id)"),
    Field("AvailabilityId", "js(availability_id)"),
    Field("SkuName", "js(sku_name)"),
    Field("ProductName", "js(product_name)"),
    Field("PublisherName", "js('Microsoft')"),
    Field("PublisherId", "js('')"),
    Field("SubscriptionDescription", "js('Azure plan')"),
    Field("SubscriptionId", "js(plan_id)"),
    Field("ChargeStartDate", f"js({RATE_DATE})"),
    Field("ChargeEndDate", "js(strftime(getvariable('month_end') - interval 1 day, '%Y-%m-%dT23:59:59Z'))"),
    Field("UsageDate", "js(strftime(usage_date, '%Y-%m-%dT00:00:00Z'))", daily=True),
    Field("MeterType", "js(unit)"),
    Field("MeterCategory", "js(category)"),
    Field("MeterId", "js(meter_id)"),
    Field("MeterSubCategory", "js(subcategory)"),
    Field("MeterName", "js(meter)"),
    Field("MeterRegion", "js(meter_region)"),
    Field("Unit", "js(unit)"),
    Field("ResourceLocation", "js(region)"),
    Field("ConsumedService", "js(consumed_service)"),
    Field("ResourceGroup", "case when shouting then js(upper(resource_group)) else js(resource_group) end", daily=True),
    Field("ResourceURI", "case when shouting then js(upper(resource_id)) else js(resource_id) end", daily=True),
    Field("ChargeType", "js('New')"),
    Field("UnitPrice", "plain(unit_price)", daily=True),
    Field("Quantity", "plain(quantity)", daily=True),
    Field("UnitType", "js(unit)"),
    Field("BillingPreTaxTotal", "plain(billing_total)", daily=True),
    Field("BillingCurrency", "js(getvariable('currency'))"),
    Field("PricingPreTaxTotal", "plain(pricing_total)", daily=True),
    Field("PricingCurrency", "js('USD')"),
    Field("ServiceInfo1", "js('')"),
    Field("ServiceInfo2", "js('')"),
    Field("Tags", "js(tags)"),
    Field("AdditionalInfo", "js(additional_info)"),
    Field("EffectiveUnitPrice", "plain(paid_price)", daily=True),
    Field("PCToBCExchangeRate", "plain(cast(getvariable('fx') as decimal(9,6)))"),
    Field("PCToBCExchangeRateDate", f"js({RATE_DATE})"),
    Field("EntitlementId", "js(subscription_id)"),
    Field("EntitlementDescription", "js(subscription_name)"),
    Field("PartnerEarnedCreditPercentage", "case when earned then '15' else '0' end", daily=True),
    Field("CreditPercentage", "case when credited then '100' else '0' end", daily=True),
    Field("CreditType", "js(case when credited then 'Azure Credit Applied' else 'Credit Not Applied' end)", daily=True),
    Field("BenefitOrderId", "js(case when covered then reservation_order end)", daily=True),
    Field("BenefitId", "js(case when covered then reservation_order || '/' || reservation_id end)", daily=True),
    Field("BenefitType", "js(case when covered then 'Reservation' end)", daily=True),
)  # fmt: skip
ACCOUNT_TYPES = {
    "account_no": pa.int32(), "customer_no": pa.int32(), "quota": pa.int64(), "customer_id": pa.string(),
    "customer_name": pa.string(), "domain": pa.string(), "country": pa.string(), "reseller_mpn": pa.string(),
    "plan_id": pa.string(), "subscription_id": pa.string(), "subscription_name": pa.string(), "credited": pa.bool_(),
    "reserved": pa.bool_(), "reservation_order": pa.string(), "reservation_id": pa.string(),
    "access_from": pa.int32(), "lapse": pa.int32(),
}  # fmt: skip
PRODUCT_TYPES = {
    "product_no": pa.int32(), "product_id": pa.string(), "sku_id": pa.string(), "availability_id": pa.string(),
    "meter_id": pa.string(), "product_name": pa.string(), "sku_name": pa.string(), "category": pa.string(),
    "subcategory": pa.string(), "meter": pa.string(), "meter_region": pa.string(), "region": pa.string(),
    "unit": pa.string(), "consumed_service": pa.string(), "resource_type": pa.string(),
    "unit_price": pa.decimal128(18, 10), "low": pa.int64(), "high": pa.int64(), "step": pa.int64(),
    "pec": pa.bool_(), "reserved": pa.bool_(), "tiny": pa.bool_(),
}  # fmt: skip


class Group(NamedTuple):
    """Usage of one reconciliation line: quantity in the product's unit, price in USD per unit."""

    customer_no: int
    product_no: int
    earned: bool
    covered: bool
    credited: bool
    unit_price: Decimal
    quantity: Decimal
    usage_days: int


def segments(fields: Sequence[Field]) -> tuple[str, str]:
    """SQL for the select list of static segments s0, s1 … and for the text of a row made of them."""
    static: list[str] = []
    row: list[str] = []
    pending: list[str] = []
    for position, field in enumerate(fields):
        label = ("{" if position == 0 else ",") + f'"{field.name}":'
        if field.daily:
            row += _segment(static, [*pending, f"'{label}'"])
            row.append(field.json)
            pending = []
        else:
            pending += [f"'{label}'", field.json]
    row += _segment(static, [*pending, "'}'"])
    return ",\n    ".join(static), " || ".join(row)


def _segment(static: list[str], expressions: Sequence[str]) -> list[str]:
    name = f"s{len(static)}"
    static.append(f"{' || '.join(expressions)} as {name}")
    return [name]


def write_part(path: Path, part: int, tables: Mapping[str, pa.Table], variables: Mapping[str, object]) -> list[Group]:
    """Write one part file and return what its rows add to the reconciliation lines."""
    con = engine.connect({**variables, "part": part})
    for name, content in tables.items():
        con.register(name, content)
    con.execute("create temp table usage_rows as " + engine.sql("azure_usage"))
    static, row = segments(FIELDS)
    kept = "resource_no, resource_group, resource_id, reservation_order, reservation_id"
    con.execute(f"create temp table texts as select {kept},\n    {static}\nfrom ({engine.sql('azure_resources')})")
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"copy (select {row} from usage_rows inner join texts using (resource_no)) to '{path}' ({engine.JSON_OPTIONS})"
    )
    groups = [Group(*values) for values in con.execute(engine.sql("azure_groups")).fetchall()]
    con.close()
    return groups
