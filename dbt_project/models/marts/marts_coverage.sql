-- Grain: one row per provider invoice, disposition and reason: every unit of provider cost exactly once.
with

dispositions as (
    select * from {{ ref('rated_dispositions') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

final as (
    select
        keys.x_Provider,
        keys.BillingAccountId,
        keys.InvoiceId,
        keys.BillingCurrency,
        dispositions.Disposition,
        dispositions.Reason,
        cast(sum(keys.LineCount) as bigint) as LineCount,
        cast(sum(keys.BilledCost) as decimal(38, 12)) as BilledCost,
        cast(sum(keys.PartnerBenefitAmount) as decimal(38, 12)) as PartnerBenefitAmount
    from keys
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    group by
        keys.x_Provider, keys.BillingAccountId, keys.InvoiceId, keys.BillingCurrency,
        dispositions.Disposition, dispositions.Reason
)

select * from final
