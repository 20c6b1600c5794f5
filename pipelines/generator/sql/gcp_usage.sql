-- Grain: one resource and Pacific day: the invoice month is the Pacific one, so a day begins at 07:00 or
-- 08:00 UTC and the last one ends in the next month. One resource in 15 reported the two last days of the
-- month before too late for that month's invoice: they are on this one.
with days as (
    select
        resources.*,
        unnest(range(first_day, first_day + days)) as day
    from resources
    where part = getvariable('part')
    union all
    select
        resources.*,
        unnest(range(-2, 0)) as day
    from resources
    where part = getvariable('part') and draw(h, 40, 15) = 0
),

drawn as (
    select
        days.*,
        hash(days.h, days.day) as d,
        products.unit_price,
        products.flag,
        products.low,
        products.high,
        products.step,
        accounts.*,
        case when accounts.negotiated and products.flag <> 'market' then 0.95 else 1 end as paid_share,
        -- Usage at the price of a commitment of the newer model.
        coalesce(
            contains(products.sku, 'Instance') and not contains(products.sku, 'Spot')
            and accounts.flex_id is not null and day >= 0 and draw(days.h, 42, 4) > 0,
            false
        ) as is_flexible
    from days
    inner join accounts using (account_no)
    inner join products using (product_no)
),

measured as (
    select
        *,
        cast(
            cast((low + hash(d, 1) % (high - low + 1)) * step as decimal(18,0)) * cast(0.00000001 as decimal(9,8))
            * case when draw(d, 2, 499) = 0 then -1 else 1 end
            as decimal(18,8)
        ) as quantity
    from drawn
),

priced as (
    select
        *,
        cast(round(quantity * unit_price, 9) as decimal(38,9)) as cost_at_list,
        cast(round(quantity * unit_price * cast(paid_share as decimal(4,2)), 9) as decimal(38,9)) as cost_alone,
        case
            when is_flexible then cast(round(quantity * unit_price * cast(0.72 as decimal(4,2)), 9) as decimal(38,9))
            else cost_alone
        end as cost
    from measured
),

credited as (
    select
        *,
        case when flag = 'cud' and cud_id is not null and draw(h, 41, 4) > 0
            then cast(-round(cost * 0.37, 9) as decimal(38,9)) else 0 end as committed,
        case when flag = 'sud' and not is_flexible then cast(-round(cost * 0.2, 9) as decimal(38,9)) else 0 end as sustained,
        case when promoted and flag <> 'market'
            then cast(-round(cost * 0.1, 9) as decimal(38,9)) else 0 end as promotion,
        case when flag = 'free' and day < 3 and not promoted then -cost else 0 end as free_tier
    from priced
)

select
    account_no,
    product_no,
    resource_no,
    getvariable('month_start') + to_hours(getvariable('pacific')) + to_days(cast(day as integer)) as starts_at,
    getvariable('month_start') + to_hours(getvariable('pacific')) + to_days(cast(day as integer) + 1) as ends_at,
    quantity,
    cost,
    cost_at_list,
    cost_alone,
    case when is_flexible then 'Compute Flexible CUDs 1 Year' end as model,
    -- Every other resource leaves it to the account which commitment it is.
    case when is_flexible and draw(h, 43, 2) = 0 then flex_id end as subscription,
    cast(unit_price * cast(paid_share as decimal(4,2)) as decimal(28,10)) as paid_price,
    committed,
    sustained,
    promotion,
    free_tier,
    case
        when flag = 'market' then 0
        else cast(-round((cost + committed + sustained + promotion + free_tier) * 0.08, 9) as decimal(38,9))
    end as margin
from credited
order by resource_no, day
