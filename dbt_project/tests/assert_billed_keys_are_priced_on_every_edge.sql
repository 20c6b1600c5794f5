-- Grain: one row per billed charge key, or part of one, that has not exactly one price on each edge of its chain, down
-- to where a policy for commitments takes it out.
with

taken_out as (
    select KeyNo, max(NoneFrom) as NoneFrom from {{ ref('rated_treatments') }} group by KeyNo
)

select
    dispositions.KeyNo,
    prices.PriceKeyNo,
    max(prices.EdgeCount) as EdgeCount,
    count(prices.Depth) as PriceCount
from {{ ref('rated_dispositions') }} as dispositions
left join {{ ref('rated_prices') }} as prices
    on dispositions.KeyNo = prices.KeyNo
left join taken_out
    on dispositions.KeyNo = taken_out.KeyNo
where dispositions.Disposition = 'billed'
group by dispositions.KeyNo, prices.PriceKeyNo
having count(prices.Depth) <> coalesce(max(taken_out.NoneFrom) - 1, max(prices.EdgeCount))
    or max(prices.EdgeCount) is null
