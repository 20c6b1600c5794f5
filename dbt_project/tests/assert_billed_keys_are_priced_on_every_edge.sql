-- Grain: one row per billed charge key that has not exactly one price on each edge of its chain.
select
    dispositions.KeyNo,
    max(coefficients.EdgeCount) as EdgeCount,
    count(prices.Depth) as PriceCount
from {{ ref('rated_dispositions') }} as dispositions
left join {{ ref('rated_coefficients') }} as coefficients
    on dispositions.KeyNo = coefficients.KeyNo
left join {{ ref('rated_prices') }} as prices
    on coefficients.KeyNo = prices.KeyNo
    and coefficients.Depth = prices.Depth
where dispositions.Disposition = 'billed'
group by dispositions.KeyNo
having count(prices.Depth) <> max(coefficients.EdgeCount) or max(coefficients.EdgeCount) is null
