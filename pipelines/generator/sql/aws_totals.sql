-- Grain: account x service x covering commitment x day (only covered lines keep their day).
select
    lines.account_no,
    products.service,
    products.product_no,
    coalesce(lines.sp_arn, '') as sp_arn,
    coalesce(lines.ri_arn, '') as ri_arn,
    case when lines.sp_arn is not null then cast(lines.starts_at as date) end as day,
    count(*) as line_count,
    sum(case when lines.line_type = 'SavingsPlanNegation' then 0 else lines.quantity end) as quantity,
    sum(coalesce(lines.net, lines.unblended)) as billed,
    sum(case when lines.line_type = 'Usage' then lines.unblended else 0 end) as on_demand,
    coalesce(sum(lines.sp_effective), 0) as sp_used,
    coalesce(sum(lines.ri_recurring), 0) as ri_recurring,
    coalesce(sum(lines.ri_amortized), 0) as ri_amortized
from lines
inner join products using (product_no)
group by all
order by all
