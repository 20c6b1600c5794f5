-- Grain: one row per custom line or balance on an invoice, plus one Adjustment per invoice line that rounding moved.
-- What a buyer's FOCUS detail holds beside the provider's charges.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
    where x_CustomLineId is not null
),

adjustments as (
    select * from {{ ref('marts_rounding_adjustments') }}
),

contracts as (
    select ContractId, InvoiceIssuerName from {{ source('config', 'contracts') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

-- The line's id is its article number; a credit has no price.
own_rows as (
    select
        lines.*,
        contracts.InvoiceIssuerName as SellerName,
        period.PeriodStart,
        period.PeriodEnd,
        case when lines.ChargeCategory = 'Purchase' then lines.x_CustomLineId end as Article,
        case when lines.ChargeCategory = 'Purchase' then {{ per_unit('lines.ExactCost', 'lines.PricingQuantity') }} end
            as UnitPrice
    from lines
    cross join period
    inner join contracts
        on lines.ContractId = contracts.ContractId
),

final as (
    select
        InvoiceDetailId, InvoiceId, SellerTenantId, BuyerTenantId, TenantId, TenantName, SellerName, BillingCurrency,
        SubAccountId, SubAccountName, cast(null as varchar) as SubAccountType, ServiceCategory, ServiceName,
        'Other (' || ServiceCategory || ')' as ServiceSubcategory, Article as SkuId, Article as SkuPriceId,
        ChargeCategory, ChargeDescription, ChargeFrequency, ChargePeriodStart, ChargePeriodEnd, PeriodStart, PeriodEnd,
        case when Article is not null then 'Standard' end as PricingCategory, PricingQuantity, PricingUnit, UnitPrice,
        ExactCost as Amount, cast(0 as integer) as PartNo
    from own_rows
    union all
    select
        InvoiceDetailId, InvoiceId, SellerTenantId, BuyerTenantId, TenantId, TenantName, SellerName, BillingCurrency,
        SubAccountId, SubAccountName, SubAccountType, ServiceCategory, ServiceName, ServiceSubcategory, SkuId,
        null as SkuPriceId,
        'Adjustment' as ChargeCategory, 'Rounding of the invoice line to the minor unit' as ChargeDescription,
        'One-Time' as ChargeFrequency, PeriodStart as ChargePeriodStart, PeriodEnd as ChargePeriodEnd, PeriodStart,
        PeriodEnd, null as PricingCategory, null as PricingQuantity, null as PricingUnit, null as UnitPrice,
        RoundingAmount as Amount, cast(null as integer) as PartNo
    from adjustments
)

select * from final
