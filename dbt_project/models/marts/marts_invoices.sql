-- Grain: one row per invoice: seller, buyer, billing period and currency.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

held_edges as (
    select distinct SellerTenantId, BuyerTenantId
    from {{ ref('marts_holds') }}
    where SellerTenantId is not null
),

summed as (
    select
        InvoiceId,
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        max(ContractId) as ContractId,
        cast(sum(BilledCost) as decimal(18, 4)) as BilledCost,
        cast(sum(ExactCost) as decimal(38, 24)) as ExactCost,
        cast(count(*) as bigint) as LineCount
    from lines
    group by InvoiceId, SellerTenantId, BuyerTenantId, BillingCurrency
),

final as (
    select
        summed.InvoiceId,
        summed.SellerTenantId,
        summed.BuyerTenantId,
        contracts.InvoiceIssuerName,
        contracts.BuyerName,
        summed.BillingCurrency,
        summed.BilledCost,
        summed.ExactCost,
        cast(summed.ExactCost - summed.BilledCost as decimal(38, 24)) as RoundingResidual,
        summed.LineCount,
        contracts.PaymentTerms,
        contracts.PurchaseOrderNumber,
        held_edges.SellerTenantId is not null as IsHeld
    from summed
    inner join contracts
        on summed.ContractId = contracts.ContractId
    left join held_edges
        on summed.SellerTenantId = held_edges.SellerTenantId
        and summed.BuyerTenantId = held_edges.BuyerTenantId
)

select * from final
