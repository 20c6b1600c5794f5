-- Grain: one row per charge key and edge of its tenant's resale chain (depth 1 = the operator sells).
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_tenants as (
    select * from {{ ref('rated_key_tenants') }}
),

edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

final as (
    select
        keys.KeyNo,
        edges.Depth,
        edges.EdgeCount,
        edges.TenantId,
        edges.SellerTenantId,
        edges.BuyerTenantId,
        edges.ContractId,
        edges.PlanId,
        edges.BillingCurrency,
        fx.FxRate as FxFromProvider,
        case when edges.Depth = 1 then fx.FxRate else edges.FxFromParent end as FxFromParent
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    inner join edges
        on key_tenants.TenantId = edges.TenantId
        and keys.SegmentStart = edges.SegmentStart
    left join fx
        on edges.ContractId = fx.ContractId
        and keys.BillingCurrency = fx.FromCurrency
    where keys.HasCustomerKey and not keys.IsBenefit
)

select * from final
