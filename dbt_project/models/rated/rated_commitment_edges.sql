-- Grain: one row per charge key of a commitment and edge of its tenant: the policy that holds there, from whom, and
-- what it means for the charge: demand, pool, outsider, drop, or nothing.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentKind is not null
),

key_edges as (
    select * from {{ ref('rated_key_edges') }} where KeyNo > 0
),

owners as (
    select * from {{ ref('rated_commitments') }}
),

policies as (
    select * from {{ ref('rated_commitment_policies') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

tenant_edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

members as (
    select * from {{ source('config', 'commitment_pools') }}
),

placed as (
    select
        keys.KeyNo,
        key_edges.Depth,
        keys.CommitmentKind,
        keys.x_Provider,
        keys.CommitmentId,
        keys.SegmentStart,
        key_edges.TenantId,
        key_edges.SellerTenantId,
        key_edges.BillingCurrency,
        key_edges.EdgeCount,
        count(key_edges.ContractId) over (partition by keys.KeyNo) as ContractCount,
        owners.OwnerTenantId,
        owner_edges.TenantId is not null as IsOwnerSide,
        policies.CommitmentPolicy is not null as IsStated,
        -- A contract's pool takes in its own buyers' commitments, not what its buyers use of others.
        coalesce(
            policies.CommitmentPolicy,
            case when contracts.CommitmentPolicy = 'pooled' then 'as_applied' else contracts.CommitmentPolicy end,
            'as_applied'
        ) as CommitmentPolicy,
        case when policies.CommitmentPolicy is null then contracts.BenefitTo else policies.BenefitTo end as BenefitTo,
        policies.CommitmentPool,
        contracts.BillingBasis
    from keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
    inner join owners
        on keys.x_Provider = owners.x_Provider
        and keys.CommitmentId = owners.CommitmentId
        and keys.SegmentStart = owners.SegmentStart
    left join policies
        on keys.x_Provider = policies.x_Provider
        and keys.CommitmentId = policies.CommitmentId
        and keys.SegmentStart = policies.SegmentStart
        and key_edges.SellerTenantId = policies.SellerTenantId
    left join contracts
        on key_edges.ContractId = contracts.ContractId
    left join tenant_edges as owner_edges
        on owners.OwnerTenantId = owner_edges.TenantId
        and owners.SegmentStart = owner_edges.SegmentStart
        and key_edges.BuyerTenantId = owner_edges.BuyerTenantId
),

-- Without a contract on every edge a charge is billed to nobody, and no policy holds for it.
contracted as (
    select
        placed.*,
        members.TenantId is not null as IsMember
    from placed
    left join members
        on placed.CommitmentPool = members.PoolId
        and placed.SellerTenantId = members.SellerTenantId
        and placed.SegmentStart = members.SegmentStart
        and placed.TenantId = members.TenantId
    where placed.ContractCount = placed.EdgeCount
),

final as (
    select
        KeyNo,
        Depth,
        CommitmentKind,
        x_Provider,
        CommitmentId,
        SegmentStart,
        TenantId,
        SellerTenantId,
        BillingCurrency,
        OwnerTenantId,
        IsOwnerSide,
        IsStated,
        CommitmentPolicy,
        BenefitTo,
        CommitmentPool,
        BillingBasis,
        case
            when CommitmentPolicy = 'retained' and CommitmentKind = 'Used' then 'demand'
            when CommitmentPolicy = 'retained' then 'drop'
            when CommitmentPolicy = 'owner_only' and CommitmentKind = 'Used' and not IsOwnerSide then 'demand'
            when CommitmentPolicy = 'pooled' and (IsMember or CommitmentKind <> 'Used') then 'pool'
            when CommitmentPolicy = 'pooled' then 'outsider'
        end as Event
    from contracted
)

select * from final
