-- Grain: one row per graduated tier group and invoice line: its exact share of the group's price minus what the
-- charges of the line cost at the group's unit value. Together they make the group's price exact.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

-- A floor further down may have split a key; on the edge of the tier its parts are one. What the seller shares of a
-- partner benefit is taken off after the tiers.
prices as (
    select
        KeyNo,
        Depth,
        max(TenantId) as TenantId,
        max(PriceKeyNo) as PriceKeyNo,
        cast(sum(InvoicedPrice + SharedBenefit) as decimal(38, 24)) as InvoicedPrice
    from {{ ref('rated_prices') }}
    group by KeyNo, Depth
),

line_ids as (
    select * from {{ ref('rated_line_ids') }}
),

measures as (
    select * from {{ ref('rated_tier_measures') }} where IsAccrued
),

groups as (
    select * from {{ ref('rated_tier_groups') }} where GroupPrice is not null
),

-- The share is taken on the finest grain of an invoice line, whatever grain the contract bills.
lines as (
    select
        groups.GroupNo,
        prices.TenantId,
        keys.x_Provider,
        coalesce(keys.SubAccountId, '') as SubAccountId,
        coalesce(keys.ServiceName, '') as ServiceName,
        coalesce(keys.SkuId, '') as SkuId,
        coalesce(keys.PricingUnit, '') as PricingUnit,
        keys.ChargeCategory,
        coalesce(keys.ChargeClass, '') as ChargeClass,
        coalesce(keys.x_CorrectedInvoiceId, '') as CorrectedInvoiceId,
        max(line_ids.InvoiceDetailId) as InvoiceDetailId,
        max(groups.GroupPrice) as GroupPrice,
        {{ r12('sum(measures.Measure)') }} as Measure,
        cast(sum(prices.InvoicedPrice) as decimal(38, 24)) as LinePrice
    from measures
    inner join groups
        on measures.GroupNo = groups.GroupNo
    inner join keys
        on measures.KeyNo = keys.KeyNo
    inner join prices
        on abs(measures.KeyNo) = prices.KeyNo
        and measures.Depth = prices.Depth
    inner join line_ids
        on prices.PriceKeyNo = line_ids.PriceKeyNo
        and prices.Depth = line_ids.Depth
    group by
        groups.GroupNo, prices.TenantId, keys.x_Provider, coalesce(keys.SubAccountId, ''),
        coalesce(keys.ServiceName, ''), coalesce(keys.SkuId, ''), coalesce(keys.PricingUnit, ''),
        keys.ChargeCategory, coalesce(keys.ChargeClass, ''), coalesce(keys.x_CorrectedInvoiceId, '')
),

weighed as (
    select
        lines.*,
        {{ units_12('GroupPrice') }} as AmountUnits,
        {{ units_12('Measure') }} as WeightUnits,
        sum({{ units_12('Measure') }}) over (partition by GroupNo) as TotalUnits
    from lines
),

floored as (
    select
        weighed.*,
        {{ share_floor('AmountUnits', 'WeightUnits', 'TotalUnits') }} as ShareFloor,
        {{ share_remainder('AmountUnits', 'WeightUnits', 'TotalUnits') }} as ShareRemainder
    from weighed
    where TotalUnits > 0
),

shared as (
    select
        floored.*,
        {{ share_units('AmountUnits', 'ShareFloor', 'ShareRemainder', 'GroupNo',
            'TenantId, x_Provider, SubAccountId, ServiceName, SkuId, PricingUnit, ChargeCategory, ChargeClass, '
            ~ 'CorrectedInvoiceId') }} as ShareUnits
    from floored
),

final as (
    select
        GroupNo,
        InvoiceDetailId,
        cast(sum({{ amount_12('ShareUnits') }} - LinePrice) as decimal(38, 24)) as Residual
    from shared
    group by GroupNo, InvoiceDetailId
)

select * from final
