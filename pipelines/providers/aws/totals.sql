-- What the delivery itself says it costs. Grain: InvoiceId x BillingCurrency; amounts DECIMAL(38,24), in
-- BillingCurrency, summed from the source's text. Rows counts the booked lines; Beyond12 is what rounding
-- each booked amount to 12 decimals takes out of Net + Tax.
with lines as (
    select
        bill_invoice_id,
        line_item_currency_code,
        line_item_line_item_type = 'Tax' as is_tax,
        -- Covered usage and its negation are booked as one amount per invoice, so they are rounded as one.
        line_item_line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') as is_pair,
        coalesce(line_item_net_unblended_cost, line_item_unblended_cost, '0') as amount,
    from raw_cur
),
sums as (
    select
        bill_invoice_id as InvoiceId,
        line_item_currency_code as BillingCurrency,
        exact_total(case when not is_tax then amount end) as Net,
        exact_total(case when is_tax then amount end) as Tax,
        count(*) as Rows,
        beyond_total(case when not is_pair then amount end) as beyond_rows,
        exact_total(case when is_pair then amount end) as pair_remainder,
    from lines
    group by bill_invoice_id, line_item_currency_code
)
select
    InvoiceId,
    BillingCurrency,
    Net,
    Tax,
    Rows,
    beyond_rows + pair_remainder - cast(cast(pair_remainder as decimal(38,12)) as decimal(38,24)) as Beyond12,
from sums
