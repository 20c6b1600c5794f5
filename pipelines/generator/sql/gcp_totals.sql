-- Grain: account x day (only rows at a committed price keep their day): what the rows of one file cost, credits included.
select
    account_no,
    case when model is not null then cast(starts_at as date) end as day,
    count(*) as line_count,
    sum(cost + committed + sustained + promotion + free_tier + margin) as net,
    coalesce(sum(case when committed <> 0 then cost end), 0) as covered,
    coalesce(sum(case when model is not null then cost end), 0) as flexible
from lines
group by account_no, day
order by account_no, day nulls first
