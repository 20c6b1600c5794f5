-- Grain: one row per amount that makes margin: revenue of an edge, or the seller's cost of it, in its home currency.
-- A seller's cost is what it is billed itself: rounded lines of the edge above, or the provider's charges.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
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

revenue as (
    select
        lines.SellerTenantId, lines.BuyerTenantId, lines.TenantId, lines.x_Provider, lines.ServiceName,
        {{ product('lines.BilledCost', 'contracts.FxToSellerHome') }} as Revenue,
        cast(0 as decimal(38, 24)) as Cost,
        cast(0 as decimal(38, 24)) as PartnerBenefit
    from lines
    inner join contracts
        on lines.ContractId = contracts.ContractId
),

-- Where a customer hangs below two buyers of one seller in a period, its cost is shown once, on the first.
lower_edges as (
    select SellerTenantId, TenantId, Depth, min(BuyerTenantId) as BuyerTenantId
    from lines
    group by SellerTenantId, TenantId, Depth
),

-- What a reseller is billed for an end customer is its cost on the edge below, which is the buyer's sale.
upstream as (
    select
        lower_edges.SellerTenantId, lower_edges.BuyerTenantId, lines.TenantId, lines.x_Provider, lines.ServiceName,
        cast(0 as decimal(38, 24)) as Revenue,
        {{ product('lines.BilledCost', 'home_fx.FxRate') }} as Cost,
        cast(0 as decimal(38, 24)) as PartnerBenefit
    from lines
    inner join lower_edges
        on lines.BuyerTenantId = lower_edges.SellerTenantId
        and lines.TenantId = lower_edges.TenantId
        and lines.Depth + 1 = lower_edges.Depth
    inner join home_fx
        on lower_edges.SellerTenantId = home_fx.TenantId
        and lines.BillingCurrency = home_fx.FromCurrency
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
