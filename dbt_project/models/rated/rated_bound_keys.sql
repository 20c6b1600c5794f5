-- Grain: one row per bound row: the price key that it belongs to, one per charge key and choices of its chain.
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

final as (
    select
        bound_rows.BoundRowNo,
        bound_rows.KeyNo,
        choices.Choices,
        cast(ordinary.LastKeyNo + dense_rank() over (
            order by bound_rows.KeyNo, choices.Choices
        ) as bigint) as PriceKeyNo,
        bound_rows.ListCost,
        bound_rows.ContractedCost,
        bound_rows.BilledCost,
        bound_rows.EffectiveCost,
        bound_rows.PartnerBenefitAmount,
        bound_rows.PricingQuantity,
        bound_rows.LineCount
    from bound_rows
    inner join choices
        on bound_rows.BoundRowNo = choices.BoundRowNo
    cross join ordinary
)

select * from final
