-- Grain: one row per billed charge key and edge: exact prices in the edge's currency, never rounded.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

bases as (
    select
        KeyNo,
        LineCount,
        PricingQuantity,
        ListCost,
        {{ price_bases('keys', 'keys') }}
    from keys
),

final as (
    select
        coefficients.KeyNo,
        coefficients.Depth,
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.ContractId,
        coefficients.TenantId,
        coefficients.BillingCurrency,
        bases.LineCount,
        bases.PricingQuantity,
        {{ product('bases.ListCost', 'coefficients.FxFromProvider') }} as ListPrice,
        {{ invoiced_price('bases', 'coefficients') }} as InvoicedPrice,
        {{ amortized_price('bases', 'coefficients') }} as AmortizedPrice
    from coefficients
    inner join bases
        on coefficients.KeyNo = bases.KeyNo
)

select * from final
