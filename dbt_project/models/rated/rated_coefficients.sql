-- Grain: one row per price key and edge: its price as a linear form of the charge's base amounts.
-- price = CoefList * List + CoefContracted * Contracted + CoefCost * Cost + CoefQuantity * PricingQuantity
with

price_keys as (
    select PriceKeyNo, KeyNo, Choices from {{ ref('rated_price_keys') }}
),

edge_terms as (
    select * from {{ ref('rated_edge_terms') }}
),

{{ chained_coefficients() }}

select * from final
