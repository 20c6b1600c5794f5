-- Grain: one row per charge key that the operator pays for: its cost, and what it saves on it, in its home currency.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

dispositions as (
    select * from {{ ref('rated_dispositions') }} where Disposition in ('billed', 'absorbed')
),

home_fx as (
    select * from {{ source('config', 'home_fx') }}
),

first_edges as (
    select TenantId, SegmentStart, BuyerTenantId from {{ source('config', 'tenant_edges') }} where Depth = 1
),

operator as (
    select TenantId as OperatorId from {{ source('config', 'tenants') }} where TenantKind = 'operator'
),

final as (
    select
        keys.KeyNo,
        operator.OperatorId as SellerTenantId,
        coalesce(first_edges.BuyerTenantId, operator.OperatorId) as BuyerTenantId,
        coalesce(dispositions.TenantId, operator.OperatorId) as TenantId,
        keys.x_Provider,
        keys.ServiceName,
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
)

select * from final
