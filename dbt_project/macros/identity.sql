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
