-- Grain: one row per price key: a billed charge key, or the part of one on which the same floors and caps hold.
{{ config(materialized='view') }}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

billed as (
    select KeyNo, OnDemandFrom from {{ ref('rated_dispositions') }} where Disposition = 'billed'
),

bound_keys as (
    select * from {{ ref('rated_bound_keys') }}
),

bounded as (
    select distinct KeyNo from bound_keys
),

parts as (
    select
        PriceKeyNo,
        max(KeyNo) as KeyNo,
        max(Choices) as Choices,
        max(OnDemandChoices) as OnDemandChoices,
        cast(sum(LineCount) as bigint) as LineCount,
        {% for measure in [
            'PricingQuantity', 'ListCost', 'ContractedCost', 'BilledCost', 'EffectiveCost', 'PartnerBenefitAmount'
        ] -%}
        cast(sum({{ measure }} * LineCount) as decimal(38, 12)) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from bound_keys
    group by PriceKeyNo
),

ordinary as (
    select
        keys.KeyNo as PriceKeyNo,
        keys.KeyNo,
        '' as Choices,
        '' as OnDemandChoices,
        keys.LineCount,
        keys.PricingQuantity,
        keys.ListCost,
        keys.ContractedCost,
        keys.BilledCost,
        keys.EffectiveCost,
        keys.PartnerBenefitAmount
    from keys
    inner join billed
        on keys.KeyNo = billed.KeyNo
    left join bounded
        on keys.KeyNo = bounded.KeyNo
    where bounded.KeyNo is null
),

divided as (
    select * from ordinary
    union all
    select * from parts
),

final as (
    select
        divided.*,
        billed.OnDemandFrom is not null as IsOnDemand
    from divided
    inner join billed
        on divided.KeyNo = billed.KeyNo
)

select * from final
