-- Grain: one row per billing account and currency with a control invoice: its invoices = its invoiced lines.
with

controls as (
    select * from {{ source('raw', 'control_invoices') }}
),

totals as (
    select * from {{ source('raw', 'totals') }}
),

-- An invoice that no control lists, or a control whose lines nobody delivered, shows here as a whole.
invoiced as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        cast(sum(Net + Tax) as decimal(38, 24)) as Total
    from controls
    group by x_Provider, BillingAccountId, BillingCurrency
),

-- Lines without an invoice, beside others that have one, are an estimate and on no bill yet.
delivered as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        cast(sum(Net + Tax) as decimal(38, 24)) as Total,
        cast(sum(case when InvoiceId is not null then Net + Tax end) as decimal(38, 24)) as NumberedTotal
    from totals
    group by x_Provider, BillingAccountId, BillingCurrency
),

final as (
    select
        'provider bill = raw' as CheckName,
        invoiced.x_Provider || ' / ' || invoiced.BillingAccountId as Scope,
        invoiced.BillingCurrency as Currency,
        invoiced.Total as Expected,
        cast(coalesce(delivered.NumberedTotal, delivered.Total, 0) as decimal(38, 24)) as Actual,
        '' as Note
    from invoiced
    left join delivered
        on invoiced.x_Provider = delivered.x_Provider
        and invoiced.BillingAccountId = delivered.BillingAccountId
        and invoiced.BillingCurrency = delivered.BillingCurrency
)

select * from final
