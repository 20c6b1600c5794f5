-- Grain: one row per charge key with edges: whether rules price it on every edge that needs one.
with

key_edges as (
    select
        KeyNo,
        cast(max(EdgeCount) as bigint) as EdgeCount,
        cast(count(ContractId) as bigint) as ContractCount
    from {{ ref('rated_key_edges') }}
    group by KeyNo
),

treatments as (
    select
        KeyNo,
        max(OnDemandFrom) as OnDemandFrom,
        max(NoneFrom) as NoneFrom,
        coalesce(max(OnDemandFrom), max(NoneFrom)) as GoneFrom,
        max(case when Depth = NoneFrom then CommitmentPolicy end) as NonePolicy
    from {{ ref('rated_treatments') }}
    group by KeyNo
),

-- Rules are needed only where a charge is priced as what they say: a commitment's fee or use before it is taken out or
-- turns into ordinary usage; ordinary usage on every edge, because the price of one rests on the edges above it.
edge_rules as (
    select
        edge_rules.KeyNo,
        cast(sum(case
            when treatments.GoneFrom is null or edge_rules.Depth < treatments.GoneFrom then 1
            else 0
        end) as bigint) as PricedCount
    from {{ ref('rated_edge_rules') }} as edge_rules
    left join treatments
        on edge_rules.KeyNo = treatments.KeyNo
    group by edge_rules.KeyNo
),

final as (
    select
        key_edges.KeyNo,
        key_edges.EdgeCount,
        key_edges.ContractCount,
        treatments.OnDemandFrom,
        case when treatments.NoneFrom = 1 then treatments.NonePolicy end as TakenOutBy,
        coalesce(edge_rules.PricedCount, 0) >= coalesce(treatments.GoneFrom - 1, key_edges.EdgeCount)
        and (
            treatments.OnDemandFrom is null or coalesce(demand_rules.PricedCount, 0) = key_edges.EdgeCount
        ) as IsPriced
    from key_edges
    left join treatments
        on key_edges.KeyNo = treatments.KeyNo
    left join edge_rules
        on key_edges.KeyNo = edge_rules.KeyNo
    left join edge_rules as demand_rules
        on -key_edges.KeyNo = demand_rules.KeyNo
    where key_edges.KeyNo > 0
)

select * from final
