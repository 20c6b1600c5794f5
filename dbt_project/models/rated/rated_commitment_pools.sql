-- Grain: one row per pool, seller, provider, currency and age (charges before the billing period are by themselves) in
-- which members use commitments of the pool: what is shared, and its price per unit of on-demand value.
{% set grain = ['PoolId', 'SellerTenantId', 'x_Provider', 'BillingCurrency', 'IsEarlier'] %}
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentKind is not null
),

edges as (
    select * from {{ ref('rated_commitment_edges') }}
),

policies as (
    select * from {{ ref('rated_commitment_policies') }} where CommitmentPolicy = 'pooled'
),

events as (
    select
        edges.KeyNo,
        edges.Depth,
        edges.Event,
        keys.CommitmentKind,
        edges.CommitmentPool as PoolId,
        edges.SellerTenantId,
        keys.x_Provider,
        keys.BillingCurrency,
        keys.IsEarlier,
        keys.ListCost,
        keys.EffectiveCost,
        min(edges.Depth) over (partition by edges.KeyNo) as FirstDepth
    from edges
    inner join keys
        on edges.KeyNo = keys.KeyNo
    where edges.Event is not null
),

-- Members take part by their use, where the pool is the first policy that touches it.
used as (
    select * from events where CommitmentKind = 'Used' and Event = 'pool' and Depth = FirstDepth
),

weights as (
    select {{ grain | join(', ') }}, cast(sum(ListCost) as decimal(38, 12)) as ListCost
    from used
    group by {{ grain | join(', ') }}
    having sum(ListCost) > 0
),

-- Fees and what stays unused join the first pool that has members' use, unless somebody above kept them.
fees as (
    select
        events.*,
        min(events.Depth) over (partition by events.KeyNo) as TakenAt
    from events
    left join weights
        on events.PoolId = weights.PoolId
        and events.SellerTenantId = weights.SellerTenantId
        and events.x_Provider = weights.x_Provider
        and events.BillingCurrency = weights.BillingCurrency
        and events.IsEarlier = weights.IsEarlier
    where events.CommitmentKind <> 'Used' and (events.Event = 'drop' or weights.ListCost is not null)
),

sold as (
    select distinct KeyNo, SellerTenantId from edges
),

-- What nobody below the seller is charged for, such as the operator's own commitments, joins the pool all the same.
unsold as (
    select
        policies.CommitmentPool as PoolId,
        policies.SellerTenantId,
        keys.x_Provider,
        keys.BillingCurrency,
        keys.IsEarlier,
        keys.EffectiveCost
    from keys
    inner join policies
        on keys.x_Provider = policies.x_Provider
        and keys.CommitmentId = policies.CommitmentId
        and keys.SegmentStart = policies.SegmentStart
    left join sold
        on keys.KeyNo = sold.KeyNo
        and policies.SellerTenantId = sold.SellerTenantId
    where keys.CommitmentKind <> 'Used' and sold.KeyNo is null
),

shared as (
    select {{ grain | join(', ') }}, EffectiveCost from used
    union all
    select {{ grain | join(', ') }}, EffectiveCost from fees where Event = 'pool' and Depth = TakenAt
    union all
    select {{ grain | join(', ') }}, EffectiveCost from unsold
),

totals as (
    select {{ grain | join(', ') }}, cast(sum(EffectiveCost) as decimal(38, 12)) as EffectiveCost
    from shared
    group by {{ grain | join(', ') }}
),

final as (
    select
        totals.*,
        weights.ListCost,
        {{ per_unit('totals.EffectiveCost', 'weights.ListCost') }} as PoolRate
    from totals
    inner join weights
        on totals.PoolId = weights.PoolId
        and totals.SellerTenantId = weights.SellerTenantId
        and totals.x_Provider = weights.x_Provider
        and totals.BillingCurrency = weights.BillingCurrency
        and totals.IsEarlier = weights.IsEarlier
)

select * from final
