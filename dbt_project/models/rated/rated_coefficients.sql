-- Grain: one row per price key and edge: its price as a linear form of the charge's base amounts.
-- price = CoefList * List + CoefContracted * Contracted + CoefCost * Cost + CoefQuantity * PricingQuantity, minus
-- CoefBenefit * PartnerBenefitAmount; which amounts these are, the treatment says (macros/prices.sql).
with

price_keys as (
    select PriceKeyNo, KeyNo from {{ ref('rated_price_keys') }}
),

price_chains as (
    {{ price_chains() }}
),

treatments as (
    select KeyNo, Depth, Treatment, PoolRate, IsOwnerSide from {{ ref('rated_treatments') }}
),

benefits as (
    select KeyNo, Depth, CoefBenefit from {{ ref('rated_benefit_shares') }} where IsFolded
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
        price_keys.PriceKeyNo,
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
        {{ treated_columns() }},
        chained.ListCoefList,
        chained.ListCoefQuantity,
        chained.RulePath,
        chained.ChainNo
    from chained
    {{ treated_joins() }}
    inner join key_edges
        on price_keys.KeyNo = key_edges.KeyNo
        and chained.Depth = key_edges.Depth
    where {{ treated_rows() }}
)

select * from final
