-- Grain: one row per plan and class of charge keys that it must price.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_classes as (
    select * from {{ ref('rated_key_classes') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

pairs as (
    select distinct key_edges.PlanId, key_classes.ClassNo
    from key_edges
    inner join key_classes
        on key_edges.KeyNo = key_classes.KeyNo
    where key_edges.PlanId is not null
),

-- A class is numbered by one of its keys, which stands for all of them.
final as (
    select
        pairs.PlanId,
        pairs.ClassNo,
        keys.SegmentStart,
        keys.IsCommitment,
        {% for field in match_fields() -%}
        coalesce(lower(keys.{{ field.column }}), '') as {{ field.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from pairs
    inner join keys
        on pairs.ClassNo = keys.KeyNo
)

select * from final
