-- What the delivery itself says it costs. Grain: InvoiceId x BillingCurrency; amounts DECIMAL(38,24), in
-- BillingCurrency, summed from the source's text. Rows counts the rows; Beyond12 is what rounding each BilledCost
-- to 12 decimals takes out of Net + Tax.
select
    coalesce(InvoiceId, x_ManifestInvoice) as InvoiceId,
    upper(BillingCurrency) as BillingCurrency,
    exact_total(case when word_ChargeCategory(ChargeCategory) <> 'Tax' then BilledCost end) as Net,
    exact_total(case when word_ChargeCategory(ChargeCategory) = 'Tax' then BilledCost end) as Tax,
    count(*) as Rows,
    beyond_total(BilledCost) as Beyond12,
from raw_focus
group by coalesce(InvoiceId, x_ManifestInvoice), upper(BillingCurrency)
