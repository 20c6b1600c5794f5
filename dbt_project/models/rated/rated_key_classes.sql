-- Grain: one row per charge key that rules price: the number of its combination of matchable columns.
-- Columns that no plan looks at are left out of the combination, so that few remain.
{% set fields = match_fields() %}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

patterns as (
    select * from {{ source('config', 'match_patterns') }}
),

cards as (
    select cast(count(*) as bigint) as CardCount from {{ source('config', 'rate_cards') }}
),

-- Counts over all patterns: a column with none is never looked at. A rate card looks at SKU, price and unit.
used as (
    select
        {% for field in fields -%}
        count(patterns.Length{{ field.name }})
            {{ '+ max(cards.CardCount)' if field.name in ('Sku', 'SkuPrice', 'PricingUnit') }} > 0
            as Uses{{ field.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from cards
    left join patterns
        on true
),

texts as (
    select
        keys.KeyNo,
        keys.SegmentStart,
        keys.IsCommitment,
        {% for field in fields -%}
        case when used.Uses{{ field.name }} then coalesce(lower(keys.{{ field.column }}), '') else '' end
            as {{ field.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from keys
    cross join used
    where keys.RuleCategory in ('Usage', 'Purchase')
),

classes as (
    select
        SegmentStart, IsCommitment, {{ fields | map(attribute='name') | join(', ') }},
        min(KeyNo) as ClassNo
    from texts
    group by SegmentStart, IsCommitment, {{ fields | map(attribute='name') | join(', ') }}
),

final as (
    select
        texts.KeyNo,
        classes.ClassNo
    from texts
    inner join classes
        on texts.SegmentStart = classes.SegmentStart
        and texts.IsCommitment = classes.IsCommitment
        {% for field in fields -%}
        and texts.{{ field.name }} = classes.{{ field.name }}
        {% endfor %}
)

select * from final
