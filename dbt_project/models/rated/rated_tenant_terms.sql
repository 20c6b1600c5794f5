-- Grain: one row per tenant with billed charges: one number that changes when any price of the tenant could.
with

coefficients as (
    select * from {{ ref('rated_coefficients') }}
),

price_keys as (
    select * from {{ ref('rated_price_keys') }}
),

final as (
    select
        coefficients.TenantId,
        cast(count(*) as bigint) as PriceCount,
        cast(sum({{ row_hash([
            'coefficients.PriceKeyNo', 'coefficients.KeyNo', 'coefficients.Depth', 'coefficients.SellerTenantId',
            'coefficients.BuyerTenantId', 'coefficients.ContractId', 'coefficients.BillingCurrency',
            'coefficients.CoefList', 'coefficients.CoefContracted', 'coefficients.CoefCost',
            'coefficients.CoefQuantity', 'coefficients.Treatment', 'coefficients.CoefPool', 'coefficients.CoefBenefit',
            'price_keys.LineCount', 'price_keys.ListCost', 'price_keys.BilledCost',
            'price_keys.PricingQuantity'
        ]) }}) as varchar) as TermsHash
    from coefficients
    inner join price_keys
        on coefficients.PriceKeyNo = price_keys.PriceKeyNo
    group by coefficients.TenantId
)

select * from final
