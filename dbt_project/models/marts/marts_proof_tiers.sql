-- Grain: one row per graduated tier group: its price by the tiers is what its charges cost, residuals included.
with

measures as (
    select * from {{ ref('rated_tier_measures') }} where IsAccrued
),

groups as (
    select * from {{ ref('rated_tier_groups') }}
),

prices as (
    select * from {{ ref('rated_prices') }}
),

residuals as (
    select GroupNo, cast(sum(Residual) as decimal(38, 24)) as Residual
    from {{ ref('rated_tier_residuals') }}
    group by GroupNo
),

priced as (
    select
        groups.GroupNo,
        max(prices.BillingCurrency) as BillingCurrency,
        cast(sum(prices.InvoicedPrice + prices.SharedBenefit) as decimal(38, 24)) as Total
    from measures
    inner join groups
        on measures.GroupNo = groups.GroupNo
    inner join prices
        on abs(measures.KeyNo) = prices.KeyNo
        and measures.Depth = prices.Depth
    group by groups.GroupNo
),

final as (
    select
        'tier group price = its charges + residuals' as CheckName,
        groups.ContractId || ' / tier group ' || cast(groups.GroupNo as varchar) as Scope,
        priced.BillingCurrency as Currency,
        cast(groups.GroupPrice as decimal(38, 24)) as Expected,
        cast(priced.Total + residuals.Residual as decimal(38, 24)) as Actual,
        '' as Note
    from groups
    inner join priced
        on groups.GroupNo = priced.GroupNo
    inner join residuals
        on groups.GroupNo = residuals.GroupNo
    where groups.GroupPrice is not null
)

select * from final
