-- Grain: one row per billed charge key, or part of one, that has not exactly one price on each edge of its chain.
select
    dispositions.KeyNo,
    prices.PriceKeyNo,
    max(prices.EdgeCount) as EdgeCount,
    count(prices.Depth) as PriceCount
from {{ ref('rated_dispositions') }} as dispositions
left join {{ ref('rated_prices') }} as prices
    on dispositions.KeyNo = prices.KeyNo
where dispositions.Disposition = 'billed'
group by dispositions.KeyNo, prices.PriceKeyNo
having count(prices.Depth) <> max(prices.EdgeCount) or max(prices.EdgeCount) is null
