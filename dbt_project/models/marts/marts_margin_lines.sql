-- Grain: one row per invoice line that is revenue of its seller, with the parts of it that no price decided.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

prepaid as (
    select ContractId, BalanceId from {{ ref('marts_balances') }} where BalanceKind = 'prepaid'
),

-- What is drawn from a prepaid balance is a payment, not a price.
final as (
    select
        lines.InvoiceDetailId,
        lines.SellerTenantId,
        lines.BuyerTenantId,
        lines.ContractId,
        lines.TenantId,
        lines.BillingCurrency,
        lines.x_Provider,
        lines.ServiceName,
        lines.BilledCost,
        lines.FxEffect,
        cast(round(lines.BilledCost - lines.ExactCost, 12) as decimal(38, 12)) as RoundingEffect
    from lines
    left join prepaid
        on lines.ContractId = prepaid.ContractId
        and lines.x_CustomLineId = prepaid.BalanceId
    where prepaid.BalanceId is null
)

select * from final
