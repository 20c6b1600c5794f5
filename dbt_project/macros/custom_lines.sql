{# What a custom line comes to before rounding: a share of its subtotal, what a minimum lacks, or its flat amount. #}
{% macro custom_line_cost(line) -%}
    cast(case
        when {{ line }}.IsMinimum and {{ line }}.Amount > {{ line }}.Subtotal then {{ line }}.Amount - {{ line }}.Subtotal
        when {{ line }}.IsMinimum then 0
        when {{ line }}.SubtotalId is not null then {{ product(line ~ '.Factor', line ~ '.Subtotal') }}
        else {{ line }}.Amount
    end as decimal(38, 24))
{%- endmacro %}
