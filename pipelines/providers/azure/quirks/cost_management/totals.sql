-- What the actual cost export itself says the month costs. Grain: InvoiceId x BillingCurrency; amounts DECIMAL(38,24),
-- summed from the source's text. Rows counts the booked rows of both exports; Beyond12 is what rounding each Cost to
-- 12 decimals takes out of Net + Tax.
select
    InvoiceId,
    upper(BillingCurrency) as BillingCurrency,
    exact_total(case when IsActual and Kind <> 'tax' then Cost end) as Net,
    exact_total(case when IsActual and Kind = 'tax' then Cost end) as Tax,
    count(*) filter (where IsBooked) as Rows,
    beyond_total(case when IsActual then Cost end) as Beyond12
from raw_cost
where IsActual or IsBooked
group by InvoiceId, upper(BillingCurrency)
