-- Grain: one row per plan and class of charge keys that the plan's rate card prices: its list price per unit.
with

profiles as (
    select * from {{ ref('rated_profiles') }}
),

plans as (
    select * from {{ source('config', 'plans') }}
),

rate_cards as (
    select * from {{ source('config', 'rate_cards') }}
),

matched as (
    select
        profiles.PlanId,
        profiles.ClassNo,
        rate_cards.UnitPrice,
        rate_cards.UnitPriceCurrency,
        row_number() over (
            partition by profiles.PlanId, profiles.ClassNo
            order by case when rate_cards.SkuPrice = '' then 1 else 0 end
        ) as Choice
    from profiles
    inner join plans
        on profiles.PlanId = plans.PlanId
    inner join rate_cards
        on plans.RateCardId = rate_cards.RateCardId
        and profiles.SegmentStart = rate_cards.SegmentStart
        and profiles.Provider = rate_cards.Provider
        and profiles.Sku = rate_cards.Sku
        and profiles.PricingUnit = rate_cards.PricingUnit
        and (rate_cards.SkuPrice = '' or profiles.SkuPrice = rate_cards.SkuPrice)
    where not profiles.IsCommitment
),

final as (
    select
        PlanId,
        ClassNo,
        UnitPrice as ListUnitPrice,
        UnitPriceCurrency as ListCurrency
    from matched
    where Choice = 1
)

select * from final
