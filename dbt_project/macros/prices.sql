{# The dot product: a charge's base amounts times the coefficients of an edge. #}

{# Invoiced: covered usage costs nothing, its commitment's purchase is what is billed.
   Amortized: a commitment's rows are all priced from their effective cost. #}
{% macro price_bases(amounts, flags) -%}
        case when {{ flags }}.IsCovered then 0 else {{ amounts }}.ListCost end as InvoicedList,
        case when {{ flags }}.IsCovered then 0 else {{ amounts }}.ContractedCost end as InvoicedContracted,
        case when {{ flags }}.IsCovered then 0
            else {{ amounts }}.BilledCost + {{ amounts }}.PartnerBenefitAmount end as InvoicedCost,
        case when {{ flags }}.IsCovered then 0
            else coalesce({{ amounts }}.PricingQuantity, 0) end as InvoicedQuantity,
        case when {{ flags }}.IsCommitment then {{ amounts }}.EffectiveCost
            else {{ amounts }}.ListCost end as AmortizedList,
        case when {{ flags }}.IsCommitment then {{ amounts }}.EffectiveCost
            else {{ amounts }}.ContractedCost end as AmortizedContracted,
        case when {{ flags }}.IsCommitment then {{ amounts }}.EffectiveCost
            else {{ amounts }}.EffectiveCost + {{ amounts }}.PartnerBenefitAmount end as AmortizedCost,
        case when {{ flags }}.IsCommitment then 0
            else coalesce({{ amounts }}.PricingQuantity, 0) end as AmortizedQuantity
{%- endmacro %}

{% macro dot(kind, bases, coefficients, prefix='Coef') -%}
    cast(
        {%- for base in ['List', 'Contracted', 'Cost', 'Quantity'] %}
        {{ product(bases ~ '.' ~ kind ~ base, coefficients ~ '.' ~ prefix ~ base) }}{% if not loop.last %} +{% endif %}
        {%- endfor %}
    as decimal(38, 24))
{%- endmacro %}

{% macro invoiced_price(bases, coefficients) -%}{{ dot('Invoiced', bases, coefficients) }}{%- endmacro %}
{% macro amortized_price(bases, coefficients) -%}{{ dot('Amortized', bases, coefficients) }}{%- endmacro %}
