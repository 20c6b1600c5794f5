-- Grain: one row per charge that is billed, with the price key that prices it. A view over the wide charges.
{{ config(materialized='view') }}
with

charges as (
    select * from {{ source('focus', 'charges') }}
),

keys as (
    select KeyNo, SliceNo, x_RateKey, SegmentStart, x_TagValues
    from {{ ref('rated_charge_keys') }}
    where not IsOnDemand
),

billed as (
    select KeyNo from {{ ref('rated_dispositions') }} where Disposition = 'billed'
),

bound_keys as (
    select * from {{ ref('rated_bound_keys') }}
),

final as (
    select
        charges.*,
        keys.KeyNo,
        coalesce(bound_keys.PriceKeyNo, keys.KeyNo) as PriceKeyNo
    from charges
    inner join keys
        on charges.SliceNo = keys.SliceNo
        and charges.x_RateKey = keys.x_RateKey
        and charges.x_SegmentStart = keys.SegmentStart
        and charges.x_TagValues = keys.x_TagValues
    inner join billed
        on keys.KeyNo = billed.KeyNo
    left join bound_keys
        on keys.KeyNo = bound_keys.KeyNo
        and charges.ListCost = bound_keys.ListCost
        and charges.ContractedCost = bound_keys.ContractedCost
        and charges.BilledCost = bound_keys.BilledCost
        and charges.EffectiveCost = bound_keys.EffectiveCost
        and charges.PartnerBenefitAmount = bound_keys.PartnerBenefitAmount
        and coalesce(charges.PricingQuantity, 0) = bound_keys.PricingQuantity
)

select * from final
