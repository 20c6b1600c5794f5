-- What the delivery itself says it costs. Grain: BillingCurrency (Google numbers no invoice in its rows);
-- amounts DECIMAL(38,24), in BillingCurrency, summed from the source's text, credits included in Net.
-- Rows counts the booked lines; Beyond12 is what rounding each amount to 12 decimals takes out.
-- A FOCUS table states the net amount itself.
with amounts as (
    select currency, cost_type = 'tax' as is_tax, true as is_line, coalesce(given.BilledCost, cost) as amount
    from raw_gcp
    union all
    select raw_gcp.currency, false as is_tax, false as is_line, entry.credit.amount as amount
    from raw_gcp, unnest(raw_gcp.credits) as entry(credit)
    where raw_gcp.given is null
)
select
    cast(null as varchar) as InvoiceId,
    currency as BillingCurrency,
    exact_total(case when not is_tax then amount end) as Net,
    exact_total(case when is_tax then amount end) as Tax,
    count(case when is_line then 1 end) as Rows,
    beyond_total(amount) as Beyond12,
from amounts
group by currency
