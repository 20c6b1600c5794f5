-- Grain: one row per invoice line: seller, buyer, currency, end customer, provider, sub-account, service, SKU,
-- pricing unit, charge category, charge class and corrected invoice. The only place where money is rounded.
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
        cast(sum(prices.InvoicedPrice) as decimal(38, 24)) as ExactCost,
        cast(sum(prices.AmortizedPrice) as decimal(38, 24)) as ExactEffectiveCost,
        cast(sum(prices.ListPrice) as decimal(38, 24)) as ExactListCost
    from prices
    inner join keys
        on prices.KeyNo = keys.KeyNo
    inner join line_ids
        on prices.KeyNo = line_ids.KeyNo
        and prices.Depth = line_ids.Depth
    group by line_ids.InvoiceDetailId
),

final as (
    select
        summed.InvoiceDetailId,
        summed.InvoiceId,
        summed.SellerTenantId,
        summed.BuyerTenantId,
        summed.Depth,
        summed.ContractId,
        summed.TenantId,
        tenants.TenantName,
        summed.BillingCurrency,
        summed.x_Provider,
        summed.SubAccountId,
        summed.SubAccountName,
        summed.ServiceCategory,
        summed.ServiceName,
        summed.x_PublisherName,
        summed.SkuId,
        summed.PricingUnit,
        summed.ChargeCategory,
        summed.ChargeClass,
        summed.x_CorrectedInvoiceId,
        summed.PricingQuantity,
        summed.ExactCost,
        {{ round_money('summed.ExactCost', 'contracts.MinorUnits', 'contracts.RoundingMode') }} as BilledCost,
        cast(round(summed.ExactListCost, 12) as decimal(38, 12)) as ListCost,
        cast(round(summed.ExactEffectiveCost, 12) as decimal(38, 12)) as EffectiveCost,
        summed.LineCount,
        contracts.MinorUnits,
        contracts.RoundingMode
    from summed
    inner join contracts
        on summed.ContractId = contracts.ContractId
    inner join tenants
        on summed.TenantId = tenants.TenantId
)

select * from final
