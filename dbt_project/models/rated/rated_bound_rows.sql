-- Grain: one row per charge key with a floor or cap on some edge, and distinct set of base amounts of its charges.
-- Bounds compare two prices of one charge, so these keys keep the grain of charges; equal charges stand once.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

bounded as (
    select distinct KeyNo
    from {{ ref('rated_edge_terms') }}
    where FloorBasis is not null or CapBasis is not null
),

charges as (
    select * from {{ source('focus', 'charges') }}
),

summed as (
    select
        keys.KeyNo,
        charges.ListCost,
        charges.ContractedCost,
        charges.BilledCost,
        charges.EffectiveCost,
        charges.PartnerBenefitAmount,
        cast(coalesce(charges.PricingQuantity, 0) as decimal(38, 12)) as PricingQuantity,
        cast(count(*) as bigint) as LineCount
    from bounded
    inner join keys
        on bounded.KeyNo = keys.KeyNo
    inner join charges
        on keys.SliceNo = charges.SliceNo
        and keys.x_RateKey = charges.x_RateKey
        and keys.SegmentStart = charges.x_SegmentStart
        and keys.x_TagValues = charges.x_TagValues
    group by
        keys.KeyNo, charges.ListCost, charges.ContractedCost, charges.BilledCost, charges.EffectiveCost,
        charges.PartnerBenefitAmount, coalesce(charges.PricingQuantity, 0)
),

final as (
    select
        cast(row_number() over (
            order by KeyNo, ListCost, ContractedCost, BilledCost, EffectiveCost, PartnerBenefitAmount, PricingQuantity
        ) as bigint) as BoundRowNo,
        summed.*,
        case
            when PricingQuantity <> 0 then cast(sign(PricingQuantity) as integer)
            when BilledCost <> 0 then cast(sign(BilledCost) as integer)
            else 1
        end as Direction
    from summed
)

select * from final
