-- Grain: one row per charge of a bounded key (equal ones once): the price key that it belongs to, one per charge key
-- and choices of its chain, as its commitment covers it and on demand.
{% set amounts = [
    'ListCost', 'ContractedCost', 'BilledCost', 'EffectiveCost', 'PartnerBenefitAmount', 'PricingQuantity'
] %}
with

choices as (
    select * from {{ ref('rated_bound_choices') }}
),

bound_rows as (
    select * from {{ ref('rated_bound_rows') }}
),

ordinary as (
    select max(KeyNo) as LastKeyNo from {{ ref('rated_charge_keys') }}
),

-- A key and its on-demand twin have the same charges; either may be the one with a bound.
combined as (
    select
        abs(bound_rows.KeyNo) as KeyNo,
        {% for amount in amounts -%}
        bound_rows.{{ amount }},
        {% endfor -%}
        max(bound_rows.LineCount) as LineCount,
        coalesce(max(case when bound_rows.KeyNo > 0 then choices.Choices end), '') as Choices,
        coalesce(max(case when bound_rows.KeyNo < 0 then choices.Choices end), '') as OnDemandChoices
    from bound_rows
    left join choices
        on bound_rows.BoundRowNo = choices.BoundRowNo
    group by abs(bound_rows.KeyNo), {{ amounts | join(', ') }}
),

final as (
    select
        combined.*,
        cast(ordinary.LastKeyNo + dense_rank() over (
            order by combined.KeyNo, combined.Choices, combined.OnDemandChoices
        ) as bigint) as PriceKeyNo
    from combined
    cross join ordinary
)

select * from final
