-- Grain: one row per invoice line that rounding moved: rounded amount minus the sum of its charges.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

final as (
    select
        lines.InvoiceDetailId,
        lines.InvoiceId,
        lines.SellerTenantId,
        lines.BuyerTenantId,
        lines.TenantId,
        lines.TenantName,
        contracts.InvoiceIssuerName as SellerName,
        lines.BillingCurrency,
        lines.x_Provider,
        lines.SubAccountId,
        lines.SubAccountName,
        -- FOCUS wants a service on every row, also where the line is coarser than one.
        coalesce(lines.ServiceCategory, 'Other') as ServiceCategory,
        coalesce(lines.ServiceName, 'All services') as ServiceName,
        lines.SkuId,
        period.PeriodStart,
        period.PeriodEnd,
        cast(lines.BilledCost - (lines.ExactCost - lines.TierResidual) as decimal(38, 24)) as RoundingAmount
    from lines
    cross join period
    inner join contracts
        on lines.ContractId = contracts.ContractId
    where lines.BilledCost <> lines.ExactCost - lines.TierResidual
)

select * from final
