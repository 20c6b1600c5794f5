-- Grain: one row per edge, end customer, provider, service and day of usage, unrounded, in the edge's currency.
with

charges as (
    select * from {{ ref('rated_priced_charges') }}
),

changed_tenants as (
    select * from {{ ref('rated_changed_tenants') }}
),

tenants as (
    select TenantId from {{ ref('rated_tenant_terms') }}
),

daily_before as (
    select * from {{ source('raw', 'daily_before') }}
),

groups as (
    select daily_groups.*
    from {{ ref('rated_daily_groups') }} as daily_groups
    inner join changed_tenants
        on daily_groups.TenantId = changed_tenants.TenantId
),

group_keys as (
    select PriceKeyNo, KeyNo from {{ ref('rated_daily_groups') }} where PriceKeyNo = GroupKeyNo
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
        on charges.PriceKeyNo = groups.PriceKeyNo
    group by groups.GroupKeyNo, cast(charges.ChargePeriodStart as date)
),

bases as (
    select
        daily_bases.*,
        keys.x_Provider,
        keys.ServiceName
    from daily_bases
    inner join group_keys
        on daily_bases.GroupKeyNo = group_keys.PriceKeyNo
    inner join keys
        on group_keys.KeyNo = keys.KeyNo
),

priced as (
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
        on bases.GroupKeyNo = coefficients.PriceKeyNo
    group by
        coefficients.SellerTenantId, coefficients.BuyerTenantId, coefficients.TenantId, bases.x_Provider,
        bases.ServiceName, bases.ChargeDate, coefficients.BillingCurrency
),

-- Where no price of a tenant changed, its days are those of the build before.
kept as (
    select daily_before.*
    from daily_before
    inner join tenants
        on daily_before.TenantId = tenants.TenantId
    left join changed_tenants
        on daily_before.TenantId = changed_tenants.TenantId
    where changed_tenants.TenantId is null
),

final as (
    select * from priced
    union all
    select * from kept
)

select * from final
