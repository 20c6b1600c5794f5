-- Grain: one row per price key and edge below or at a contract with exchange rates of its own: the coefficients it
-- would have at the period's pinned rates. What differs from the real ones is the effect of the contract's rates.
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

moved as (
    select distinct key_terms.KeyNo
    from key_terms
    inner join terms
        on key_terms.TermNo = terms.TermNo
    where terms.FxFromParent <> terms.FxFromParentPinned
        or terms.FxFromProvider <> terms.FxFromProviderPinned
        or terms.FxUnitPrice <> terms.FxUnitPricePinned
        or terms.UnitPrice <> terms.UnitPricePinned
        or terms.FxList <> terms.FxListPinned
),

{{ chained_coefficients(suffix='Pinned') }},

final as (
    select
        price_keys.PriceKeyNo,
        chained.Depth,
        chained.CoefList,
        chained.CoefContracted,
        chained.CoefCost,
        chained.CoefQuantity,
        {{ treated_columns() }}
    from chained
    {{ treated_joins() }}
    where {{ treated_rows() }}
)

select * from final
