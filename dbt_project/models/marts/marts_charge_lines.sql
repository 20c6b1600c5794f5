-- Grain: one row per invoice line of charges: seller, buyer, currency, end customer, provider, sub-account, service,
-- SKU, pricing unit, charge category, charge class and corrected invoice. Charges are rounded here and nowhere else.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

prices as (
    select * from {{ ref('rated_prices') }}
),

line_ids as (
    select * from {{ ref('rated_line_ids') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

residuals as (
    select InvoiceDetailId, cast(sum(Residual) as decimal(38, 24)) as Residual
    from {{ ref('rated_tier_residuals') }}
    group by InvoiceDetailId
),

-- Every column of the line's grain is constant within a line id.
summed as (
    select
        line_ids.InvoiceDetailId,
        max(line_ids.InvoiceId) as InvoiceId,
        max(prices.SellerTenantId) as SellerTenantId,
        max(prices.BuyerTenantId) as BuyerTenantId,
        max(prices.Depth) as Depth,
        -- Where a contract follows another within the month, the later one's rounding holds.
        max_by(prices.ContractId, keys.SegmentStart) as ContractId,
        max(prices.TenantId) as TenantId,
        max(prices.BillingCurrency) as BillingCurrency,
        max(keys.x_Provider) as x_Provider,
        max(keys.SubAccountId) as SubAccountId,
        max(keys.SubAccountName) as SubAccountName,
        max(keys.ServiceCategory) as ServiceCategory,
        max(keys.ServiceName) as ServiceName,
        max(keys.x_PublisherName) as x_PublisherName,
        max(keys.SkuId) as SkuId,
        max(keys.PricingUnit) as PricingUnit,
        max(keys.ChargeCategory) as ChargeCategory,
        max(keys.ChargeClass) as ChargeClass,
        max(keys.x_CorrectedInvoiceId) as x_CorrectedInvoiceId,
        cast(sum(prices.LineCount) as bigint) as LineCount,
        cast(sum(prices.PricingQuantity) as decimal(38, 12)) as PricingQuantity,
        cast(sum(prices.InvoicedPrice) as decimal(38, 24)) as ChargesCost,
        cast(sum(prices.AmortizedPrice) as decimal(38, 24)) as ExactEffectiveCost,
        cast(sum(prices.ListPrice) as decimal(38, 24)) as ExactListCost,
        cast(sum(prices.FxEffect) as decimal(38, 24)) as ExactFxEffect
    from prices
    inner join keys
        on prices.KeyNo = keys.KeyNo
    inner join line_ids
        on prices.PriceKeyNo = line_ids.PriceKeyNo
        and prices.Depth = line_ids.Depth
    group by line_ids.InvoiceDetailId
),

-- What graduated tiers leave between the price of a group and its unit value is part of the line.
exact as (
    select
        summed.*,
        coalesce(residuals.Residual, 0) as TierResidual,
        cast(summed.ChargesCost + coalesce(residuals.Residual, 0) as decimal(38, 24)) as ExactCost
    from summed
    left join residuals
        on summed.InvoiceDetailId = residuals.InvoiceDetailId
),

final as (
    select
        exact.InvoiceDetailId,
        exact.InvoiceId,
        exact.SellerTenantId,
        exact.BuyerTenantId,
        exact.Depth,
        exact.ContractId,
        exact.TenantId,
        tenants.TenantName,
        exact.BillingCurrency,
        {{ at_line_grain('x_Provider', 'exact.x_Provider') }} as x_Provider,
        {{ at_line_grain('SubAccountId', 'exact.SubAccountId') }} as SubAccountId,
        {{ at_line_grain('SubAccountName', 'exact.SubAccountName') }} as SubAccountName,
        {{ at_line_grain('ServiceCategory', 'exact.ServiceCategory') }} as ServiceCategory,
        {{ at_line_grain('ServiceName', 'exact.ServiceName') }} as ServiceName,
        {{ at_line_grain('x_PublisherName', 'exact.x_PublisherName') }} as x_PublisherName,
        {{ at_line_grain('SkuId', 'exact.SkuId') }} as SkuId,
        {{ at_line_grain('PricingUnit', 'exact.PricingUnit') }} as PricingUnit,
        exact.ChargeCategory,
        exact.ChargeClass,
        exact.x_CorrectedInvoiceId,
        {{ at_line_grain('PricingQuantity', 'exact.PricingQuantity') }} as PricingQuantity,
        exact.ExactCost,
        {{ round_money('exact.ExactCost', 'contracts.MinorUnits', 'contracts.RoundingMode') }} as BilledCost,
        cast(round(exact.ExactListCost, 12) as decimal(38, 12)) as ListCost,
        cast(round(exact.ExactEffectiveCost + exact.TierResidual, 12) as decimal(38, 12)) as EffectiveCost,
        exact.LineCount,
        exact.TierResidual,
        cast(round(exact.ExactFxEffect, 12) as decimal(38, 12)) as FxEffect,
        contracts.MinorUnits,
        contracts.RoundingMode
    from exact
    inner join contracts
        on exact.ContractId = contracts.ContractId
    inner join tenants
        on exact.TenantId = tenants.TenantId
)

select * from final
