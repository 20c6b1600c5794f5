-- Grain: one row per quarantined scope, reason and edge it holds. Without edges (null) it holds no bill but keeps
-- the period from closing. The amount stands on every edge row: it is not additive over edges.
with

dispositions as (
    select * from {{ ref('rated_dispositions') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

tenant_edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

tier_measures as (
    select * from {{ ref('rated_tier_measures') }}
),

prices as (
    select * from {{ ref('rated_prices') }}
),

-- The operator is never held: its own unassigned charges only keep the period from closing.
quarantined as (
    select
        case when tenants.TenantKind <> 'operator' then tenants.TenantId end as HeldTenantId,
        keys.SegmentStart,
        dispositions.Reason,
        keys.x_Provider,
        case when keys.SubAccountId is not null then 'sub_account' else 'customer' end as ScopeType,
        coalesce(keys.SubAccountId, keys.x_ProviderCustomerId) as ScopeId,
        keys.BillingCurrency,
        keys.BilledCost,
        keys.LineCount
    from dispositions
    inner join keys
        on dispositions.KeyNo = keys.KeyNo
    left join tenants
        on coalesce(dispositions.TenantId, dispositions.EnclosingTenantId) = tenants.TenantId
    where dispositions.Disposition = 'quarantined'
),

-- Who shares a tier accrual with a held tenant waits with it: every edge of the tenants in the contract's groups.
shared_contracts as (
    select distinct
        prices.ContractId,
        coalesce(below.SellerTenantId, prices.SellerTenantId) as SellerTenantId,
        coalesce(below.BuyerTenantId, prices.BuyerTenantId) as BuyerTenantId
    from tier_measures
    inner join prices
        on tier_measures.KeyNo = prices.KeyNo
        and tier_measures.Depth = prices.Depth
    left join prices as below
        on tier_measures.KeyNo = below.KeyNo
),

held_tenants as (
    select distinct HeldTenantId, SegmentStart from quarantined where HeldTenantId is not null
),

held_paths as (
    select held_tenants.HeldTenantId, held_tenants.SegmentStart, tenant_edges.SellerTenantId,
        tenant_edges.BuyerTenantId
    from held_tenants
    inner join tenant_edges
        on held_tenants.HeldTenantId = tenant_edges.TenantId
        and held_tenants.SegmentStart = tenant_edges.SegmentStart
    union
    select held_tenants.HeldTenantId, held_tenants.SegmentStart, shared_contracts.SellerTenantId,
        shared_contracts.BuyerTenantId
    from held_tenants
    inner join tenant_edges
        on held_tenants.HeldTenantId = tenant_edges.TenantId
        and held_tenants.SegmentStart = tenant_edges.SegmentStart
    inner join shared_contracts
        on tenant_edges.ContractId = shared_contracts.ContractId
),

spread as (
    select
        quarantined.*,
        held_paths.SellerTenantId,
        held_paths.BuyerTenantId
    from quarantined
    left join held_paths
        on quarantined.HeldTenantId = held_paths.HeldTenantId
        and quarantined.SegmentStart = held_paths.SegmentStart
),

final as (
    select
        HeldTenantId,
        SellerTenantId,
        BuyerTenantId,
        Reason,
        x_Provider,
        ScopeType,
        ScopeId,
        BillingCurrency,
        cast(sum(BilledCost) as decimal(38, 12)) as BilledCost,
        cast(sum(LineCount) as bigint) as LineCount,
        case Reason
            when 'unlinked account' then 'link ' || ScopeType || ' ' || ScopeId || ' to a tenant'
            when 'ambiguous account link' then 'make one of the tags of ' || ScopeType || ' ' || ScopeId
                || ' name the tenant: two name different ones'
            when 'no contract' then 'give every edge of tenant ' || HeldTenantId || ' a contract in the period'
            else 'add a price rule for ' || ScopeType || ' ' || ScopeId || ' on every edge of its tenant'
        end as Remedy
    from spread
    group by
        HeldTenantId, SellerTenantId, BuyerTenantId, Reason, x_Provider, ScopeType, ScopeId, BillingCurrency
)

select * from final
