-- Grain: account: what its rows of one file cost, credits included, and how many credits they carry.
select
    account_no,
    count(*) as line_count,
    sum(cost + committed + sustained + promotion + free_tier + margin) as net,
    coalesce(sum(case when committed <> 0 then cost end), 0) as covered
from lines
group by account_no
order by account_no
