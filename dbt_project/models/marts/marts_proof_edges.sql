-- Grain: one row per edge, currency and check: prices -> invoice lines -> invoices, days and the edge above.
with

prices as (
    select
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        cast(sum(InvoicedPrice) as decimal(38, 24)) as Total,
        cast(sum(LineCount) as decimal(38, 24)) as LineCount
    from {{ ref('rated_prices') }}
    group by SellerTenantId, BuyerTenantId, BillingCurrency
),

lines as (
    select
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        cast(sum(ExactCost) as decimal(38, 24)) as Exact,
        cast(sum(BilledCost) as decimal(38, 24)) as Billed,
        cast(sum(LineCount) as decimal(38, 24)) as LineCount
    from {{ ref('marts_invoice_lines') }}
    group by SellerTenantId, BuyerTenantId, BillingCurrency
),

invoices as (
    select
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        cast(sum(BilledCost) as decimal(38, 24)) as Billed,
        cast(sum(RoundingResidual) as decimal(38, 24)) as Residual
    from {{ ref('marts_invoices') }}
    group by SellerTenantId, BuyerTenantId, BillingCurrency
),

days as (
    select
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        cast(sum(ExactCost) as decimal(38, 24)) as Total
    from {{ ref('marts_daily_costs') }}
    group by SellerTenantId, BuyerTenantId, BillingCurrency
),

tied as (
    select
        prices.SellerTenantId || ' > ' || prices.BuyerTenantId as Scope,
        prices.BillingCurrency as Currency,
        prices.Total as PriceTotal,
        prices.LineCount as PriceLines,
        coalesce(lines.Exact, 0) as LineExact,
        coalesce(lines.Billed, 0) as LineBilled,
        coalesce(lines.LineCount, 0) as LineLines,
        coalesce(invoices.Billed, 0) as InvoiceBilled,
        coalesce(invoices.Residual, 0) as Residual,
        coalesce(days.Total, 0) as DayTotal
    from prices
    left join lines
        on prices.SellerTenantId = lines.SellerTenantId
        and prices.BuyerTenantId = lines.BuyerTenantId
        and prices.BillingCurrency = lines.BillingCurrency
    left join invoices
        on prices.SellerTenantId = invoices.SellerTenantId
        and prices.BuyerTenantId = invoices.BuyerTenantId
        and prices.BillingCurrency = invoices.BillingCurrency
    left join days
        on prices.SellerTenantId = days.SellerTenantId
        and prices.BuyerTenantId = days.BuyerTenantId
        and prices.BillingCurrency = days.BillingCurrency
),

final as (
    {% for check, expected, actual in [
        ('line prices = invoice lines', 'PriceTotal', 'LineExact'),
        ('priced charges = charges on lines', 'PriceLines', 'LineLines'),
        ('invoice lines = invoice total', 'LineBilled', 'InvoiceBilled'),
        ('exact = invoice + residual', 'LineExact', 'InvoiceBilled + Residual'),
        ('daily costs (wide scan) = line prices', 'PriceTotal', 'DayTotal')
    ] -%}
    select
        '{{ check }}' as CheckName,
        Scope,
        Currency,
        cast({{ expected }} as decimal(38, 24)) as Expected,
        cast({{ actual }} as decimal(38, 24)) as Actual,
        '' as Note
    from tied
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
