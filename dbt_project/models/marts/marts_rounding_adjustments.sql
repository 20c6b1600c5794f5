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

prices as (
    select PriceKeyNo, KeyNo, Depth from {{ ref('rated_prices') }}
),

keys as (
    select KeyNo, SliceNo, x_RateKey, ServiceCategory from {{ ref('rated_charge_keys') }}
),

line_ids as (
    select InvoiceDetailId, PriceKeyNo, Depth from {{ ref('rated_line_ids') }}
),

charges as (
    select SliceNo, x_RateKey, SubAccountType, ServiceSubcategory from {{ source('focus', 'charges') }}
),

-- What the rate key leaves out of the words that FOCUS wants beside those of the line.
words as (
    select
        SliceNo,
        x_RateKey,
        min(SubAccountType) as SubAccountType,
        min(ServiceSubcategory) as ServiceSubcategory
    from charges
    group by SliceNo, x_RateKey
),

-- Of the line's own charges only: nobody else's may change a buyer's row.
line_words as (
    select
        lines.InvoiceDetailId,
        min(words.SubAccountType) as SubAccountType,
        min(case when keys.ServiceCategory = lines.ServiceCategory then words.ServiceSubcategory end)
            as ServiceSubcategory
    from lines
    inner join line_ids
        on lines.InvoiceDetailId = line_ids.InvoiceDetailId
    inner join prices
        on line_ids.PriceKeyNo = prices.PriceKeyNo
        and line_ids.Depth = prices.Depth
    inner join keys
        on prices.KeyNo = keys.KeyNo
    inner join words
        on keys.SliceNo = words.SliceNo
        and keys.x_RateKey = words.x_RateKey
    group by lines.InvoiceDetailId
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
        case when lines.SubAccountId is not null then line_words.SubAccountType end as SubAccountType,
        -- FOCUS wants a service on every row, also where the line is coarser than one.
        coalesce(lines.ServiceCategory, 'Other') as ServiceCategory,
        coalesce(lines.ServiceName, 'All services') as ServiceName,
        coalesce(
            line_words.ServiceSubcategory, 'Other (' || coalesce(lines.ServiceCategory, 'Other') || ')'
        ) as ServiceSubcategory,
        lines.SkuId,
        period.PeriodStart,
        period.PeriodEnd,
        cast(lines.BilledCost - (lines.ExactCost - lines.TierResidual) as decimal(38, 24)) as RoundingAmount
    from lines
    cross join period
    inner join contracts
        on lines.ContractId = contracts.ContractId
    left join line_words
        on lines.InvoiceDetailId = line_words.InvoiceDetailId
    where lines.BilledCost <> lines.ExactCost - lines.TierResidual
)

select * from final
