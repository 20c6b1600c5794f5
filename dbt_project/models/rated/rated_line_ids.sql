-- Grain: one row per price key and edge: the invoice line that it is part of, on the grain its contract sets.
{% set grain = [
    'SellerTenantId', 'BuyerTenantId', 'BillingCurrency', 'TenantId', 'x_Provider', 'SubAccountId', 'ServiceName',
    'SkuId', 'PricingUnit', 'ChargeCategory', 'ChargeClass', 'CorrectedInvoiceNo'
] %}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

contracts as (
    select ContractId, LineGrain from {{ source('config', 'contracts') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

-- Line ids are published: the provider's invoice enters them as a number that says nothing about it.
corrected_invoices as (
    select
        SellerTenantId,
        BuyerTenantId,
        x_CorrectedInvoiceId,
        cast(row_number() over (
            partition by SellerTenantId, BuyerTenantId order by x_CorrectedInvoiceId
        ) as varchar) as CorrectedInvoiceNo
    from (
        select distinct coefficients.SellerTenantId, coefficients.BuyerTenantId, keys.x_CorrectedInvoiceId
        from coefficients
        inner join keys
            on coefficients.KeyNo = keys.KeyNo
        where keys.x_CorrectedInvoiceId is not null
    ) as named
),

line_grain as (
    select
        coefficients.PriceKeyNo,
        coefficients.Depth,
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.BillingCurrency,
        coefficients.TenantId,
        {% for column in ['x_Provider', 'SubAccountId', 'ServiceName', 'SkuId', 'PricingUnit'] -%}
        {{ at_line_grain(column, 'keys.' ~ column) }} as {{ column }},
        {% endfor -%}
        keys.ChargeCategory,
        keys.ChargeClass,
        corrected_invoices.CorrectedInvoiceNo
    from coefficients
    inner join keys
        on coefficients.KeyNo = keys.KeyNo
    inner join contracts
        on coefficients.ContractId = contracts.ContractId
    left join corrected_invoices
        on coefficients.SellerTenantId = corrected_invoices.SellerTenantId
        and coefficients.BuyerTenantId = corrected_invoices.BuyerTenantId
        and keys.x_CorrectedInvoiceId = corrected_invoices.x_CorrectedInvoiceId
),

final as (
    select
        line_grain.PriceKeyNo,
        line_grain.Depth,
        {{ line_id('period.BillingPeriod', 'line_grain', grain) }} as InvoiceDetailId,
        {{ invoice_id('line_grain', 'period') }} as InvoiceId
    from line_grain
    cross join period
)

select * from final
