-- Grain: one row per bound row: which price holds on each edge of its chain, a letter per depth:
-- r the rule's own, c the cap, f the floor.
{% set depths = range(1, max_depth() + 1) %}
with

bound_rows as (
    select * from {{ ref('rated_bound_rows') }}
),

keys as (
    select KeyNo, IsCovered, IsOnDemand from {{ ref('rated_charge_keys') }}
),

terms as (
    select * from {{ ref('rated_edge_terms') }} where KeyNo in (select bound.KeyNo from bound_rows as bound)
),

amounts as (
    select
        bound_rows.BoundRowNo,
        bound_rows.KeyNo,
        bound_rows.Direction,
        {{ compared_bases('bound_rows', 'keys') }}
    from bound_rows
    inner join keys
        on bound_rows.KeyNo = keys.KeyNo
),
{% for depth in depths %}
offered_{{ depth }} as (
    select
        amounts.BoundRowNo,
        amounts.Direction,
        {% for price, basis in [('Rule', none), ('Cap', 'CapBasis'), ('Floor', 'FloorBasis')] -%}
        {% for base in bases() -%}
        {{ edge_coefficient(base, 'terms', none if depth == 1 else 'parent', basis) }} as {{ price }}Coef{{ base }},
        {% endfor -%}
        {% endfor -%}
        terms.CapBasis,
        terms.FloorBasis,
        {{ "''" if depth == 1 else 'parent.Choices' }} as ChoicesAbove,
        amounts.ComparedList, amounts.ComparedContracted, amounts.ComparedCost, amounts.ComparedQuantity
    from amounts
    inner join terms
        on amounts.KeyNo = terms.KeyNo
        and terms.Depth = {{ depth }}
    {% if depth > 1 -%}
    inner join chosen_{{ depth - 1 }} as parent
        on amounts.BoundRowNo = parent.BoundRowNo
    {% endif %}
),

priced_{{ depth }} as (
    select
        offered.*,
        offered.Direction * {{ dot('Compared', 'offered', 'offered', 'RuleCoef') }} as RulePrice,
        -- No bound, no price: a comparison with null decides nothing.
        case when CapBasis is not null then offered.Direction * {{ dot('Compared', 'offered', 'offered', 'CapCoef') }}
            end as CapPrice,
        case when FloorBasis is not null
            then offered.Direction * {{ dot('Compared', 'offered', 'offered', 'FloorCoef') }} end as FloorPrice
    from offered_{{ depth }} as offered
),

letters_{{ depth }} as (
    select
        priced.*,
        case
            when FloorPrice > case when CapPrice < RulePrice then CapPrice else RulePrice end then 'f'
            when CapPrice < RulePrice then 'c'
            else 'r'
        end as Letter
    from priced_{{ depth }} as priced
),

chosen_{{ depth }} as (
    select
        BoundRowNo,
        ChoicesAbove || Letter as Choices,
        {% for base in bases() -%}
        case Letter when 'f' then FloorCoef{{ base }} when 'c' then CapCoef{{ base }} else RuleCoef{{ base }} end
            as Coef{{ base }}{{ ',' if not loop.last }}
        {% endfor %}
    from letters_{{ depth }}
),
{% endfor %}
final as (
    {% for depth in depths -%}
    select chosen.BoundRowNo, bound_rows.KeyNo, chosen.Choices
    from chosen_{{ depth }} as chosen
    inner join bound_rows
        on chosen.BoundRowNo = bound_rows.BoundRowNo
    inner join terms
        on bound_rows.KeyNo = terms.KeyNo
        and terms.Depth = {{ depth }}
        and terms.EdgeCount = {{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
