-- Grain: one row per control invoice, or per account and currency whose lines name none: the sum of its invoices.
with

controls as (
    select * from {{ source('raw', 'control_invoices') }}
),

totals as (
    select * from {{ source('raw', 'totals') }}
),

-- Only all of the month's invoices together can be the sum of lines that do not say on which they stand.
unnumbered as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency
    from totals
    group by x_Provider, BillingAccountId, BillingCurrency
    having max(coalesce(InvoiceId, '')) = ''
),

grouped as (
    select
        controls.x_Provider,
        controls.BillingAccountId,
        controls.BillingCurrency,
        min(controls.InvoiceId) as FirstInvoiceId,
        count(*) as InvoiceCount,
        sum(controls.Net) as Net,
        sum(controls.Tax) as Tax
    from controls
    left join unnumbered
        on controls.x_Provider = unnumbered.x_Provider
        and controls.BillingAccountId = unnumbered.BillingAccountId
        and controls.BillingCurrency = unnumbered.BillingCurrency
    group by
        controls.x_Provider,
        controls.BillingAccountId,
        controls.BillingCurrency,
        case when unnumbered.x_Provider is null then controls.InvoiceId end
),

final as (
    select
        x_Provider,
        BillingAccountId,
        FirstInvoiceId || case when InvoiceCount > 1 then ' + ' || cast(InvoiceCount - 1 as varchar) else '' end
            as InvoiceId,
        BillingCurrency,
        cast(Net as decimal(38, 24)) as Net,
        cast(Tax as decimal(38, 24)) as Tax
    from grouped
)

select * from final
