-- Grain: one row per price key and edge: its price as a linear form of the charge's base amounts.
-- price = CoefList * List + CoefContracted * Contracted + CoefCost * Cost + CoefQuantity * PricingQuantity
with

price_keys as (
    select PriceKeyNo, KeyNo, Choices from {{ ref('rated_price_keys') }}
),

key_terms as (
    select KeyNo, Depth, TermNo from {{ ref('rated_key_terms') }}
),

terms as (
    select * from {{ ref('rated_terms') }}
),

key_edges as (
    select KeyNo, Depth, EdgeCount, TenantId, SellerTenantId, BuyerTenantId, ContractId, BillingCurrency
    from {{ ref('rated_key_edges') }}
),

{{ chained_coefficients() }},

final as (
    select
        chained.PriceKeyNo,
        chained.Depth,
        price_keys.KeyNo,
        key_edges.EdgeCount,
        key_edges.TenantId,
        key_edges.SellerTenantId,
        key_edges.BuyerTenantId,
        key_edges.ContractId,
        key_edges.BillingCurrency,
        chained.FxFromProvider,
        chained.CoefList,
        chained.CoefContracted,
        chained.CoefCost,
        chained.CoefQuantity,
        chained.ListCoefList,
        chained.ListCoefQuantity,
        chained.RulePath,
        chained.ChainNo
    from chained
    inner join price_keys
        on chained.PriceKeyNo = price_keys.PriceKeyNo
    inner join key_edges
        on price_keys.KeyNo = key_edges.KeyNo
        and chained.Depth = key_edges.Depth
)

select * from final
