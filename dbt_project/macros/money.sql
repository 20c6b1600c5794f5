{# The only places where money is rounded or divided. Types: focus_schemas/types.yml. #}

{# Coefficient rounding R12: 12 decimals, half away from zero. #}
{% macro r12(expression) -%}
    cast(round({{ expression }}, 12) as decimal(38, 12))
{%- endmacro %}

{# A product of an amount and a coefficient: exact at 24 decimals. #}
{% macro product(amount, coefficient) -%}
    cast({{ amount }} * {{ coefficient }} as decimal(38, 24))
{%- endmacro %}

{# Round an exact sum once to a currency's minor unit (0, 2, 3 or 4 decimals) with the contract's mode. #}
{% macro round_money(exact, minor_units, mode) -%}
    cast(case {{ minor_units }}
        {% for units in [0, 2, 3, 4] -%}
        when {{ units }} then case {{ mode }}
            when 'half_up' then {{ half_up(exact, units) }}
            when 'half_even' then {{ half_even(exact, units) }}
            when 'down' then {{ toward_zero(exact, units) }}
        end
        {% endfor -%}
    end as decimal(18, 4))
{%- endmacro %}

{% macro half_up(exact, units) -%}
    (cast(round({{ exact }}, {{ units }}) as decimal(38, 4)))
{%- endmacro %}

{# Truncation: step back one unit when rounding went away from zero. #}
{% macro toward_zero(exact, units) -%}
    (cast(round({{ exact }}, {{ units }}) as decimal(38, 4))
    - case when abs(round({{ exact }}, {{ units }})) > abs({{ exact }})
        then case when {{ exact }} > 0 then {{ minor_unit(units) }} else -{{ minor_unit(units) }} end
        else 0 end)
{%- endmacro %}

{# Half to even: on an exact tie keep the even neighbour, otherwise round half away. #}
{% macro half_even(exact, units) -%}
    case
        when {{ tie(exact, units) }} and {{ toward_zero(exact, units) }} % {{ two_minor_units(units) }} = 0
            then {{ toward_zero(exact, units) }}
        else cast(round({{ exact }}, {{ units }}) as decimal(38, 4))
    end
{%- endmacro %}

{% macro tie(exact, units) -%}
    abs(cast(round({{ exact }}, {{ units }}) as decimal(38, 24)) - {{ exact }}) * 2 = {{ minor_unit(units) }}
{%- endmacro %}

{% macro minor_unit(units) -%}
    {{ {0: 'cast(1 as decimal(18, 4))', 2: '0.01', 3: '0.001', 4: '0.0001'}[units] }}
{%- endmacro %}

{% macro two_minor_units(units) -%}
    {{ {0: 'cast(2 as decimal(18, 4))', 2: '0.02', 3: '0.002', 4: '0.0002'}[units] }}
{%- endmacro %}

{# The only quotient of money (share.sql divides by weights): an amount per unit at 12 decimals, half away from zero, in
   exact integers.
   Null for a null or zero quantity. Amounts up to 1e13 keep the integers inside 128 bits. #}
{% macro per_unit(amount, quantity) -%}
    case when {{ quantity }} <> 0 then
        case when ({{ amount }} < 0) = ({{ quantity }} < 0) then 1 else -1 end
        * cast(cast(
            (2 * {{ scaled(amount) }} * 1000000000000 + {{ scaled(quantity) }}) // (2 * {{ scaled(quantity) }})
        as decimal(38, 0)) * 0.000000000001 as decimal(38, 12))
    end
{%- endmacro %}

{% macro scaled(amount) -%}
    cast(cast(abs(round({{ amount }}, 12)) as decimal(38, 12)) * 1000000000000 as hugeint)
{%- endmacro %}
