-- Grain: one row per billed charge key and edge: its price as a linear form of the charge's base amounts.
-- price = CoefList * List + CoefContracted * Contracted + CoefCost * Cost + CoefQuantity * PricingQuantity
with

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

edge_factors as (
    select * from {{ ref('rated_edge_factors') }}
),

dispositions as (
    select * from {{ ref('rated_dispositions') }}
),

edges as (
    select
        key_edges.*,
        edge_factors.RuleId,
        edge_factors.FactorParent,
        {{ r12('edge_factors.FactorList * key_edges.FxFromProvider') }} as OwnList,
        {{ r12('edge_factors.FactorContracted * key_edges.FxFromProvider') }} as OwnContracted,
        {{ r12('edge_factors.FactorCost * key_edges.FxFromProvider') }} as OwnCost,
        {{ r12('edge_factors.UnitPrice * edge_factors.FxUnitPrice') }} as OwnQuantity
    from key_edges
    inner join edge_factors
        on key_edges.KeyNo = edge_factors.KeyNo
        and key_edges.Depth = edge_factors.Depth
    inner join dispositions
        on key_edges.KeyNo = dispositions.KeyNo
    where dispositions.Disposition = 'billed'
),

-- The operator's own buy price is its cost: 1 on the cost basis, in the provider's currency.
depth_1 as (
    select
        edges.*,
        OwnList as CoefList,
        OwnContracted as CoefContracted,
        cast({{ r12('FactorParent * FxFromParent') }} + OwnCost as decimal(38, 12)) as CoefCost,
        OwnQuantity as CoefQuantity,
        RuleId as RulePath
    from edges
    where Depth = 1
),
{% for depth in range(2, var('max_depth') + 1) %}
depth_{{ depth }} as (
    select
        edges.*,
        {% for base in ['List', 'Contracted', 'Cost', 'Quantity'] -%}
        cast({{ r12(r12('parent.Coef' ~ base ~ ' * edges.FactorParent') ~ ' * edges.FxFromParent') }}
            + edges.Own{{ base }} as decimal(38, 12)) as Coef{{ base }},
        {% endfor -%}
        parent.RulePath || ' > ' || edges.RuleId as RulePath
    from edges
    inner join depth_{{ depth - 1 }} as parent
        on edges.KeyNo = parent.KeyNo
    where edges.Depth = {{ depth }}
),
{% endfor %}
final as (
    {% for depth in range(1, var('max_depth') + 1) -%}
    select
        KeyNo, Depth, EdgeCount, TenantId, SellerTenantId, BuyerTenantId, ContractId, BillingCurrency,
        FxFromProvider, CoefList, CoefContracted, CoefCost, CoefQuantity, RulePath
    from depth_{{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
