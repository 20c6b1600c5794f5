{# Sharing an amount by weights, exactly and in whole numbers: the largest remainder.

   An amount of A units (cents, or millionths of a millionth) is shared among lines with the whole weights w_i,
   W = the sum of w_i. With |A| * w_i = q_i * W + r_i and 0 <= r_i < W, line i gets q_i, the q_i rounded toward
   minus infinity; the |A| - sum(q_i) units left over go one each to the lines with the largest r_i, ties to the
   lowest key; the sign of A is put back. Where W is negative, every weight changes its sign. The shares therefore
   sum to A whatever the weights. W = 0 has no answer: share_floor and share_remainder are null, and whoever calls
   them says what happens instead.

   The product |A| * w_i does not fit into 128 bits (1e27 * 1e28), so it is never formed. A is taken apart into three
   limbs of nine digits, and the division goes from the highest limb to the lowest as on paper: what is left by one
   limb, times 1e9, is added to the next. Each step stays below 1e28 * 1e9 + 1e9 * 1e28 = 2e37. Bounds: |A| < 1e27,
   |w_i| and |W| <= 1e28, |A| * |w_i| < 1e38 * |W|; DuckDB raises an error beyond them, it never wraps.

   Use, for shares of an amount of the group GroupNo in the order of LineKey:
       shares as (
           select *,
               share_floor('AmountUnits', 'WeightUnits', 'TotalUnits') as ShareFloor,
               share_remainder('AmountUnits', 'WeightUnits', 'TotalUnits') as ShareRemainder
       ),
       placed as (
           select *, share_units('AmountUnits', 'ShareFloor', 'ShareRemainder', 'GroupNo', 'LineKey') as ShareUnits
   where the units come from units_12(amount) and go back by amount_12(units). Arguments are columns or short
   expressions: their text is repeated. #}

{% macro share_floor(amount_units, weight_units, total_units) -%}
    ({%- for limb in [2, 1, 0] %}
        {{- share_limb_floor(amount_units, weight_units, total_units, limb) }}
        {{- ['', ' * ' ~ limb_base(), ' * ' ~ limb_base() ~ ' * ' ~ limb_base()][limb] }}
        {{- ' + ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{% macro share_remainder(amount_units, weight_units, total_units) -%}
    {{ share_limb_rest(amount_units, weight_units, total_units, 0) }}
{%- endmacro %}

{# The share itself: the floor, one unit more where the remainder is among the largest, and the sign. #}
{% macro share_units(amount_units, share_floor, share_remainder, group, ties) -%}
    case when {{ amount_units }} < 0 then -1 else 1 end * ({{ share_floor }} + case
        when row_number() over (partition by {{ group }} order by {{ share_remainder }} desc, {{ ties }})
            <= abs({{ amount_units }}) - sum({{ share_floor }}) over (partition by {{ group }}) then 1
        else 0 end)
{%- endmacro %}

{# An amount at 12 decimals as a whole number of its last unit, and back. The whole part and the fraction are taken
   apart because 1e13 and more times 1e12 at 12 decimals leaves DECIMAL(38,12). #}
{% macro units_12(amount) -%}
    (cast(floor({{ amount }}) as hugeint) * 1000000000000
    + cast(cast(({{ amount }} - floor({{ amount }})) as decimal(18, 12)) * 1000000000000 as hugeint))
{%- endmacro %}

{% macro amount_12(units) -%}
    cast(cast({{ units }} as decimal(38, 0)) * 0.000000000001 as decimal(38, 12))
{%- endmacro %}

{# -- the long division -- #}

{% macro limb_base() -%}cast(1000000000 as hugeint){%- endmacro %}

{% macro amount_limb(amount_units, limb) -%}
    {%- if limb == 2 -%} (abs({{ amount_units }}) // 1000000000000000000)
    {%- elif limb == 1 -%} ((abs({{ amount_units }}) // 1000000000) % 1000000000)
    {%- else -%} (abs({{ amount_units }}) % 1000000000)
    {%- endif -%}
{%- endmacro %}

{# What one step divides: the rest of the limb above, carried down, and this limb times the weight. #}
{% macro share_limb(amount_units, weight_units, total_units, limb) -%}
    (
    {%- if limb < 2 -%}
        {{ share_limb_rest(amount_units, weight_units, total_units, limb + 1) }} * {{ limb_base() }} +{{ ' ' }}
    {%- endif -%}
    {{ amount_limb(amount_units, limb) }} * case when {{ total_units }} < 0 then -1 else 1 end
        * cast({{ weight_units }} as hugeint))
{%- endmacro %}

{# The remainder of a step, from 0 up to the total also where the weight is negative. #}
{% macro share_limb_rest(amount_units, weight_units, total_units, limb) -%}
    ((({{ share_limb(amount_units, weight_units, total_units, limb) }} % {{ share_total(total_units) }})
        + {{ share_total(total_units) }}) % {{ share_total(total_units) }})
{%- endmacro %}

{# The quotient of a step: without its remainder the division leaves nothing. #}
{% macro share_limb_floor(amount_units, weight_units, total_units, limb) -%}
    (({{ share_limb(amount_units, weight_units, total_units, limb) }}
        - {{ share_limb_rest(amount_units, weight_units, total_units, limb) }}) // {{ share_total(total_units) }})
{%- endmacro %}

{% macro share_total(total_units) -%}abs(cast({{ total_units }} as hugeint)){%- endmacro %}
