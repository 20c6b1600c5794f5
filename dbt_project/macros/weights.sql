{# What a line's charges weigh in a cost centre: sums of exact prices times factors, rounded once to 12 decimals.

   A price has 24 decimals and a factor 6, so a product would need 43 digits and more. The price is taken apart into
   whole units of its 12th decimal (high) and the rest in units of its 24th (low, between -5e11 and 5e11). With factors
   up to 100 in millionths, sums stay below 1e36 (high, units of 1e-18) and 1e26 (low, units of 1e-30). #}

{% macro price_high(price) -%}{{ units_12(r12(price)) }}{%- endmacro %}

{% macro price_low(price) -%}
    cast(({{ price }} - {{ r12(price) }}) * 1000000000000 * 1000000000000 as hugeint)
{%- endmacro %}

{% macro factor_units(factor) -%}cast({{ factor }} * 1000000 as hugeint){%- endmacro %}

{# R12, half away from zero, of sums of high and low times factors: units of the 12th decimal. #}
{% macro weight_units(high, low) -%}
    {%- set whole = floor_divided(high, 'cast(1000000 as hugeint)') -%}
    {%- set rest = '((' ~ high ~ ' - ' ~ whole ~ ' * 1000000) * 1000000000000 + ' ~ low ~ ')' -%}
    {%- set one = 'cast(1000000000000000000 as hugeint)' -%}
    case
        when {{ whole }} + {{ floor_divided(rest, one) }} < 0
            then {{ whole }} - {{ floor_divided('(' ~ one ~ ' - 2 * ' ~ rest ~ ')', '(2 * ' ~ one ~ ')') }}
        else {{ whole }} + {{ floor_divided('(2 * ' ~ rest ~ ' + ' ~ one ~ ')', '(2 * ' ~ one ~ ')') }}
    end
{%- endmacro %}

{# Division of whole numbers toward minus infinity. #}
{% macro floor_divided(number, divisor) -%}
    (({{ number }} - (({{ number }} % {{ divisor }}) + {{ divisor }}) % {{ divisor }}) // {{ divisor }})
{%- endmacro %}

{# A billed amount as whole minor units of its currency (0, 2, 3 or 4 decimals), and back. #}
{% macro in_minor_units(amount, minor_units) -%}
    (cast({{ amount }} * 10000 as hugeint) // {{ minor_unit_steps(minor_units) }})
{%- endmacro %}

{% macro from_minor_units(units, minor_units) -%}
    cast(cast({{ units }} * {{ minor_unit_steps(minor_units) }} as decimal(18, 0)) * 0.0001 as decimal(18, 4))
{%- endmacro %}

{% macro minor_unit_steps(minor_units) -%}
    case {{ minor_units }} when 0 then 10000 when 2 then 100 when 3 then 10 when 4 then 1 end
{%- endmacro %}
