-- Grain: one row per provider, commitment, date segment and seller that treats the commitment by a policy of its own:
-- a commitment record says so, or the seller's contract on the owner's path puts the owner's commitments into a pool.
with

owners as (
    select * from {{ ref('rated_commitments') }}
),

records as (
    select * from {{ source('config', 'commitments') }} where CommitmentPolicy is not null
),

tenant_edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }} where CommitmentPolicy = 'pooled'
),

stated as (
    select
        owners.x_Provider,
        owners.CommitmentId,
        owners.SegmentStart,
        records.SellerTenantId,
        records.CommitmentPolicy,
        records.BenefitTo,
        records.CommitmentPool
    from owners
    inner join records
        on owners.x_Provider = records.Provider
        and owners.CommitmentId = records.CommitmentDiscountId
        and owners.SegmentStart = records.SegmentStart
),

pooled as (
    select
        owners.x_Provider,
        owners.CommitmentId,
        owners.SegmentStart,
        tenant_edges.SellerTenantId,
        contracts.CommitmentPolicy,
        cast(null as varchar) as BenefitTo,
        contracts.CommitmentPool
    from owners
    inner join tenant_edges
        on owners.OwnerTenantId = tenant_edges.TenantId
        and owners.SegmentStart = tenant_edges.SegmentStart
    inner join contracts
        on tenant_edges.ContractId = contracts.ContractId
    left join stated
        on owners.x_Provider = stated.x_Provider
        and owners.CommitmentId = stated.CommitmentId
        and owners.SegmentStart = stated.SegmentStart
        and tenant_edges.SellerTenantId = stated.SellerTenantId
    where stated.CommitmentPolicy is null
),

final as (
    select * from stated
    union all
    select * from pooled
)

select * from final
