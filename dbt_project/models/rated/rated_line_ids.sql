-- Grain: one row per billed charge key and edge: the invoice line that it is part of.
{% set grain = [
    'SellerTenantId', 'BuyerTenantId', 'BillingCurrency', 'TenantId', 'x_Provider', 'SubAccountId', 'ServiceName',
    'SkuId', 'PricingUnit', 'ChargeCategory', 'ChargeClass', 'x_CorrectedInvoiceId'
] %}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

line_grain as (
    select
        coefficients.KeyNo,
        coefficients.Depth,
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.BillingCurrency,
        coefficients.TenantId,
        keys.x_Provider,
        keys.SubAccountId,
        keys.ServiceName,
        keys.SkuId,
        keys.PricingUnit,
        keys.ChargeCategory,
        keys.ChargeClass,
        keys.x_CorrectedInvoiceId
    from coefficients
    inner join keys
        on coefficients.KeyNo = keys.KeyNo
),

final as (
    select
        line_grain.KeyNo,
        line_grain.Depth,
        {{ line_id('period.BillingPeriod', 'line_grain', grain) }} as InvoiceDetailId,
        {{ invoice_id('line_grain', 'period') }} as InvoiceId
    from line_grain
    cross join period
)

select * from final
