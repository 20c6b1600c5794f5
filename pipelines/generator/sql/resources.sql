-- Grain: one resource of one account: what it runs, from which day, for how many days.
-- Rows of usage per account add up to the account's quota exactly; `part` numbers the output files.
-- Three of four resources run the whole month, the others at least 10 days.
with candidates as (
    select account_no, quota, home_region, unnest(range(quota // 10 + 1)) as k
    from accounts
    where quota > 0
),

drawn as (
    select *, hash(getvariable('seed'), account_no, k) as h
    from candidates
),

lengths as (
    select
        *,
        case
            when draw(h, 1, 4) > 0 then getvariable('days')
            else 10 + draw(h, 2, getvariable('days') - 9)
        end as wanted
    from drawn
),

placed as (
    select *, sum(wanted) over (partition by account_no order by k) as upto
    from lengths
),

kept as (
    select
        account_no,
        k,
        -- The first resource of an account is always part of the same system, so that links can name its group.
        case when k = 0 then 0 else draw(h, 7, 16) end as system_no,
        case when k = 0 then 0 else draw(h, 8, 5) end as stage_no,
        h,
        cast(least(wanted, quota - (upto - wanted)) as integer) as days,
        case when draw(h, 3, 5) = 0 then draw(h, 4, getvariable('regions')) else home_region end as region_no
    from placed
    where upto - wanted < quota
),

numbered as (
    select
        *,
        row_number() over (order by account_no, k) - 1 as resource_no,
        sum(days) over (order by account_no, k) - days as rows_before
    from kept
)

select
    numbered.resource_no,
    numbered.account_no,
    numbered.h,
    numbered.days,
    draw(numbered.h, 5, getvariable('days') - numbered.days + 1) as first_day,
    slots.base_no * getvariable('regions') + numbered.region_no as product_no,
    numbered.system_no,
    numbered.stage_no,
    cast(numbered.rows_before // getvariable('part_rows') as integer) as part
from numbered
inner join slots on slots.slot = draw(numbered.h, 6, getvariable('slots'))
order by numbered.resource_no
