-- Grain: one row per billed charge and edge, plus one Adjustment per invoice line whose rounding moved it.
-- The FOCUS rows a buyer receives, at its prices. A view: rows are priced when a bundle is written.
{{ config(materialized='view') }}
with

charges as (
    select * from {{ source('focus', 'charges') }}
),

contracts as (
    select ContractId, InvoiceIssuerName from {{ source('config', 'contracts') }}
),

tenants as (
    select TenantId, TenantName from {{ source('config', 'tenants') }}
),

key_map as (
    select * from {{ ref('rated_daily_groups') }}
),

keys as (
    select KeyNo, IsCovered, IsCommitment from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

line_ids as (
    select * from {{ ref('rated_line_ids') }}
),

adjustments as (
    select * from {{ ref('marts_rounding_adjustments') }}
),

bases as (
    select
        charges.*,
        keys.KeyNo,
        keys.IsCovered,
        keys.IsCommitment,
        {{ price_bases('charges', 'keys') }}
    from charges
    inner join key_map
        on charges.SliceNo = key_map.SliceNo
        and charges.x_RateKey = key_map.x_RateKey
        and charges.x_SegmentStart = key_map.SegmentStart
    inner join keys
        on key_map.KeyNo = keys.KeyNo
),

priced as (
    select
        bases.*,
        coefficients.SellerTenantId as EdgeSeller,
        coefficients.BuyerTenantId as EdgeBuyer,
        coefficients.TenantId as EdgeTenant,
        tenants.TenantName as EdgeTenantName,
        contracts.InvoiceIssuerName as EdgeSellerName,
        coefficients.BillingCurrency as EdgeCurrency,
        coefficients.FxFromProvider,
        coefficients.CoefList,
        coefficients.CoefContracted,
        coefficients.CoefCost,
        coefficients.CoefQuantity,
        line_ids.InvoiceDetailId as LineId,
        line_ids.InvoiceId as EdgeInvoiceId,
        {{ product('bases.ListCost', 'coefficients.FxFromProvider') }} as EdgeListCost,
        {{ invoiced_price('bases', 'coefficients') }} as InvoicedPrice,
        {{ amortized_price('bases', 'coefficients') }} as AmortizedPrice
    from bases
    inner join coefficients
        on bases.KeyNo = coefficients.KeyNo
    inner join line_ids
        on coefficients.KeyNo = line_ids.KeyNo
        and coefficients.Depth = line_ids.Depth
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
    from adjustments as a
)

select * from final
