-- Grain: one row per billed charge key and edge that a tier rule prices: what it adds to its group's accrual.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

edge_rules as (
    select KeyNo, Depth, PlanId, ClassNo, TierSetId from {{ ref('rated_edge_rules') }} where TierSetId is not null
),

dispositions as (
    select KeyNo, TenantId, OnDemandFrom from {{ ref('rated_dispositions') }} where Disposition = 'billed'
),

lists as (
    select * from {{ ref('rated_profile_lists') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

tier_sets as (
    select * from {{ source('config', 'tier_sets') }}
),

joined as (
    select
        edge_rules.KeyNo,
        edge_rules.Depth,
        edge_rules.TierSetId,
        dispositions.OnDemandFrom,
        key_edges.ContractId,
        key_edges.FxFromProvider,
        keys.IsEarlier,
        keys.ListCost,
        keys.ContractedCost,
        -- On demand, what a commitment covered would have cost the seller its contracted price.
        cast(case when keys.IsOnDemand then keys.ContractedCost else keys.BilledCost + keys.PartnerBenefitAmount end
            as decimal(38, 12)) as Cost,
        keys.PricingQuantity,
        -- Above the edge from which usage counts as on demand it has the group's price, and adds nothing to it.
        edge_rules.KeyNo > 0 or edge_rules.Depth >= dispositions.OnDemandFrom as IsAccrued,
        tier_sets.TierMeasure,
        tier_sets.TierBasis,
        lists.ListUnitPrice,
        fx.FxRate as FxList,
        case tier_sets.TierScope
            when 'sku' then keys.x_Provider || chr(31) || coalesce(keys.SkuId, '')
            when 'service' then keys.x_Provider || chr(31) || coalesce(keys.ServiceName, '')
            when 'buyer' then dispositions.TenantId
            else ''
        end as ScopeText
    from edge_rules
    inner join dispositions
        on abs(edge_rules.KeyNo) = dispositions.KeyNo
    inner join keys
        on edge_rules.KeyNo = keys.KeyNo
    inner join key_edges
        on edge_rules.KeyNo = key_edges.KeyNo
        and edge_rules.Depth = key_edges.Depth
    inner join tier_sets
        on edge_rules.TierSetId = tier_sets.TierSetId
    left join lists
        on edge_rules.PlanId = lists.PlanId
        and edge_rules.ClassNo = lists.ClassNo
    left join fx
        on key_edges.ContractId = fx.ContractId
        and lists.ListCurrency = fx.FromCurrency
),

final as (
    select
        KeyNo,
        Depth,
        cast(dense_rank() over (order by TierSetId, ContractId, ScopeText, IsEarlier) as bigint) as GroupNo,
        TierSetId,
        ContractId,
        ScopeText,
        IsEarlier,
        IsAccrued,
        case
            when not IsAccrued then cast(0 as decimal(38, 24))
            when TierMeasure = 'quantity' then cast(PricingQuantity as decimal(38, 24))
            when TierBasis = 'contracted' then {{ product('ContractedCost', 'FxFromProvider') }}
            when TierBasis = 'cost' then {{ product('Cost', 'FxFromProvider') }}
            when ListUnitPrice is null then {{ product('ListCost', 'FxFromProvider') }}
            else {{ product('PricingQuantity', r12('ListUnitPrice * FxList')) }}
        end as Measure
    from joined
    -- A charge that is never ordinary usage has no on-demand price to be part of.
    where KeyNo > 0 or OnDemandFrom is not null
)

select * from final
