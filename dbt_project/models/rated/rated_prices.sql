-- Grain: one row per price key and edge: exact prices in the edge's currency, never rounded.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

price_keys as (
    select * from {{ ref('rated_price_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

pinned as (
    select * from {{ ref('rated_pinned_coefficients') }}
),

bases as (
    select
        price_keys.PriceKeyNo,
        price_keys.LineCount,
        price_keys.PricingQuantity,
        price_keys.ListCost,
        {{ price_bases('price_keys', 'keys') }}
    from price_keys
    inner join keys
        on price_keys.KeyNo = keys.KeyNo
),

final as (
    select
        coefficients.PriceKeyNo,
        coefficients.Depth,
        coefficients.KeyNo,
        coefficients.EdgeCount,
        coefficients.SellerTenantId,
        coefficients.BuyerTenantId,
        coefficients.ContractId,
        coefficients.TenantId,
        coefficients.BillingCurrency,
        bases.LineCount,
        bases.PricingQuantity,
        cast({{ product('bases.ListCost', 'coefficients.ListCoefList') }}
            + {{ product('bases.PricingQuantity', 'coefficients.ListCoefQuantity') }} as decimal(38, 24)) as ListPrice,
        {{ invoiced_price('bases', 'coefficients') }} as InvoicedPrice,
        {{ amortized_price('bases', 'coefficients') }} as AmortizedPrice,
        -- What the contract's own exchange rates move, against the period's pinned rates.
        case when pinned.PriceKeyNo is null then cast(0 as decimal(38, 24))
            else cast({{ invoiced_price('bases', 'coefficients') }} - {{ invoiced_price('bases', 'pinned') }}
                as decimal(38, 24)) end as FxEffect
    from coefficients
    inner join bases
        on coefficients.PriceKeyNo = bases.PriceKeyNo
    left join pinned
        on coefficients.PriceKeyNo = pinned.PriceKeyNo
        and coefficients.Depth = pinned.Depth
)

select * from final
