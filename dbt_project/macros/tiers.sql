{# Tiers: a tier holds what lies above its lower bound up to and including its upper one; 0 lies in the first. #}

{% macro holds(amount) -%}
    ({{ amount }} > LowerBound or LowerBound = 0) and (UpperBound is null or {{ amount }} <= UpperBound)
{%- endmacro %}

{# What of the way from one accrual to another lies in the tier. #}
{% macro portion(until, since) -%}
    ({{ within_tier(until) }} - {{ within_tier(since) }})
{%- endmacro %}

{% macro within_tier(amount) -%}
    greatest(least({{ amount }}, coalesce(UpperBound, {{ amount }})) - LowerBound, 0)
{%- endmacro %}
