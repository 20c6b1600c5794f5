-- Grain: savings plan x account x product x day: takes back the on-demand cost of the covered lines.
select
    account_no,
    product_no,
    'SavingsPlanNegation' as line_type,
    starts_at,
    ends_at,
    sum(quantity) as quantity,
    -sum(unblended) as unblended,
    -sum(net) as net,
    sp_arn,
    any_value(sp_rate) as sp_rate,
    any_value(sp_payment) as sp_payment
from lines
where line_type = 'SavingsPlanCoveredUsage'
group by account_no, product_no, starts_at, ends_at, sp_arn
order by account_no, product_no, starts_at, sp_arn
