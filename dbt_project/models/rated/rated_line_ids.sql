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

edges as (
    select TenantId, SegmentStart, Depth, IsWhiteLabel from {{ source('config', 'edge_names') }}
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

-- White label does not tell the provider, not even to somebody who tries out names.
providers as (
    select
        SellerTenantId,
        BuyerTenantId,
        x_Provider,
        cast(row_number() over (partition by SellerTenantId, BuyerTenantId order by x_Provider) as varchar)
            as ProviderNo
    from (
        select distinct coefficients.SellerTenantId, coefficients.BuyerTenantId, keys.x_Provider
        from coefficients
        inner join keys
            on coefficients.KeyNo = keys.KeyNo
    ) as named
),

-- The provider as it enters the id.
keyed as (
    select
        coefficients.*,
        case when edges.IsWhiteLabel then providers.ProviderNo else keys.x_Provider end as x_Provider
    from coefficients
    inner join keys
        on coefficients.KeyNo = keys.KeyNo
    inner join edges
        on coefficients.TenantId = edges.TenantId
        and keys.SegmentStart = edges.SegmentStart
        and coefficients.Depth = edges.Depth
    inner join providers
        on coefficients.SellerTenantId = providers.SellerTenantId
        and coefficients.BuyerTenantId = providers.BuyerTenantId
        and keys.x_Provider = providers.x_Provider
),

line_grain as (
    select
        coefficients.PriceKeyNo,
        coefficients.Depth,
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.BillingCurrency,
        coefficients.TenantId,
        {{ at_line_grain('x_Provider', 'coefficients.x_Provider') }} as x_Provider,
        {% for column in ['SubAccountId', 'ServiceName', 'SkuId', 'PricingUnit'] -%}
        {{ at_line_grain(column, 'keys.' ~ column) }} as {{ column }},
        {% endfor -%}
        keys.ChargeCategory,
        keys.ChargeClass,
        corrected_invoices.CorrectedInvoiceNo
    from keyed as coefficients
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
