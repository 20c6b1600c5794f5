-- Grain: customer x catalog product x earned credit (x covered, credited): what a reconciliation line adds up.
select
    customer_no,
    product_no,
    earned,
    covered,
    credited,
    unit_price,
    sum(quantity) as quantity,
    count(*) as usage_days
from usage_rows
group by customer_no, product_no, earned, covered, credited, unit_price
order by customer_no, product_no, earned, covered, credited, unit_price
