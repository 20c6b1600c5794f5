-- Grain: one row per reseller tier, tenant or service and check: nothing appears or disappears between tiers.
with

prices as (
    select * from {{ ref('rated_prices') }}
),

price_keys as (
    select * from {{ ref('rated_price_keys') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

dispositions as (
    select * from {{ ref('rated_dispositions') }}
),

margin as (
    select * from {{ ref('marts_margin') }}
),

treatments as (
    select KeyNo, Depth, Treatment from {{ ref('rated_treatments') }} where Treatment = 'none'
),

-- What a buyer sells on has been sold to it: charge counts of an edge equal those of the edges below, but for what a
-- policy for commitments takes out.
resold as (
    select
        upper_edge.SellerTenantId || ' > ' || upper_edge.BuyerTenantId as Scope,
        cast(sum(case when treatments.KeyNo is null then upper_edge.LineCount else 0 end) as decimal(38, 24))
            as Expected,
        cast(sum(coalesce(lower_edge.LineCount, 0)) as decimal(38, 24)) as Actual
    from prices as upper_edge
    left join prices as lower_edge
        on upper_edge.PriceKeyNo = lower_edge.PriceKeyNo
        and upper_edge.Depth + 1 = lower_edge.Depth
        and upper_edge.BuyerTenantId = lower_edge.SellerTenantId
    left join treatments
        on upper_edge.KeyNo = treatments.KeyNo
        and upper_edge.Depth + 1 = treatments.Depth
    where upper_edge.Depth < upper_edge.EdgeCount
    group by upper_edge.SellerTenantId || ' > ' || upper_edge.BuyerTenantId
),

priced as (
    select price_keys.KeyNo, cast(sum(price_keys.BilledCost) as decimal(38, 24)) as BilledCost
    from price_keys
    inner join prices
        on price_keys.PriceKeyNo = prices.PriceKeyNo
        and prices.Depth = 1
    group by price_keys.KeyNo
),

-- Every charge that is billed has a price, and no other one has.
services as (
    select
        keys.x_Provider || ' / ' || coalesce(keys.ServiceName, '(none)') as Scope,
        keys.BillingCurrency as Currency,
        cast(sum(case when dispositions.Disposition = 'billed' then keys.BilledCost else 0 end) as decimal(38, 24))
            as Expected,
        cast(sum(coalesce(priced.BilledCost, 0)) as decimal(38, 24)) as Actual
    from keys
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    left join priced
        on keys.KeyNo = priced.KeyNo
    group by keys.x_Provider || ' / ' || coalesce(keys.ServiceName, '(none)'), keys.BillingCurrency
),

margins as (
    select SellerTenantId as Scope, HomeCurrency as Currency, cast(sum(Revenue - Cost) as decimal(38, 24)) as Expected,
        cast(sum(Margin) as decimal(38, 24)) as Actual
    from margin
    group by SellerTenantId, HomeCurrency
),

final as (
    select 'bought = sold on' as CheckName, Scope, '' as Currency, Expected, Actual, '' as Note from resold
    union all
    select 'billed cost by service = priced' as CheckName, Scope, Currency, Expected, Actual, '' as Note from services
    union all
    select 'price = cost + margin' as CheckName, Scope, Currency, Expected, Actual, '' as Note from margins
)

select * from final
