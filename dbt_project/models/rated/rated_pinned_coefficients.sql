-- Grain: one row per price key and edge below or at a contract with exchange rates of its own: the coefficients it
-- would have at the period's pinned rates. What differs from the real ones is the effect of the contract's rates.
with

price_keys as (
    select PriceKeyNo, KeyNo, Choices from {{ ref('rated_price_keys') }}
),

edge_terms as (
    select * from {{ ref('rated_edge_terms') }}
),

{{ chained_coefficients(suffix='Pinned') }}

select * from final
