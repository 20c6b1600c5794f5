-- Grain: one row per edge, currency and check: prices -> lines of charges, and days.
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
        cast(sum(LineCount) as decimal(38, 24)) as LineCount
    from {{ ref('marts_charge_lines') }}
    group by SellerTenantId, BuyerTenantId, BillingCurrency
),

residuals as (
    select
        lines.SellerTenantId,
        lines.BuyerTenantId,
        lines.BillingCurrency,
        cast(sum(residuals.Residual) as decimal(38, 24)) as Total
    from {{ ref('rated_tier_residuals') }} as residuals
    inner join {{ ref('marts_charge_lines') }} as lines
        on residuals.InvoiceDetailId = lines.InvoiceDetailId
    group by lines.SellerTenantId, lines.BuyerTenantId, lines.BillingCurrency
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
        coalesce(residuals.Total, 0) as TierResidual,
        coalesce(lines.Exact, 0) as LineExact,
        coalesce(lines.LineCount, 0) as LineLines,
        coalesce(days.Total, 0) as DayTotal
    from prices
    left join lines
        on prices.SellerTenantId = lines.SellerTenantId
        and prices.BuyerTenantId = lines.BuyerTenantId
        and prices.BillingCurrency = lines.BillingCurrency
    left join residuals
        on prices.SellerTenantId = residuals.SellerTenantId
        and prices.BuyerTenantId = residuals.BuyerTenantId
        and prices.BillingCurrency = residuals.BillingCurrency
    left join days
        on prices.SellerTenantId = days.SellerTenantId
        and prices.BuyerTenantId = days.BuyerTenantId
        and prices.BillingCurrency = days.BillingCurrency
),

final as (
    {% for check, expected, actual in [
        ('line prices + tier residuals = invoice lines', 'PriceTotal + TierResidual', 'LineExact'),
        ('priced charges = charges on lines', 'PriceLines', 'LineLines'),
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
