{# The whole chain, from price_chains, key_terms, terms and key_edges. Rounding costs more than anything else here, so
   coefficients are worked out per distinct path of terms and looked up by key: at each depth the distinct pairs of the
   path above and the terms of the edge, numbered. With the pinned rates only keys whose real rates differ from them. #}
{% macro chained_coefficients(suffix='') -%}
{%- set depths = range(1, max_depth() + 1) -%}
steps as (
    select
        price_chains.PriceKeyNo,
        key_terms.Depth,
        key_terms.TermNo,
        coalesce(nullif(substr(price_chains.Choices, key_terms.Depth, 1), ''), 'r') as Choice
    from price_chains
    inner join key_terms
        on price_chains.KeyNo = key_terms.KeyNo
    {% if suffix -%}
    inner join moved
        on price_chains.KeyNo = moved.KeyNo
    {% endif %}
),

-- Where a floor or cap holds, the price is that bound's whole basis.
held as (
    select
        TermNo, Choice, RuleId, GroupNo, ListUnitPrice, FxFromProvider, FxFromProviderPinned, FxFromParent,
        FxFromParentPinned, FxUnitPrice, FxUnitPricePinned, FxList, FxListPinned,
        case Choice when 'f' then FloorBasis when 'c' then CapBasis end as BoundBasis,
        {% for base in ['Parent', 'List', 'Contracted', 'Cost'] -%}
        case Choice
            when 'f' then case when FloorBasis = '{{ base | lower }}' then 1 else 0 end
            when 'c' then case when CapBasis = '{{ base | lower }}' then 1 else 0 end
            else Factor{{ base }}
        end as Factor{{ base }},
        {% endfor -%}
        case when Choice in ('f', 'c') then 0 else UnitPrice end as UnitPrice,
        case when Choice in ('f', 'c') then 0 else UnitPricePinned end as UnitPricePinned
    from terms
    cross join (select distinct Choice from steps) as choices
),
{% for depth in depths %}
links_{{ depth }} as (
    select distinct
        {{ '0' if depth == 1 else 'parent.ChainNo' }} as ParentNo,
        steps.TermNo,
        steps.Choice
    from steps
    {% if depth > 1 -%}
    inner join keys_{{ depth - 1 }} as parent
        on steps.PriceKeyNo = parent.PriceKeyNo
    {% endif -%}
    where steps.Depth = {{ depth }}
),

chains_{{ depth }} as (
    select
        links.ParentNo,
        links.TermNo,
        links.Choice,
        cast(row_number() over (order by links.ParentNo, links.TermNo, links.Choice) as bigint) as ChainNo,
        {% for base in bases() -%}
        {{ edge_coefficient(base, 'held', none if depth == 1 else 'parent', none, suffix) }} as Coef{{ base }},
        {% endfor -%}
        held.FxFromProvider,
        case when held.ListUnitPrice is null then held.FxFromProvider else 0 end as ListCoefList,
        coalesce({{ r12('held.ListUnitPrice * held.FxList') }}, 0) as ListCoefQuantity,
        {{ "''" if depth == 1 else "parent.RulePath || ' > '" }} || held.RuleId
            || coalesce(' (' || held.BoundBasis || ' bound)', '') as RulePath
    from links_{{ depth }} as links
    inner join held
        on links.TermNo = held.TermNo
        and links.Choice = held.Choice
    {% if depth > 1 -%}
    inner join chains_{{ depth - 1 }} as parent
        on links.ParentNo = parent.ChainNo
    {% endif %}
),

keys_{{ depth }} as (
    select
        steps.PriceKeyNo,
        chains.ChainNo
    from steps
    {% if depth > 1 -%}
    inner join keys_{{ depth - 1 }} as parent
        on steps.PriceKeyNo = parent.PriceKeyNo
    {% endif -%}
    inner join chains_{{ depth }} as chains
        on steps.TermNo = chains.TermNo
        and steps.Choice = chains.Choice
        {% if depth > 1 -%}
        and parent.ChainNo = chains.ParentNo
        {% endif -%}
    where steps.Depth = {{ depth }}
),
{% endfor %}
chained as (
    {% for depth in depths -%}
    select
        keys_{{ depth }}.PriceKeyNo, {{ depth }} as Depth, chains.ChainNo, chains.CoefList, chains.CoefContracted,
        chains.CoefCost, chains.CoefQuantity, chains.FxFromProvider, chains.ListCoefList, chains.ListCoefQuantity,
        chains.RulePath
    from keys_{{ depth }}
    inner join chains_{{ depth }} as chains
        on keys_{{ depth }}.ChainNo = chains.ChainNo
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
{%- endmacro %}
