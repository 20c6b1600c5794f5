{# The most edges on any path of the period: the chain is unrolled to exactly that. #}
{% macro max_depth() -%}
    {%- if var('max_depth', none) is not none -%}{{ return(var('max_depth') | int) }}{%- endif -%}
    {%- if not execute -%}{{ return(1) }}{%- endif -%}
    {%- set found = run_query('select coalesce(max(Depth), 1) from ' ~ source('config', 'tenant_edges')) -%}
    {{ return(found.columns[0].values()[0] | int) }}
{%- endmacro %}

{# The whole chain, from price_keys and edge_terms: one block per depth, each from the one above. With the pinned
   rates only the keys whose real rates differ from them on some edge. #}
{% macro chained_coefficients(suffix='') -%}
{%- set depths = range(1, max_depth() + 1) -%}
{% if suffix %}
moved as (
    select distinct KeyNo
    from edge_terms
    where FxFromParent <> FxFromParentPinned
        or FxFromProvider <> FxFromProviderPinned
        or FxUnitPrice <> FxUnitPricePinned
        or UnitPrice <> UnitPricePinned
        or FxList <> FxListPinned
),
{% endif %}
terms as (
    select
        price_keys.PriceKeyNo,
        substr(price_keys.Choices, edge_terms.Depth, 1) as Choice,
        edge_terms.*
    from price_keys
    inner join edge_terms
        on price_keys.KeyNo = edge_terms.KeyNo
    {% if suffix -%}
    inner join moved
        on price_keys.KeyNo = moved.KeyNo
    {% endif %}
),

-- Where a floor or cap holds, the price is that bound's whole basis.
held as (
    select
        PriceKeyNo, KeyNo, Depth, EdgeCount, TenantId, SellerTenantId, BuyerTenantId, ContractId, BillingCurrency,
        RuleId, GroupNo, ListUnitPrice, FxFromProvider, FxFromProviderPinned, FxFromParent, FxFromParentPinned,
        FxUnitPrice, FxUnitPricePinned, FxList, FxListPinned,
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
),
{% for depth in depths %}
depth_{{ depth }} as (
    select
        held.PriceKeyNo, held.KeyNo, held.Depth, held.EdgeCount, held.TenantId, held.SellerTenantId,
        held.BuyerTenantId, held.ContractId, held.BillingCurrency, held.FxFromProvider,
        {% for base in bases() -%}
        {{ edge_coefficient(base, 'held', none if depth == 1 else 'parent', none, suffix) }} as Coef{{ base }},
        {% endfor -%}
        held.ListUnitPrice,
        held.FxList,
        {{ "''" if depth == 1 else "parent.RulePath || ' > '" }} || held.RuleId
            || coalesce(' (' || held.BoundBasis || ' bound)', '') as RulePath,
        -- Keys with one rule path have the same coefficients, but for tier groups and rate card prices.
        {{ "''" if depth == 1 else "parent.PathMark" }} || coalesce(' tier ' || held.GroupNo, '')
            || coalesce(' list ' || held.ListUnitPrice, '') as PathMark
    from held
    {% if depth > 1 -%}
    inner join depth_{{ depth - 1 }} as parent
        on held.PriceKeyNo = parent.PriceKeyNo
    {% endif -%}
    where held.Depth = {{ depth }}
),
{% endfor %}
final as (
    {% for depth in depths -%}
    select
        PriceKeyNo, Depth, KeyNo, EdgeCount, TenantId, SellerTenantId, BuyerTenantId, ContractId, BillingCurrency,
        FxFromProvider, CoefList, CoefContracted, CoefCost, CoefQuantity,
        case when ListUnitPrice is null then FxFromProvider else 0 end as ListCoefList,
        coalesce({{ r12('ListUnitPrice * FxList') }}, 0) as ListCoefQuantity,
        RulePath,
        PathMark
    from depth_{{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
{%- endmacro %}
