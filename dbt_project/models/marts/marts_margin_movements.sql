-- Grain: one row per amount that makes margin: revenue of an edge, or the seller's cost of it, in its home currency.
-- A seller's cost is what it is billed itself: rounded lines of the edge above, or the provider's charges.
with

effects as (
    select * from {{ ref('marts_margin_lines') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

home_fx as (
    select * from {{ source('config', 'home_fx') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

dispositions as (
    select * from {{ ref('rated_dispositions') }}
),

first_edges as (
    select TenantId, SegmentStart, BuyerTenantId from {{ source('config', 'tenant_edges') }} where Depth = 1
),

operator as (
    select TenantId as OperatorId from {{ source('config', 'tenants') }} where TenantKind = 'operator'
),

resellers as (
    select TenantId from {{ source('config', 'tenants') }} where TenantKind = 'reseller'
),

revenue as (
    select
        effects.SellerTenantId, effects.BuyerTenantId, effects.TenantId, effects.x_Provider, effects.ServiceName,
        {{ product('effects.BilledCost', 'contracts.FxToSellerHome') }} as Revenue,
        cast(0 as decimal(38, 24)) as Cost,
        {{ product('effects.FxEffect', 'contracts.FxToSellerHome') }} as FxEffect,
        {{ product('effects.RoundingEffect', 'contracts.FxToSellerHome') }} as RoundingEffect,
        cast(0 as decimal(38, 24)) as PartnerBenefit
    from effects
    inner join contracts
        on effects.ContractId = contracts.ContractId
),

-- Where a customer hangs below two buyers of one seller in a period, its cost is shown once, on the first.
lower_edges as (
    select SellerTenantId, TenantId, min(BuyerTenantId) as BuyerTenantId
    from effects
    group by SellerTenantId, TenantId
),

-- What a reseller is billed for an end customer is its cost on the edge below, which is the buyer's sale;
-- what it does not sell on (its own usage, fees on itself) is its cost with nobody.
upstream as (
    select
        effects.BuyerTenantId as SellerTenantId,
        coalesce(lower_edges.BuyerTenantId, effects.BuyerTenantId) as BuyerTenantId,
        effects.TenantId, effects.x_Provider, effects.ServiceName,
        cast(0 as decimal(38, 24)) as Revenue,
        {{ product('effects.BilledCost', 'home_fx.FxRate') }} as Cost,
        -{{ product('effects.FxEffect', 'home_fx.FxRate') }} as FxEffect,
        -{{ product('effects.RoundingEffect', 'home_fx.FxRate') }} as RoundingEffect,
        cast(0 as decimal(38, 24)) as PartnerBenefit
    from effects
    inner join resellers
        on effects.BuyerTenantId = resellers.TenantId
    left join lower_edges
        on effects.BuyerTenantId = lower_edges.SellerTenantId
        and effects.TenantId = lower_edges.TenantId
    inner join home_fx
        on effects.BuyerTenantId = home_fx.TenantId
        and effects.BillingCurrency = home_fx.FromCurrency
),

provider_cost as (
    select
        operator.OperatorId as SellerTenantId,
        coalesce(first_edges.BuyerTenantId, operator.OperatorId) as BuyerTenantId,
        coalesce(dispositions.TenantId, operator.OperatorId) as TenantId,
        keys.x_Provider,
        keys.ServiceName,
        cast(0 as decimal(38, 24)) as Revenue,
        {{ product('keys.BilledCost', 'home_fx.FxRate') }} as Cost,
        cast(0 as decimal(38, 24)) as FxEffect,
        cast(0 as decimal(38, 24)) as RoundingEffect,
        {{ product('keys.PartnerBenefitAmount', 'home_fx.FxRate') }} as PartnerBenefit
    from keys
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    cross join operator
    inner join home_fx
        on operator.OperatorId = home_fx.TenantId
        and keys.BillingCurrency = home_fx.FromCurrency
    left join first_edges
        on dispositions.TenantId = first_edges.TenantId
        and keys.SegmentStart = first_edges.SegmentStart
    where dispositions.Disposition in ('billed', 'absorbed')
),

final as (
    select * from revenue
    union all
    select * from upstream
    union all
    select * from provider_cost
)

select * from final
