-- Grain: one row per distinct terms of an edge: a price rule, tiers resolved, with the exchange rates it needs.
-- Keys share them by the thousand, so what a price is made of is worked out here and in the chain of terms once.
with

numbers as (
    select distinct TermNo, {{ term_columns() | join(', ') }} from {{ ref('rated_key_terms') }}
),

rules as (
    select distinct
        RuleNo, RuleId, FactorParent, FactorList, FactorContracted, FactorCost, UnitPrice, FloorBasis, CapBasis
    from {{ ref('rated_profile_rules') }}
),

tier_groups as (
    select
        GroupNo,
        UnitValue,
        UnitValuePinned,
        case when ValueKind = 'price' then 'quantity' else TierBasis end as TierBase
    from {{ ref('rated_tier_groups') }}
),

final as (
    select
        numbers.TermNo,
        numbers.GroupNo,
        coalesce(rules.RuleId, case numbers.RuleNo
            when -1 then '(tax at cost)' when -2 then '(credit at cost)' else '(adjustment at cost)' end) as RuleId,
        rules.FloorBasis,
        rules.CapBasis,
        -- What no rule prices is passed at cost: the seller's own price and nothing else.
        coalesce(rules.FactorParent, 1) as FactorParent,
        {% for base in ['List', 'Contracted', 'Cost'] -%}
        case when tier_groups.TierBase = '{{ base | lower }}' then tier_groups.UnitValue
            else coalesce(rules.Factor{{ base }}, 0) end as Factor{{ base }},
        {% endfor -%}
        {% for suffix in ['', 'Pinned'] -%}
        case when tier_groups.TierBase = 'quantity' then tier_groups.UnitValue{{ suffix }}
            else coalesce(rules.UnitPrice, 0) end as UnitPrice{{ suffix }},
        {% endfor -%}
        nullif(numbers.ListUnitPrice, -1) as ListUnitPrice,
        numbers.FxList,
        numbers.FxListPinned,
        numbers.FxUnitPrice,
        numbers.FxUnitPricePinned,
        numbers.FxFromProvider,
        numbers.FxFromProviderPinned,
        numbers.FxFromParent,
        numbers.FxFromParentPinned
    from numbers
    left join rules
        on numbers.RuleNo = rules.RuleNo
    left join tier_groups
        on numbers.GroupNo = tier_groups.GroupNo
)

select * from final
