-- Grain: one row per billed charge key and edge: the number of its terms, of which there are few, and what they are.
with

edge_rules as (
    select * from {{ ref('rated_edge_rules') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

dispositions as (
    select KeyNo from {{ ref('rated_dispositions') }} where Disposition = 'billed'
    union all
    select -KeyNo as KeyNo
    from {{ ref('rated_dispositions') }}
    where Disposition = 'billed' and OnDemandFrom is not null
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
        case when tier_groups.ValueKind = 'price' then 'quantity' else tier_groups.TierBasis end as TierBase
    from tier_measures
    inner join tier_groups
        on tier_measures.GroupNo = tier_groups.GroupNo
),

joined as (
    select
        key_edges.KeyNo,
        key_edges.Depth,
        edge_rules.RuleNo,
        coalesce(tier_values.GroupNo, 0) as GroupNo,
        coalesce(lists.ListUnitPrice, -1) as ListUnitPrice,
        key_edges.FxFromProvider,
        key_edges.FxFromProviderPinned,
        key_edges.FxFromParent,
        key_edges.FxFromParentPinned,
        -- A tier's price per unit is in the contract's currency already.
        {% for suffix, rate in [('', 'FxRate'), ('Pinned', 'FxPinned')] -%}
        case
            when tier_values.TierBase = 'quantity' or edge_rules.UnitPriceCurrency is null then 1
            else unit_fx.{{ rate }}
        end as FxUnitPrice{{ suffix }},
        coalesce(list_fx.{{ rate }}, 0) as FxList{{ suffix }}{{ ',' if not loop.last }}
        {% endfor %}
    from edge_rules
    inner join dispositions
        on edge_rules.KeyNo = dispositions.KeyNo
    inner join key_edges
        on edge_rules.KeyNo = key_edges.KeyNo
        and edge_rules.Depth = key_edges.Depth
    left join tier_values
        on edge_rules.KeyNo = tier_values.KeyNo
        and edge_rules.Depth = tier_values.Depth
    left join lists
        on edge_rules.PlanId = lists.PlanId
        and edge_rules.ClassNo = lists.ClassNo
    left join fx as unit_fx
        on key_edges.ContractId = unit_fx.ContractId
        and edge_rules.UnitPriceCurrency = unit_fx.FromCurrency
    left join fx as list_fx
        on key_edges.ContractId = list_fx.ContractId
        and lists.ListCurrency = list_fx.FromCurrency
),

numbered as (
    select
        {{ term_columns() | join(', ') }},
        cast(row_number() over (order by {{ term_columns() | join(', ') }}) as bigint) as TermNo
    from (select distinct {{ term_columns() | join(', ') }} from joined) as terms
),

final as (
    select
        joined.*,
        numbered.TermNo
    from joined
    inner join numbered
        on joined.RuleNo = numbered.RuleNo
        {% for column in term_columns()[1:] -%}
        and joined.{{ column }} = numbered.{{ column }}
        {% endfor %}
)

select * from final
