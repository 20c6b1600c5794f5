-- Grain: invoice x currency. What the invoice charges before tax (Net) and its tax, straight from the source
-- text: the reconciliation's subtotals, because daily usage + rounding + purchases must add up to them. Before
-- the reconciliation is there, the daily usage alone. An estimate has no InvoiceId; its two exports are of different
-- moments, so its Net is the daily usage and the lines that are not usage. Rows counts the booked source rows;
-- Beyond12 is what rounding them to 12 decimals takes out of the sums.
with billed as (
    select
        raw_invoice.InvoiceNumber as InvoiceId,
        raw_lines.Currency as BillingCurrency,
        exact_total(case when not IsUsage or raw_invoice.InvoiceNumber is not null then Subtotal end) as Net,
        exact_total(TaxTotal) as Tax,
        count(*) filter (where not IsUsage) as Rows,
        beyond_total(case when not IsUsage then Subtotal end) + beyond_total(TaxTotal) as Beyond12
    from raw_lines
    cross join raw_invoice
    group by all
),

daily as (
    select
        (select InvoiceNumber from raw_invoice) as InvoiceId,
        BillingCurrency,
        exact_total(BillingPreTaxTotal) as Total,
        count(*) as Rows,
        beyond_total(BillingPreTaxTotal) as Beyond12
    from raw_usage
    group by all
),

rounded as (
    select coalesce(sum(Amount - cast(cast(Amount as decimal(38,12)) as decimal(38,24))), 0) as Beyond12
    from raw_rounding
)

select
    coalesce(billed.InvoiceId, daily.InvoiceId) as InvoiceId,
    coalesce(billed.BillingCurrency, daily.BillingCurrency) as BillingCurrency,
    cast(case
        when (select InvoiceNumber from raw_invoice) is null then coalesce(billed.Net, 0) + coalesce(daily.Total, 0)
        else coalesce(billed.Net, daily.Total, 0)
    end as decimal(38,24)) as Net,
    cast(coalesce(billed.Tax, 0) as decimal(38,24)) as Tax,
    coalesce(billed.Rows, 0) + coalesce(daily.Rows, 0) as Rows,
    cast(coalesce(billed.Beyond12, 0) + coalesce(daily.Beyond12, 0) + rounded.Beyond12 as decimal(38,24)) as Beyond12
from billed
full join daily
    on
        daily.InvoiceId is not distinct from billed.InvoiceId
        and daily.BillingCurrency is not distinct from billed.BillingCurrency
cross join rounded
