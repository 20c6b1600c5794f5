{# The chain of edges: how the coefficients of a price come from those of the seller's own price.

   c_n = R12(R12(c_parent * FactorParent) * FxFromParent) + own, for each base amount; own is R12(R12(factor) * rate).
   The operator's own buy price is its cost: 1 on Cost, in the provider's currency. #}

{% macro bases() %}{{ return(['List', 'Contracted', 'Cost', 'Quantity']) }}{% endmacro %}

{# One coefficient of an edge. `terms` is a relation of rated_edge_terms; `parent` one with Coef columns, or none at
   depth 1; `basis` is none for the rule's own factors, else the name of a column that says which price the bound
   takes whole; `suffix` picks the pinned rates. #}
{% macro edge_coefficient(base, terms, parent, basis=none, suffix='') -%}
    cast({{ from_parent(base, terms, parent, basis, suffix) }} + {{ own_part(base, terms, basis, suffix) }}
        as decimal(38, 12))
{%- endmacro %}

{% macro factor(base, terms, basis) -%}
    {%- if basis is none -%}{{ terms }}.Factor{{ base }}
    {%- else -%}(case when {{ terms }}.{{ basis }} = '{{ base | lower }}' then 1 else 0 end){%- endif -%}
{%- endmacro %}

{% macro from_parent(base, terms, parent, basis, suffix) -%}
    {%- set fx = terms ~ '.FxFromParent' ~ suffix -%}
    {%- if parent is none -%}
        {{ r12(factor('Parent', terms, basis) ~ ' * ' ~ fx) if base == 'Cost' else '0' }}
    {%- else -%}
        {{ r12(r12(parent ~ '.Coef' ~ base ~ ' * ' ~ factor('Parent', terms, basis)) ~ ' * ' ~ fx) }}
    {%- endif -%}
{%- endmacro %}

{# A rate card's list price counts per unit, so a list factor of it becomes one of quantity. #}
{% macro own_part(base, terms, basis, suffix) -%}
    {%- set fx = terms ~ '.FxFromProvider' ~ suffix -%}
    {%- if base == 'Quantity' -%}
        {%- if basis is none -%}
        {{ r12(terms ~ '.UnitPrice' ~ suffix ~ ' * ' ~ terms ~ '.FxUnitPrice' ~ suffix) }} + {# #}
        {%- endif -%}
        coalesce({{ r12(r12(factor('List', terms, basis) ~ ' * ' ~ terms ~ '.ListUnitPrice') ~ ' * '
            ~ terms ~ '.FxList' ~ suffix) }}, 0)
    {%- elif base == 'List' -%}
        case when {{ terms }}.ListUnitPrice is null then {{ r12(factor('List', terms, basis) ~ ' * ' ~ fx) }} else 0 end
    {%- else -%}
        {{ r12(factor(base, terms, basis) ~ ' * ' ~ fx) }}
    {%- endif -%}
{%- endmacro %}

{# The most edges on any path of the period: the chain is unrolled to exactly that. #}
{% macro max_depth() -%}
    {%- if var('max_depth', none) is not none -%}{{ return(var('max_depth') | int) }}{%- endif -%}
    {%- if not execute -%}{{ return(1) }}{%- endif -%}
    {%- set found = run_query('select coalesce(max(Depth), 1) from ' ~ source('config', 'tenant_edges')) -%}
    {{ return(found.columns[0].values()[0] | int) }}
{%- endmacro %}

{# What makes two edges' terms the same. #}
{% macro term_columns() %}
{{ return([
    'RuleNo', 'GroupNo', 'ListUnitPrice', 'FxFromProvider', 'FxFromProviderPinned', 'FxFromParent',
    'FxFromParentPinned', 'FxUnitPrice', 'FxUnitPricePinned', 'FxList', 'FxListPinned'
]) }}
{% endmacro %}

{# Does the provider state on the row at what rate it made its invoice currency of the contract's? #}
{% macro has_row_rate(keys, contracts, edges) -%}
    {{ contracts }}.FxSource = 'provider' and {{ keys }}.x_ExchangeRate > 0
        and {{ keys }}.PricingCurrency = {{ edges }}.BillingCurrency
        and {{ keys }}.BillingCurrency <> {{ edges }}.BillingCurrency
{%- endmacro %}
