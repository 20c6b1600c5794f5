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

shared as (
    select * from {{ ref('marts_shared_benefits') }}
),

provider_costs as (
    select * from {{ ref('marts_provider_costs') }}
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
        cast(0 as decimal(38, 24)) as PartnerBenefit,
        cast(0 as decimal(38, 24)) as SharedBenefit
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
        cast(0 as decimal(38, 24)) as PartnerBenefit,
        cast(0 as decimal(38, 24)) as SharedBenefit
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
        SellerTenantId, BuyerTenantId, TenantId, x_Provider, ServiceName,
        cast(0 as decimal(38, 24)) as Revenue,
        Cost,
        cast(0 as decimal(38, 24)) as FxEffect,
        cast(0 as decimal(38, 24)) as RoundingEffect,
        PartnerBenefit,
        cast(0 as decimal(38, 24)) as SharedBenefit
    from provider_costs
),

passed_on as (
    select
        shared.SellerTenantId, shared.BuyerTenantId, shared.TenantId, shared.x_Provider, shared.ServiceName,
        cast(0 as decimal(38, 24)) as Revenue,
        cast(0 as decimal(38, 24)) as Cost,
        cast(0 as decimal(38, 24)) as FxEffect,
        cast(0 as decimal(38, 24)) as RoundingEffect,
        cast(0 as decimal(38, 24)) as PartnerBenefit,
        {{ product('shared.SharedBenefit', 'contracts.FxToSellerHome') }} as SharedBenefit
    from shared
    inner join contracts
        on shared.ContractId = contracts.ContractId
),

final as (
    select * from revenue
    union all
    select * from upstream
    union all
    select * from provider_cost
    union all
    select * from passed_on
)

select * from final
