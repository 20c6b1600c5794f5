{# Identifiers that follow from what they name: the same line has the same id in every run. #}

{% macro line_id(period, relation, grain) -%}
    substr({{ sha256(
        period ~ " || chr(31) || coalesce(" ~ relation ~ "."
        ~ grain | join(", '') || chr(31) || coalesce(" ~ relation ~ ".") ~ ", '')"
    ) }}, 1, 32)
{%- endmacro %}

{% macro invoice_id(relation, period) -%}
    upper({{ relation }}.SellerTenantId || '-' || {{ relation }}.BuyerTenantId || '-' || {{ period }}.BillingPeriod
        || '-' || {{ relation }}.BillingCurrency)
{%- endmacro %}

{# A column of the invoice line's grain: null where the contract's line grain is coarser than it. #}
{% macro at_line_grain(column, value) -%}
    {%- set grains = {
        'x_Provider': ['sku', 'service', 'account', 'provider'],
        'SubAccountId': ['sku', 'service', 'account'],
        'SubAccountName': ['sku', 'service', 'account'],
        'ServiceName': ['sku', 'service'],
        'ServiceCategory': ['sku', 'service'],
        'x_PublisherName': ['sku'],
        'SkuId': ['sku'],
        'PricingUnit': ['sku'],
        'PricingQuantity': ['sku'],
    } -%}
    case when contracts.LineGrain in ('{{ grains[column] | join("', '") }}') then {{ value }} end
{%- endmacro %}
