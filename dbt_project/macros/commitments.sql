{# What the reports on commitments share. #}

{# The value that all rows of a group have; where they differ, `otherwise`. #}
{% macro only_value(column, otherwise='null') -%}
    case when min({{ column }}) = max({{ column }}) then min({{ column }}) else {{ otherwise }} end
{%- endmacro %}

{# The exact sum of an amount over some rows of a group. #}
{% macro sum_where(condition, amount, scale=12) -%}
    cast(sum(case when {{ condition }} then {{ amount }} else 0 end) as decimal(38, {{ scale }}))
{%- endmacro %}
