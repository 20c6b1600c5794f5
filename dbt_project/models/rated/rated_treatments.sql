-- Grain: one row per charge key of a commitment and edge of its tenant: what the charge is on that edge. Covered by its
-- commitment, a share of a pool, ordinary usage on demand, or none (it is not there for this edge and those below).
with

unnamed_keys as (
    select * from {{ ref('rated_charge_keys') }} where IsCommitment and CommitmentKind is null
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

turns as (
    select * from {{ ref('rated_commitment_turns') }}
),

named as (
    select
        KeyNo,
        Depth,
        CommitmentKind,
        x_Provider,
        CommitmentId,
        SegmentStart,
        SellerTenantId,
        BillingCurrency,
        OwnerTenantId,
        IsOwnerSide,
        CommitmentPolicy,
        case when IsStated then 'commitment' else 'contract' end as PolicySource,
        BenefitTo,
        CommitmentPool,
        OnDemandFrom,
        NoneFrom,
        case
            when Depth >= NoneFrom then 'none'
            when Depth >= OnDemandFrom then 'on_demand'
            when Depth >= PooledFrom then 'pooled'
            when BillingBasis = 'amortized' then 'amortized'
            when CommitmentKind = 'Purchase' then 'purchase'
            else 'covered'
        end as Treatment,
        case when Depth >= PooledFrom then SharedRate end as PoolRate,
        coalesce(Depth = PooledFrom and (OnDemandFrom is null or Depth < OnDemandFrom), false) as EntersPool,
        Depth = OnDemandFrom and CommitmentPolicy = 'owner_only' and BenefitTo = 'owner' as IsReturned
    from turns
),

-- A provider that does not say which commitment leaves nothing to decide about.
unnamed as (
    select
        keys.KeyNo,
        key_edges.Depth,
        coalesce(keys.CommitmentDiscountStatus, 'Purchase') as CommitmentKind,
        keys.x_Provider,
        keys.CommitmentId,
        keys.SegmentStart,
        key_edges.SellerTenantId,
        key_edges.BillingCurrency,
        cast(null as varchar) as OwnerTenantId,
        false as IsOwnerSide,
        'as_applied' as CommitmentPolicy,
        'provider' as PolicySource,
        cast(null as varchar) as BenefitTo,
        cast(null as varchar) as CommitmentPool,
        cast(null as integer) as OnDemandFrom,
        cast(null as integer) as NoneFrom,
        case when keys.IsCovered then 'covered' else 'purchase' end as Treatment,
        cast(null as decimal(38, 12)) as PoolRate,
        false as EntersPool,
        false as IsReturned
    from unnamed_keys as keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
),

final as (
    select * from named
    union all
    select * from unnamed
)

select * from final
