-- Grain: one resource-day of the part. A savings plan covers compute at a lower rate: the line keeps its
-- on-demand cost and a negation takes it back; a reservation covers databases at cost zero. Lines of a
-- payer with an enterprise discount carry their net cost.
with days as (
    select
        resources.*,
        unnest(range(first_day, first_day + days)) as day
    from resources
    where part = getvariable('part')
),

drawn as (
    select
        days.*,
        hash(days.h, days.day) as d,
        products.unit_price,
        products.tiny,
        products.low,
        products.high,
        products.step,
        accounts.discounted,
        case when products.flag = 'ec2' and draw(days.h, 30, 3) > 0 then accounts.sp_arn end as sp_arn,
        case when products.flag = 'rds' and draw(days.h, 31, 4) > 0 then accounts.ri_arn end as ri_arn,
        accounts.sp_payment
    from days
    inner join accounts using (account_no)
    inner join products using (product_no)
),

measured as (
    select
        *,
        cast(
            cast((low + hash(d, 1) % (high - low + 1)) * step as decimal(18,0)) * cast(0.00000001 as decimal(9,8))
            * case when draw(d, 2, 499) = 0 and sp_arn is null and ri_arn is null then -1 else 1 end
            as decimal(18,8)
        ) as quantity
    from drawn
),

priced as (
    select
        *,
        case
            when tiny then cast(round(quantity * unit_price, 15) as decimal(38,15))
            else cast(round(quantity * unit_price, 10) as decimal(38,15))
        end as public_cost,
        cast(round(cast(unit_price as decimal(28,10)) * 0.72, 10) as decimal(28,10)) as sp_rate,
        cast(round(cast(unit_price as decimal(28,10)) * 0.4, 6) as decimal(28,10)) as ri_hourly,
        cast(round(cast(unit_price as decimal(28,10)) * 0.2, 6) as decimal(28,10)) as ri_upfront_hourly
    from measured
),

paid as (
    select *, case when ri_arn is null then public_cost else 0 end as unblended
    from priced
)

select
    account_no,
    product_no,
    resource_no,
    case
        when ri_arn is not null then 'DiscountedUsage'
        when sp_arn is not null then 'SavingsPlanCoveredUsage'
        else 'Usage'
    end as line_type,
    cast(getvariable('month_start') as timestamp) + to_days(cast(day as integer)) as starts_at,
    cast(getvariable('month_start') as timestamp) + to_days(cast(day as integer) + 1) as ends_at,
    quantity,
    unblended,
    case
        when not discounted then null
        when sp_arn is not null then unblended
        when tiny then cast(round(unblended * 0.97, 15) as decimal(38,15))
        else cast(round(unblended * 0.97, 10) as decimal(38,15))
    end as net,
    public_cost,
    sp_arn,
    case when sp_arn is not null then sp_rate end as sp_rate,
    case when sp_arn is not null then cast(round(quantity * sp_rate, 10) as decimal(38,15)) end as sp_effective,
    case when sp_arn is not null then sp_payment end as sp_payment,
    ri_arn,
    case when ri_arn is not null then cast(quantity * (ri_hourly + ri_upfront_hourly) as decimal(38,15)) end
        as ri_effective,
    case when ri_arn is not null then cast(quantity * ri_hourly as decimal(38,15)) end as ri_recurring,
    case when ri_arn is not null then cast(quantity * ri_upfront_hourly as decimal(38,15)) end as ri_amortized
from paid
order by resource_no, starts_at
