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

held_edges as (
    select * from {{ ref('marts_held_edges') }}
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

spread as (
    select
        quarantined.*,
        held_edges.SellerTenantId,
        held_edges.BuyerTenantId
    from quarantined
    left join held_edges
        on quarantined.HeldTenantId = held_edges.HeldTenantId
        and quarantined.SegmentStart = held_edges.SegmentStart
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
            when 'no on-demand price' then 'give the usage of ' || ScopeType || ' ' || ScopeId
                || ' a list price, or let its commitment apply: the provider states no price without it'
            else 'add a price rule for ' || ScopeType || ' ' || ScopeId || ' on every edge of its tenant'
        end as Remedy
    from spread
    group by
        HeldTenantId, SellerTenantId, BuyerTenantId, Reason, x_Provider, ScopeType, ScopeId, BillingCurrency
)

select * from final
