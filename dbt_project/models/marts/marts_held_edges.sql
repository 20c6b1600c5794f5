-- Grain: one row per held tenant, date segment and edge that waits with it: its own path up to the operator, and every
-- edge of the tenants that share a tier accrual or a pool of commitments with it.
with

dispositions as (
    select * from {{ ref('rated_dispositions') }} where Disposition = 'quarantined'
),

keys as (
    select KeyNo, SegmentStart from {{ ref('rated_charge_keys') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }} where TenantKind <> 'operator'
),

tenant_edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

tier_measures as (
    select KeyNo, Depth from {{ ref('rated_tier_measures') }} where IsAccrued
),

treatments as (
    select KeyNo, CommitmentPool, SellerTenantId from {{ ref('rated_treatments') }} where EntersPool
),

members as (
    select * from {{ source('config', 'commitment_pools') }}
),

prices as (
    select KeyNo, Depth, ContractId, SellerTenantId, BuyerTenantId from {{ ref('rated_prices') }}
),

-- The operator is never held: its own unassigned charges only keep the period from closing.
held as (
    select distinct tenants.TenantId as HeldTenantId, keys.SegmentStart
    from dispositions
    inner join keys
        on dispositions.KeyNo = keys.KeyNo
    inner join tenants
        on coalesce(dispositions.TenantId, dispositions.EnclosingTenantId) = tenants.TenantId
),

paths as (
    select
        held.HeldTenantId,
        held.SegmentStart,
        tenant_edges.SellerTenantId,
        tenant_edges.BuyerTenantId,
        tenant_edges.ContractId
    from held
    inner join tenant_edges
        on held.HeldTenantId = tenant_edges.TenantId
        and held.SegmentStart = tenant_edges.SegmentStart
),

tiered as (
    select distinct
        prices.ContractId,
        coalesce(below.SellerTenantId, prices.SellerTenantId) as SellerTenantId,
        coalesce(below.BuyerTenantId, prices.BuyerTenantId) as BuyerTenantId
    from tier_measures
    inner join prices
        on abs(tier_measures.KeyNo) = prices.KeyNo
        and tier_measures.Depth = prices.Depth
    left join prices as below
        on abs(tier_measures.KeyNo) = below.KeyNo
),

pooled as (
    select distinct
        treatments.CommitmentPool,
        treatments.SellerTenantId as PoolSellerId,
        prices.SellerTenantId,
        prices.BuyerTenantId
    from treatments
    inner join prices
        on treatments.KeyNo = prices.KeyNo
),

final as (
    select HeldTenantId, SegmentStart, SellerTenantId, BuyerTenantId from paths
    union
    select paths.HeldTenantId, paths.SegmentStart, tiered.SellerTenantId, tiered.BuyerTenantId
    from paths
    inner join tiered
        on paths.ContractId = tiered.ContractId
    union
    select paths.HeldTenantId, paths.SegmentStart, pooled.SellerTenantId, pooled.BuyerTenantId
    from paths
    inner join members
        on paths.HeldTenantId = members.TenantId
        and paths.SegmentStart = members.SegmentStart
        and paths.SellerTenantId = members.SellerTenantId
    inner join pooled
        on members.PoolId = pooled.CommitmentPool
        and members.SellerTenantId = pooled.PoolSellerId
)

select * from final
