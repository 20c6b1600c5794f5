"""What commitments cost by day where the provider does not say: used rows get their share, the rest is unused.

A purchase is spread over its days; each day's amount is shared by the rows that used the commitment on that day,
and what they leave is a row of its own. Nothing here changes what is billed. A room asks for this with `amortizes`
and leaves EffectiveCost empty on used rows; amounts are in the BillingCurrency of the purchase.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.period import BillingPeriod
from pipelines.providers.staging import literal
from pipelines.schemas import slice_columns

SCRIPT = Path(__file__).with_suffix(".sql")
PURCHASES = "commitments.parquet"
"""In a slice's folder: purchases of commitments that run beyond its month. Absent where there are none."""

UNUSED_PART = 100  # x_SourcePart of the first unused day of a purchase; the later ones count on
DAY = 86_400
DAYS = f"greatest((epoch(ChargePeriodEnd - ChargePeriodStart)::bigint + {DAY // 2}) // {DAY}, 1)"
BOUGHT = """
create or replace temp view booked as {focus};
create or replace temp table billing_month as
select cast('{start}' as date) as PeriodStart, cast('{end}' as date) as PeriodEnd;
create or replace temp table committed as
select
    x_SourceFile, x_SourceRow, x_SourcePart, CommitmentDiscountId, BillingCurrency,
    cast(ChargePeriodStart as date) as Day, EffectiveCost, ListCost as Listed, PricingQuantity as Quantity, PricingUnit,
    CommitmentDiscountCategory = 'Spend' as IsSpend, PricingCurrency, x_ExchangeRate,
    InvoiceId, x_InvoiceType, BillingPeriodStart, BillingPeriodEnd,
    case when CommitmentDiscountStatus is null then struct_pack({fields}) end as Purchase
from booked
where CommitmentDiscountStatus = 'Used' or (ChargeCategory = 'Purchase' and CommitmentDiscountId is not null);
create or replace temp view used as select * exclude (Purchase) from committed where Purchase is null;
create or replace temp table bought as
select
    cast(row_number() over (order by IsEarlier, x_SourceFile, x_SourceRow, x_SourcePart) as integer) as PurchaseNo,
    *,
    {days} as DayCount,
    cast(ChargePeriodStart as date) as FirstDay
from (
    select unnest(Purchase), false as IsEarlier from committed where Purchase is not null
    union all by name
    select *, true as IsEarlier from raw_commitments
);
"""
"""What commitments are about, in one pass over the room's charges: reading them is dear."""

DERIVED = "repair('EffectiveCost', null, '{why}') || ',' || repair('PricingCurrencyEffectiveCost', null, '{why}')"
"""Entries of x_Repairs on derived rows; why: amortized, or unused, where all of the row is derived."""

# What an unused row says otherwise than the purchase that it is a part of.
UNUSED = {
    "x_SourcePart": f"cast({UNUSED_PART} - 1 + row_number() over (partition by PurchaseNo order by Day) as integer)",
    "ChargePeriodStart": "cast(Day as timestamp)",
    "ChargePeriodEnd": "cast(Day as timestamp) + interval 1 day",
    "ChargeCategory": "'Usage'",
    "ChargeClass": "null",
    "x_CorrectedInvoiceId": "null",
    "ChargeFrequency": "'Usage-Based'",
    "ChargeDescription": "concat_ws(': ', 'Unused commitment', ChargeDescription)",
    "PricingCategory": "'Committed'",
    "CommitmentDiscountStatus": "'Unused'",
    "CommitmentDiscountQuantity": "amount_of(coalesce(IdleHours, Idle))",
    "CommitmentDiscountUnit": "case when IdleHours is null then BillingCurrency else 'Hours' end",
    "ResourceId": "CommitmentDiscountId",
    "EffectiveCost": "amount_of(Idle)",
    "PricingCurrencyEffectiveCost": "in_pricing_currency(Idle)",
    "x_Repairs": f"with_repairs(null, {DERIVED.format(why='unused')})",
    "x_Extras": "null",
    # Of the bill that the row stands on, not of the one that its commitment was bought with.
    "InvoiceId": "bill.InvoiceId",
    "x_InvoiceType": "bill.x_InvoiceType",
    "BillingPeriodStart": "bill.BillingPeriodStart",
    "BillingPeriodEnd": "bill.BillingPeriodEnd",
    **dict.fromkeys(("BilledCost", "ListCost", "ContractedCost"), "0"),
    **dict.fromkeys(
        (
            "ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "ConsumedQuantity",
            "ConsumedUnit", "PricingCurrencyListUnitPrice", "PricingCurrencyContractedUnitPrice",
        ),
        "null",
    ),
}  # fmt: skip
SHARED = """
create or replace macro in_pricing_currency(u) as case
    when PricingCurrency is distinct from BillingCurrency and x_ExchangeRate > 0 then amount_of(
        sign(u) * ((2 * abs(u) * 1000000000000 + units_of(x_ExchangeRate)) // (2 * units_of(x_ExchangeRate))))
    else amount_of(u)
end;
create or replace temp table amortized as
select
    x_SourceFile, x_SourceRow, x_SourcePart, EffectiveCost is null as IsDerived, amount_of(UsedCost) as UsedCost,
    in_pricing_currency(UsedCost) as UsedInPricing
from used_days;
create or replace temp table owners as
select CommitmentDiscountId, min(x_CommitmentOwnerId) as OwnerId from bought group by CommitmentDiscountId;
create or replace temp table unused as
select {unused}
from idle
inner join bought using (PurchaseNo)
inner join (
    select
        BillingCurrency, min(InvoiceId) as InvoiceId, min(x_InvoiceType) as x_InvoiceType,
        min(BillingPeriodStart) as BillingPeriodStart, max(BillingPeriodEnd) as BillingPeriodEnd
    from {bill}
    group by BillingCurrency
) as bill using (BillingCurrency);
"""
RESULT = """
select booked.* replace (
    case when CommitmentDiscountStatus = 'Used' then coalesce(UsedCost, EffectiveCost, 0) else EffectiveCost end
        as EffectiveCost,
    case when CommitmentDiscountStatus = 'Used' then coalesce(UsedInPricing, PricingCurrencyEffectiveCost, 0)
        else PricingCurrencyEffectiveCost end as PricingCurrencyEffectiveCost,
    case when amortized.IsDerived then with_repairs(booked.x_Repairs, {derived})
        else booked.x_Repairs end as x_Repairs,
    coalesce(owners.OwnerId, booked.x_CommitmentOwnerId) as x_CommitmentOwnerId
)
from booked
left join amortized using (x_SourceFile, x_SourceRow, x_SourcePart)
left join owners using (CommitmentDiscountId)
union all by name
select * from unused
"""


def amortize(con: duckdb.DuckDBPyConnection, focus_sql: str, period: BillingPeriod) -> str:
    """SQL of a room's charges with derived effective costs and unused rows. Reads raw_commitments."""
    columns = [column for column in slice_columns() if column.id != "x_RateKey"]
    fields = ", ".join(f"{column.id} := cast({column.id} as {column.storage})" for column in columns)
    con.execute(BOUGHT.format(focus=focus_sql, start=period.start, end=period.end, days=DAYS, fields=fields))
    if con.execute("select 1 from bought union all select 1 from used limit 1").fetchone() is None:
        return focus_sql
    con.execute(SCRIPT.read_text(encoding="utf-8"))
    unused = ", ".join(
        f"cast({UNUSED.get(column.id, f'bought.{column.id}')} as {column.storage}) as {column.id}" for column in columns
    )
    # Only a commitment of an earlier month can be without any row here that says which bill this is.
    carried = con.execute("select 1 from raw_commitments limit 1").fetchone()
    con.execute(SHARED.format(unused=unused, bill="booked" if carried else "committed"))
    return RESULT.format(derived=DERIVED.format(why="amortized"))


def keep_purchases(con: duckdb.DuckDBPyConnection, folder: Path, period: BillingPeriod) -> None:
    """Write the purchases of this delivery that later months have a part in, for their slices to find."""
    running = f"not IsEarlier and DayCount > 1 and FirstDay + cast(DayCount as integer) > date '{period.end}'"
    if con.execute(f"select 1 from bought where {running} limit 1").fetchone() is None:
        return
    names = ", ".join(column.id for column in slice_columns() if column.id != "x_RateKey")
    con.execute(
        f"copy (select {names} from bought where {running} order by CommitmentDiscountId, {names})"
        f" to {literal(folder / PURCHASES)} (format parquet)"
    )


def without_purchase(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Commitments that were used and whose purchase nobody delivered: their use has no cost."""
    found = con.execute(
        "select distinct CommitmentDiscountId from used where EffectiveCost is null and CommitmentDiscountId"
        " not in (select CommitmentDiscountId from bought) order by CommitmentDiscountId"
    ).fetchall()
    return [str(row[0]) for row in found]
