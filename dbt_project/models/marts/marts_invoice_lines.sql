-- Grain: one row per invoice line: the lines of charges, one per custom line and tenant, one per balance that is drawn
-- or falls short, one per shared partner benefit and returned commitment. What is billed is rounded already.
{% set own_grain = [
    'SellerTenantId', 'BuyerTenantId', 'BillingCurrency', 'TenantId', 'ContractId', 'Origin', 'x_CustomLineId'
] %}
with

charge_lines as (
    select * from {{ ref('marts_charge_lines') }}
),

custom_lines as (
    select * from {{ ref('marts_custom_lines') }}
),

balances as (
    select * from {{ ref('marts_balances') }}
),

credits as (
    select
        'benefit' as Origin, ContractId, CustomLineId, TenantId, SellerTenantId, BuyerTenantId, Depth, BillingCurrency,
        'Partner benefit' as LineName, 'Shared partner benefit (' || x_PartnerBenefitKind || ')' as ChargeDescription,
        x_Provider, ExactCost, BilledCost
    from {{ ref('marts_benefit_credits') }}
    union all
    select
        'commitment' as Origin, ContractId, CustomLineId, TenantId, SellerTenantId, BuyerTenantId, Depth,
        BillingCurrency, 'Commitment benefit' as LineName,
        'Use of your commitment by others, at on-demand price' as ChargeDescription, x_Provider, ExactCost, BilledCost
    from {{ ref('marts_commitment_credits') }}
),

contracts as (
    select ContractId, MinorUnits, RoundingMode from {{ source('config', 'contracts') }}
),

tenants as (
    select TenantId, TenantName from {{ source('config', 'tenants') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

added as (
    select
        'custom line' as Origin, ContractId, CustomLineId as x_CustomLineId, TenantId, SellerTenantId, BuyerTenantId,
        Depth, BillingCurrency, LineName, ChargeDescription, ChargeCategory, ChargeFrequency,
        cast(ChargeStart as timestamp) as ChargePeriodStart, cast(ChargeEnd as timestamp) as ChargePeriodEnd,
        PricingQuantity, ExactCost, BilledCost, FxEffect, cast(null as varchar) as x_Provider
    from custom_lines
    union all
    select
        'balance' as Origin, ContractId, BalanceId as x_CustomLineId, BuyerTenantId as TenantId, SellerTenantId,
        BuyerTenantId, Depth, BillingCurrency, BalanceName as LineName,
        BalanceName || case when BalanceKind = 'prepaid' then ', drawn' else ', shortfall' end as ChargeDescription,
        case when BalanceKind = 'prepaid' then 'Credit' else 'Purchase' end as ChargeCategory,
        case when BalanceKind = 'prepaid' then 'Recurring' else 'One-Time' end as ChargeFrequency,
        cast(null as timestamp) as ChargePeriodStart, cast(null as timestamp) as ChargePeriodEnd,
        cast(1 as decimal(38, 12)) as PricingQuantity, cast(BilledCost as decimal(38, 24)) as ExactCost, BilledCost,
        cast(0 as decimal(38, 12)) as FxEffect, cast(null as varchar) as x_Provider
    from balances
    where BalanceKind = 'prepaid' or IsLastMonth
    union all
    select
        Origin, ContractId, CustomLineId as x_CustomLineId, TenantId, SellerTenantId, BuyerTenantId, Depth,
        BillingCurrency, LineName, ChargeDescription, 'Credit' as ChargeCategory, 'Recurring' as ChargeFrequency,
        cast(null as timestamp) as ChargePeriodStart, cast(null as timestamp) as ChargePeriodEnd,
        cast(1 as decimal(38, 12)) as PricingQuantity, ExactCost, BilledCost, cast(0 as decimal(38, 12)) as FxEffect,
        x_Provider
    from credits
),

final as (
    select
        InvoiceDetailId, InvoiceId, SellerTenantId, BuyerTenantId, Depth, ContractId, TenantId, TenantName,
        BillingCurrency, x_Provider, SubAccountId, SubAccountName, ServiceCategory, ServiceName, x_PublisherName, SkuId,
        PricingUnit, ChargeCategory, ChargeClass, x_CorrectedInvoiceId, cast(null as varchar) as x_CustomLineId,
        cast(null as varchar) as ChargeDescription, cast(null as varchar) as ChargeFrequency,
        cast(null as timestamp) as ChargePeriodStart, cast(null as timestamp) as ChargePeriodEnd, PricingQuantity,
        ExactCost, BilledCost, ListCost, EffectiveCost, LineCount, TierResidual, FxEffect, MinorUnits, RoundingMode
    from charge_lines
    union all
    select
        {{ line_id('period.BillingPeriod', 'added', own_grain) }} as InvoiceDetailId,
        {{ invoice_id('added', 'period') }} as InvoiceId,
        added.SellerTenantId, added.BuyerTenantId, added.Depth, added.ContractId, added.TenantId, tenants.TenantName,
        added.BillingCurrency, added.x_Provider, null as SubAccountId, null as SubAccountName,
        'Other' as ServiceCategory, added.LineName as ServiceName, null as x_PublisherName, null as SkuId,
        'Units' as PricingUnit, added.ChargeCategory, null as ChargeClass, null as x_CorrectedInvoiceId,
        added.x_CustomLineId, added.ChargeDescription, added.ChargeFrequency,
        coalesce(added.ChargePeriodStart, period.PeriodStart) as ChargePeriodStart,
        coalesce(added.ChargePeriodEnd, period.PeriodEnd) as ChargePeriodEnd,
        added.PricingQuantity, added.ExactCost, added.BilledCost,
        {{ r12('added.ExactCost') }} as ListCost, {{ r12('added.ExactCost') }} as EffectiveCost,
        cast(1 as bigint) as LineCount, cast(0 as decimal(38, 24)) as TierResidual, added.FxEffect,
        contracts.MinorUnits, contracts.RoundingMode
    from added
    cross join period
    inner join contracts
        on added.ContractId = contracts.ContractId
    inner join tenants
        on added.TenantId = tenants.TenantId
)

select * from final
