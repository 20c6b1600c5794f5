-- Grain: one row per billed charge key and edge: the factors of its price, tiers resolved, with the rates they need.
{{ config(materialized='view') }}
with

edge_factors as (
    select * from {{ ref('rated_edge_factors') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

dispositions as (
    select KeyNo from {{ ref('rated_dispositions') }} where Disposition = 'billed'
),

tier_measures as (
    select * from {{ ref('rated_tier_measures') }}
),

tier_groups as (
    select * from {{ ref('rated_tier_groups') }}
),

lists as (
    select * from {{ ref('rated_profile_lists') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

tier_values as (
    select
        tier_measures.KeyNo,
        tier_measures.Depth,
        tier_groups.GroupNo,
        tier_groups.UnitValue,
        tier_groups.UnitValuePinned,
        case when tier_groups.ValueKind = 'price' then 'quantity' else tier_groups.TierBasis end as TierBase
    from tier_measures
    inner join tier_groups
        on tier_measures.TierSetId = tier_groups.TierSetId
        and tier_measures.ContractId = tier_groups.ContractId
        and tier_measures.ScopeText = tier_groups.ScopeText
        and tier_measures.IsEarlier = tier_groups.IsEarlier
),

final as (
    select
        key_edges.*,
        edge_factors.RuleId,
        edge_factors.FloorBasis,
        edge_factors.CapBasis,
        tier_values.GroupNo,
        edge_factors.FactorParent,
        {% for base in ['List', 'Contracted', 'Cost'] -%}
        case when tier_values.TierBase = '{{ base | lower }}' then tier_values.UnitValue
            else edge_factors.Factor{{ base }} end as Factor{{ base }},
        {% endfor -%}
        -- A tier's price per unit is in the contract's currency already.
        {% for suffix in ['', 'Pinned'] -%}
        case when tier_values.TierBase = 'quantity' then tier_values.UnitValue{{ suffix }}
            else edge_factors.UnitPrice end as UnitPrice{{ suffix }},
        case
            when tier_values.TierBase = 'quantity' or edge_factors.UnitPriceCurrency is null then 1
            else unit_fx.{{ 'FxPinned' if suffix else 'FxRate' }}
        end as FxUnitPrice{{ suffix }},
        list_fx.{{ 'FxPinned' if suffix else 'FxRate' }} as FxList{{ suffix }},
        {% endfor -%}
        lists.ListUnitPrice
    from edge_factors
    inner join dispositions
        on edge_factors.KeyNo = dispositions.KeyNo
    inner join key_edges
        on edge_factors.KeyNo = key_edges.KeyNo
        and edge_factors.Depth = key_edges.Depth
    left join tier_values
        on edge_factors.KeyNo = tier_values.KeyNo
        and edge_factors.Depth = tier_values.Depth
    left join lists
        on edge_factors.PlanId = lists.PlanId
        and edge_factors.ClassNo = lists.ClassNo
    left join fx as unit_fx
        on key_edges.ContractId = unit_fx.ContractId
        and edge_factors.UnitPriceCurrency = unit_fx.FromCurrency
    left join fx as list_fx
        on key_edges.ContractId = list_fx.ContractId
        and lists.ListCurrency = list_fx.FromCurrency
)

select * from final
