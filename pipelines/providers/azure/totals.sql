-- Grain: invoice x currency. What the invoice charges before tax (Net) and its tax, straight from the source
-- text: the reconciliation's subtotals, because daily usage + rounding + purchases must add up to them. Before
-- the reconciliation is there, the daily usage alone. Rows counts the booked source rows; Beyond12 is what
-- rounding them to 12 decimals takes out of the sums.
with billed as (
    select
        coalesce(InvoiceNumber, (select InvoiceNumber from raw_invoice)) as InvoiceId,
        Currency as BillingCurrency,
        exact_total(Subtotal) as Net,
        exact_total(TaxTotal) as Tax,
        count(*) filter (where not IsUsage) as Rows,
        beyond_total(case when not IsUsage then Subtotal end) + beyond_total(TaxTotal) as Beyond12
    from raw_lines
    group by all
),

daily as (
    select
        coalesce(InvoiceNumber, (select InvoiceNumber from raw_invoice)) as InvoiceId,
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
    InvoiceId,
    BillingCurrency,
    cast(coalesce(billed.Net, daily.Total, 0) as decimal(38,24)) as Net,
    cast(coalesce(billed.Tax, 0) as decimal(38,24)) as Tax,
    coalesce(billed.Rows, 0) + coalesce(daily.Rows, 0) as Rows,
    cast(coalesce(billed.Beyond12, 0) + coalesce(daily.Beyond12, 0) + rounded.Beyond12 as decimal(38,24)) as Beyond12
from billed
full join daily using (InvoiceId, BillingCurrency)
cross join rounded
