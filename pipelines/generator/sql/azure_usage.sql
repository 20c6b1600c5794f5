-- Grain: one resource-day of the part: daily rated usage of the Microsoft customer agreement.
-- Amounts carry at most 15 significant digits, as the provider's numbers do. The credit (PEC, 15 %) is off
-- before the partner's access to a subscription began and on days when it was lapsed, and never on spot,
-- reserved or credited usage. One row in 499 is a correction with a negative quantity.
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
        products.unit_price as public_price,
        products.tiny,
        products.low,
        products.high,
        products.step,
        accounts.customer_no,
        accounts.credited,
        accounts.reserved and products.reserved and draw(days.h, 20, 3) > 0 as covered,
        products.pec and days.day >= accounts.access_from and days.day not between accounts.lapse and accounts.lapse + 2
            and draw(days.h, 21, 12) > 0 as managed
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
        ) as quantity,
        case when covered then cast(0 as decimal(18,10)) else public_price end as unit_price,
        managed and not covered and not credited as earned
    from drawn
),

paid as (
    select
        *,
        case
            when credited then cast(0 as decimal(18,4))
            when earned then cast(0.85 as decimal(18,4))
            else cast(1 as decimal(18,4))
        end as paid_share
    from measured
),

priced as (
    select
        *,
        case
            when tiny then cast(round(quantity * unit_price * paid_share, 15) as decimal(38,15))
            else cast(round(quantity * unit_price * paid_share, 10) as decimal(38,15))
        end as pricing_total,
        -- The price paid is noisy in the provider's files: nothing may be derived from it.
        case
            when earned then cast(
                round(cast(unit_price as decimal(28,10)) * (0.85 - draw(d, 3, 300) * 0.000001), 12) as decimal(28,12)
            )
            else cast(unit_price * paid_share as decimal(28,12))
        end as paid_price
    from paid
)

select
    resource_no,
    account_no,
    customer_no,
    product_no,
    cast(getvariable('month_start') as date) + cast(day as integer) as usage_date,
    draw(d, 4, 40) = 0 as shouting,
    covered,
    credited,
    earned,
    unit_price,
    quantity,
    paid_price,
    pricing_total,
    case
        when tiny then cast(round(pricing_total * cast(getvariable('fx') as decimal(9,6)), 15) as decimal(38,15))
        else cast(round(pricing_total * cast(getvariable('fx') as decimal(9,6)), 10) as decimal(38,15))
    end as billing_total
from priced
order by resource_no, usage_date
