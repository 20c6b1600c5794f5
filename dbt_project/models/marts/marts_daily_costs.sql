-- Grain: one row per edge, end customer, provider, service and day of usage, unrounded, in the edge's currency.
with

charges as (
    select * from {{ source('focus', 'charges') }}
),

groups as (
    select * from {{ ref('rated_daily_groups') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

-- The one wide scan of the build: bases are summed here and priced after.
daily_bases as (
    select
        groups.GroupKeyNo,
        cast(charges.ChargePeriodStart as date) as ChargeDate,
        sum(charges.ListCost) as ListCost,
        sum(charges.ContractedCost) as ContractedCost,
        sum(charges.BilledCost) as BilledCost,
        sum(charges.EffectiveCost) as EffectiveCost,
        sum(charges.x_PartnerBenefitAmount) as PartnerBenefitAmount,
        coalesce(sum(charges.PricingQuantity), 0) as PricingQuantity
    from charges
    inner join groups
        on charges.SliceNo = groups.SliceNo
        and charges.x_RateKey = groups.x_RateKey
        and charges.x_SegmentStart = groups.SegmentStart
    group by groups.GroupKeyNo, cast(charges.ChargePeriodStart as date)
),

bases as (
    select
        daily_bases.GroupKeyNo as KeyNo,
        daily_bases.ChargeDate,
        keys.x_Provider,
        keys.ServiceName,
        {{ price_bases('daily_bases', 'keys') }}
    from daily_bases
    inner join keys
        on daily_bases.GroupKeyNo = keys.KeyNo
),

final as (
    select
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.TenantId,
        bases.x_Provider,
        bases.ServiceName,
        bases.ChargeDate,
        coefficients.BillingCurrency,
        cast(sum({{ invoiced_price('bases', 'coefficients') }}) as decimal(38, 24)) as ExactCost,
        cast(sum({{ amortized_price('bases', 'coefficients') }}) as decimal(38, 24)) as EffectiveCost
    from bases
    inner join coefficients
        on bases.KeyNo = coefficients.KeyNo
    group by
        coefficients.SellerTenantId, coefficients.BuyerTenantId, coefficients.TenantId, bases.x_Provider,
        bases.ServiceName, bases.ChargeDate, coefficients.BillingCurrency
)

select * from final
