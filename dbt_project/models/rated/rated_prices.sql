-- Grain: one row per price key and edge: exact prices in the edge's currency, never rounded.
with

bases as (
    select * from {{ ref('rated_price_keys') }}
),

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

pinned as (
    select * from {{ ref('rated_pinned_coefficients') }}
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
        case when coefficients.Treatment in ('plain', 'purchase')
            then {{ product('bases.PartnerBenefitAmount', 'coefficients.CoefBenefit') }}
            else 0 end as SharedBenefit,
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
