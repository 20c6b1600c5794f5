{# The price of a charge on an edge: a linear form of its base amounts, by how its commitment is treated there.

   plain      no commitment: invoiced on what was charged, amortized on what was effective
   purchase   a commitment's fee: invoiced as charged, amortized on what is effective of it
   covered    use of a commitment that is billed by its fee: invoiced 0
   amortized  the contract bills amortized cost in place of fees
   pooled     a share of what the members of a pool use and leave unused, by on-demand value
   on_demand  ordinary usage, whoever's commitment covered it

   Both take a relation of base amounts and one of rated_coefficients. #}

{% macro invoiced_price(bases, coefficients) -%}
    cast(case {{ coefficients }}.Treatment
        when 'covered' then 0
        when 'amortized' then {{ effective_price(bases, coefficients) }}
        when 'pooled' then {{ product(bases ~ '.ListCost', coefficients ~ '.CoefPool') }}
        when 'on_demand' then {{ on_demand_price(bases, coefficients) }}
        else {{ charged_price(bases, coefficients, 'BilledCost') }}
    end as decimal(38, 24))
{%- endmacro %}

{% macro amortized_price(bases, coefficients) -%}
    cast(case {{ coefficients }}.Treatment
        when 'plain' then {{ charged_price(bases, coefficients, 'EffectiveCost') }}
        when 'pooled' then {{ product(bases ~ '.ListCost', coefficients ~ '.CoefPool') }}
        when 'on_demand' then {{ on_demand_price(bases, coefficients) }}
        else {{ effective_price(bases, coefficients) }}
    end as decimal(38, 24))
{%- endmacro %}

{# What the seller saves on the charge is no part of its cost; what it shares is taken off. #}
{% macro charged_price(bases, coefficients, cost) -%}
    {{ product(bases ~ '.ListCost', coefficients ~ '.CoefList') }}
        + {{ product(bases ~ '.ContractedCost', coefficients ~ '.CoefContracted') }}
        + {{ product('(' ~ bases ~ '.' ~ cost ~ ' + ' ~ bases ~ '.PartnerBenefitAmount)',
            coefficients ~ '.CoefCost') }}
        + {{ product('coalesce(' ~ bases ~ '.PricingQuantity, 0)', coefficients ~ '.CoefQuantity') }}
        - {{ product(bases ~ '.PartnerBenefitAmount', coefficients ~ '.CoefBenefit') }}
{%- endmacro %}

{% macro effective_price(bases, coefficients) -%}
    {{ product(bases ~ '.EffectiveCost', coefficients ~ '.CoefList') }}
        + {{ product(bases ~ '.EffectiveCost', coefficients ~ '.CoefContracted') }}
        + {{ product(bases ~ '.EffectiveCost', coefficients ~ '.CoefCost') }}
{%- endmacro %}

{% macro on_demand_price(bases, coefficients) -%}
    {{ product(bases ~ '.ListCost', coefficients ~ '.CoefList') }}
        + {{ product(bases ~ '.ContractedCost', coefficients ~ '.CoefContracted') }}
        + {{ product(bases ~ '.ContractedCost', coefficients ~ '.CoefCost') }}
        + {{ product('coalesce(' ~ bases ~ '.PricingQuantity, 0)', coefficients ~ '.CoefQuantity') }}
{%- endmacro %}

{# What floors and caps compare: prices of one charge as its chain sees it, before shared benefits. #}
{% macro compared_bases(amounts, flags) -%}
        case when {{ flags }}.IsCovered then {{ amounts }}.EffectiveCost else {{ amounts }}.ListCost end as ComparedList,
        case when {{ flags }}.IsCovered then {{ amounts }}.EffectiveCost else {{ amounts }}.ContractedCost end
            as ComparedContracted,
        case
            when {{ flags }}.IsCovered then {{ amounts }}.EffectiveCost
            when {{ flags }}.IsOnDemand then {{ amounts }}.ContractedCost
            else {{ amounts }}.BilledCost + {{ amounts }}.PartnerBenefitAmount
        end as ComparedCost,
        case when {{ flags }}.IsCovered then 0 else coalesce({{ amounts }}.PricingQuantity, 0) end as ComparedQuantity
{%- endmacro %}

{% macro dot(kind, bases, coefficients, prefix='Coef') -%}
    cast(
        {%- for base in ['List', 'Contracted', 'Cost', 'Quantity'] %}
        {{ product(bases ~ '.' ~ kind ~ base, coefficients ~ '.' ~ prefix ~ base) }}{% if not loop.last %} +{% endif %}
        {%- endfor %}
    as decimal(38, 24))
{%- endmacro %}

{# The chains to work out, from price_keys: a price key's own, and under its negative number the one on demand. #}
{% macro price_chains() -%}
    select PriceKeyNo, KeyNo, Choices from {{ ref('rated_price_keys') }}
    union all
    select -PriceKeyNo as PriceKeyNo, -KeyNo as KeyNo, OnDemandChoices as Choices
    from {{ ref('rated_price_keys') }}
    where IsOnDemand
{%- endmacro %}

{# How a price key is treated on an edge, from chained (a chain's coefficients), price_keys, treatments and benefits. Of
   the two chains the one that holds on the edge stays; where the charge is taken out, none does. #}
{% macro treated_columns() -%}
        coalesce(treatments.Treatment, 'plain') as Treatment,
        case when treatments.PoolRate is null then 0 else
            {{ r12('(chained.CoefList + chained.CoefContracted + chained.CoefCost) * treatments.PoolRate') }} end
            as CoefPool,
        coalesce(benefits.CoefBenefit, 0) as CoefBenefit,
        coalesce(treatments.IsOwnerSide, false) as OwnsCommitment
{%- endmacro %}

{% macro treated_joins() -%}
    inner join price_keys
        on abs(chained.PriceKeyNo) = price_keys.PriceKeyNo
    left join treatments
        on price_keys.KeyNo = treatments.KeyNo
        and chained.Depth = treatments.Depth
    left join benefits
        on price_keys.KeyNo = benefits.KeyNo
        and chained.Depth = benefits.Depth
{%- endmacro %}

{% macro treated_rows() -%}
    (chained.PriceKeyNo < 0) = coalesce(treatments.Treatment = 'on_demand', false)
        and coalesce(treatments.Treatment, 'plain') <> 'none'
{%- endmacro %}
