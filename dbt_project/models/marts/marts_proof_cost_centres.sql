-- Grain: one row per edge, currency and check, where a customer has cost centres: their parts are the invoice lines.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

parts as (
    select
        InvoiceDetailId,
        cast(sum(BilledCost) as decimal(38, 24)) as BilledCost
    from {{ ref('marts_cost_centres') }}
    group by InvoiceDetailId
),

-- Customers that some centre takes a line from even if its charges weigh nothing: all of their lines are divided.
customers as (
    select distinct TenantId
    from {{ source('config', 'cost_centres') }}
    where ClosingFactor <> 0
),

summed as (
    select
        lines.SellerTenantId || ' > ' || lines.BuyerTenantId as Scope,
        lines.BillingCurrency as Currency,
        cast(sum(lines.BilledCost) as decimal(38, 24)) as Billed,
        cast(sum(case when parts.InvoiceDetailId is null then 0 else lines.BilledCost end) as decimal(38, 24))
            as Divided,
        cast(sum(coalesce(parts.BilledCost, 0)) as decimal(38, 24)) as Parts,
        cast(count(parts.InvoiceDetailId) as bigint) as DividedCount,
        max(customers.TenantId) as AlwaysDivided
    from lines
    left join parts
        on lines.InvoiceDetailId = parts.InvoiceDetailId
    left join customers
        on lines.BuyerTenantId = customers.TenantId
    group by lines.SellerTenantId || ' > ' || lines.BuyerTenantId, lines.BillingCurrency
),

final as (
    select 'divided lines = cost centres' as CheckName, Scope, Currency, Divided as Expected, Parts as Actual,
        '' as Note
    from summed
    where DividedCount > 0 or AlwaysDivided is not null
    union all
    select 'invoice lines = divided lines' as CheckName, Scope, Currency, Billed as Expected, Divided as Actual,
        '' as Note
    from summed
    where AlwaysDivided is not null
)

select * from final
