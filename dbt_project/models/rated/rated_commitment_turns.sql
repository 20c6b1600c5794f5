-- Grain: one row per charge key of a commitment and edge of its tenant: from which edge on it is a share of a pool,
-- ordinary usage on demand, or not there (null where it never is).
with

keys as (
    select KeyNo, x_Provider, BillingCurrency, IsEarlier
    from {{ ref('rated_charge_keys') }}
    where CommitmentKind is not null
),

edges as (
    select * from {{ ref('rated_commitment_edges') }}
),

pools as (
    select * from {{ ref('rated_commitment_pools') }}
),

weighed as (
    select
        edges.*,
        pools.PoolRate,
        min(case when edges.Event is not null then edges.Depth end) over (partition by edges.KeyNo) as FirstEvent
    from edges
    inner join keys
        on edges.KeyNo = keys.KeyNo
    left join pools
        on edges.CommitmentPool = pools.PoolId
        and edges.SellerTenantId = pools.SellerTenantId
        and keys.x_Provider = pools.x_Provider
        and keys.BillingCurrency = pools.BillingCurrency
        and keys.IsEarlier = pools.IsEarlier
),

-- A pool counts only where it is met first; one without on-demand value to share by leaves the charge as it was.
turned as (
    select
        weighed.*,
        case
            when Event = 'demand' then 'on_demand'
            when Event = 'outsider' and Depth = FirstEvent then 'on_demand'
            when Event = 'pool' and CommitmentKind = 'Used' and Depth = FirstEvent and PoolRate is not null
                then 'pooled'
            when Event = 'drop' then 'none'
            when Event = 'pool' and CommitmentKind <> 'Used' and PoolRate is not null then 'none'
        end as Turn
    from weighed
),

final as (
    select
        turned.*,
        min(case when Turn = 'on_demand' then Depth end) over (partition by KeyNo) as OnDemandFrom,
        min(case when Turn = 'pooled' then Depth end) over (partition by KeyNo) as PooledFrom,
        min(case when Turn = 'none' then Depth end) over (partition by KeyNo) as NoneFrom,
        max(case when Turn = 'pooled' then PoolRate end) over (partition by KeyNo) as SharedRate
    from turned
)

select * from final
