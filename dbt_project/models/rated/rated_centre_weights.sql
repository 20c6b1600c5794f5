-- Grain: one row per invoice line that a customer with cost centres receives, and cost centre that bears a charge of
-- it: what these charges weigh there, in whole units of the 12th decimal.
with

prices as (
    select * from {{ ref('rated_prices') }}
),

keys as (
    select KeyNo, SegmentStart, x_TagValues from {{ ref('rated_charge_keys') }}
),

line_ids as (
    select * from {{ ref('rated_line_ids') }}
),

shares as (
    select * from {{ source('config', 'cost_centre_shares') }}
),

customers as (
    select distinct TenantId from shares
),

-- A customer sells to nobody: the edge on which it buys is the last one of its charges.
line_prices as (
    select
        line_ids.InvoiceDetailId,
        prices.BuyerTenantId,
        keys.SegmentStart,
        keys.x_TagValues,
        cast(sum(prices.InvoicedPrice) as decimal(38, 24)) as Price
    from prices
    inner join customers
        on prices.BuyerTenantId = customers.TenantId
    inner join keys
        on prices.KeyNo = keys.KeyNo
    inner join line_ids
        on prices.PriceKeyNo = line_ids.PriceKeyNo
        and prices.Depth = line_ids.Depth
    group by line_ids.InvoiceDetailId, prices.BuyerTenantId, keys.SegmentStart, keys.x_TagValues
),

-- A charge goes by percents to all of them; whole to the first centre whose tag it carries, else to the default.
candidates as (
    select
        line_prices.*,
        shares.CostCentreId,
        shares.Factor,
        shares.IsWhole,
        row_number() over (
            partition by line_prices.InvoiceDetailId, line_prices.SegmentStart, line_prices.x_TagValues
            order by case when shares.TagNo is null then 1 else 0 end, shares.CostCentreId
        ) as CandidateNo
    from line_prices
    inner join shares
        on line_prices.BuyerTenantId = shares.TenantId
        and line_prices.SegmentStart = shares.SegmentStart
        and (
            shares.TagNo is null
            or lower({{ tag_value('line_prices.x_TagValues', 'shares.TagNo') }}) = shares.TagValue
        )
),

weighed as (
    select
        InvoiceDetailId,
        CostCentreId,
        {{ price_high('Price') }} * {{ factor_units('Factor') }} as High,
        {{ price_low('Price') }} * {{ factor_units('Factor') }} as Low
    from candidates
    where CandidateNo = 1 or not IsWhole
),

summed as (
    select
        InvoiceDetailId,
        CostCentreId,
        cast(sum(High) as hugeint) as High,
        cast(sum(Low) as hugeint) as Low
    from weighed
    group by InvoiceDetailId, CostCentreId
),

final as (
    select
        InvoiceDetailId,
        CostCentreId,
        cast({{ weight_units('High', 'Low') }} as hugeint) as WeightUnits
    from summed
)

select * from final
