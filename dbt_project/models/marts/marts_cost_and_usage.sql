-- Grain: one row per billed charge and edge, one per custom line, and one Adjustment per rounded line.
-- The FOCUS rows a buyer receives, at its prices. A view: rows are priced when a bundle is written.
{{ config(materialized='view') }}
with

charges as (
    select * from {{ ref('rated_priced_charges') }}
),

contracts as (
    select ContractId, InvoiceIssuerName from {{ source('config', 'contracts') }}
),

tenants as (
    select TenantId, TenantName from {{ source('config', 'tenants') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

keys as (
    select KeyNo, SegmentStart from {{ ref('rated_charge_keys') }}
),

edges as (
    select TenantId, SegmentStart, Depth, ServiceSellerName, HostSellerName
    from {{ source('config', 'edge_names') }}
),

line_ids as (
    select * from {{ ref('rated_line_ids') }}
),

line_rows as (
    select * from {{ ref('marts_line_rows') }}
),

priced as (
    select
        charges.*,
        coefficients.SellerTenantId as EdgeSeller,
        coefficients.BuyerTenantId as EdgeBuyer,
        coefficients.TenantId as EdgeTenant,
        tenants.TenantName as EdgeTenantName,
        contracts.InvoiceIssuerName as EdgeSellerName,
        edges.ServiceSellerName,
        edges.HostSellerName,
        coefficients.BillingCurrency as EdgeCurrency,
        coefficients.FxFromProvider,
        coefficients.CoefList,
        coefficients.CoefContracted,
        coefficients.CoefCost,
        coefficients.CoefQuantity,
        coefficients.CoefBenefit,
        coefficients.Treatment,
        coefficients.OwnsCommitment,
        -- A commitment is shown only where its fee bills what it covers.
        coefficients.Treatment in ('plain', 'purchase', 'covered') as ShowsCommitment,
        coefficients.ListCoefList,
        coefficients.ListCoefQuantity,
        line_ids.InvoiceDetailId as LineId,
        line_ids.InvoiceId as EdgeInvoiceId,
        cast({{ product('charges.ListCost', 'coefficients.ListCoefList') }}
            + {{ product('coalesce(charges.PricingQuantity, 0)', 'coefficients.ListCoefQuantity') }}
            as decimal(38, 24)) as EdgeListCost,
        {{ invoiced_price('charges', 'coefficients') }} as InvoicedPrice,
        {{ amortized_price('charges', 'coefficients') }} as AmortizedPrice
    from charges
    inner join coefficients
        on charges.PriceKeyNo = coefficients.PriceKeyNo
    inner join line_ids
        on coefficients.PriceKeyNo = line_ids.PriceKeyNo
        and coefficients.Depth = line_ids.Depth
    inner join keys
        on coefficients.KeyNo = keys.KeyNo
    inner join edges
        on coefficients.TenantId = edges.TenantId
        and keys.SegmentStart = edges.SegmentStart
        and coefficients.Depth = edges.Depth
    inner join tenants
        on coefficients.TenantId = tenants.TenantId
    inner join contracts
        on coefficients.ContractId = contracts.ContractId
),

final as (
    select
        {{ buyer_rows(1) }}
    from priced as c
    union all
    select
        {{ buyer_rows(2) }}
    from line_rows as a
)

select * from final
