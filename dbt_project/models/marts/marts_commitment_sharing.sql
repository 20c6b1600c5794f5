-- Grain: one row per provider, commitment, currency, owner, severity and end customer that used somebody else's
-- commitment: how much, when, what it saved. How the use is billed changes nothing: what counts is whom it reached.
with

used as (
    select * from {{ ref('marts_commitment_consumers') }}
),

charges as (
    select SliceNo, x_RateKey, x_SegmentStart, x_TagValues, ChargePeriodStart from {{ source('focus', 'charges') }}
),

-- An end customer that owns a commitment is one of those it reaches, whether or not it uses any of it.
reached as (
    select x_Provider, CommitmentId, Severity, ConsumerTenantId as TenantId from used
    union
    select x_Provider, CommitmentId, Severity, OwnerTenantId as TenantId from used where IsOwnedByCustomer
),

counted as (
    select x_Provider, CommitmentId, Severity, cast(count(TenantId) as bigint) as CustomerCount
    from reached
    group by x_Provider, CommitmentId, Severity
),

foreign_use as (
    select * from used where ConsumerTenantId <> OwnerTenantId
),

days as (
    select
        foreign_use.KeyNo,
        cast(min(charges.ChargePeriodStart) as date) as FirstDay,
        cast(max(charges.ChargePeriodStart) as date) as LastDay
    from charges
    inner join foreign_use
        on charges.SliceNo = foreign_use.SliceNo
        and charges.x_RateKey = foreign_use.x_RateKey
        and charges.x_SegmentStart = foreign_use.SegmentStart
        and charges.x_TagValues = foreign_use.x_TagValues
    group by foreign_use.KeyNo
),

final as (
    select
        used.x_Provider,
        min(used.CommitmentDiscountId) as CommitmentDiscountId,
        min(used.CommitmentDiscountType) as CommitmentDiscountType,
        used.BillingCurrency,
        used.OwnerTenantId,
        used.OwnerName,
        used.ConsumerTenantId,
        used.ConsumerName,
        used.Severity,
        counted.CustomerCount,
        counted.CustomerCount > 1 as IsShared,
        {{ only_value('used.BilledAs', "'several'") }} as BilledAs,
        min(days.FirstDay) as FirstDay,
        max(days.LastDay) as LastDay,
        cast(sum(used.LineCount) as bigint) as LineCount,
        -- Hours and gibibytes make no sum.
        case when count(distinct used.PricingUnit) = 1 then cast(sum(used.PricingQuantity) as decimal(38, 12)) end
            as UsedQuantity,
        {{ only_value('used.PricingUnit') }} as PricingUnit,
        cast(sum(used.EffectiveCost) as decimal(38, 12)) as EffectiveCost,
        cast(sum(used.ListCost) as decimal(38, 12)) as ListCost,
        -- Where the provider states no list price, nobody knows what would have been paid.
        case when sum(used.UnlistedCount) = 0
            then cast(sum(used.ListCost - used.EffectiveCost) as decimal(38, 12)) end as Saving
    from foreign_use as used
    inner join days
        on used.KeyNo = days.KeyNo
    inner join counted
        on used.x_Provider = counted.x_Provider
        and used.CommitmentId = counted.CommitmentId
        and used.Severity = counted.Severity
    group by
        used.x_Provider, used.CommitmentId, used.BillingCurrency, used.OwnerTenantId, used.OwnerName,
        used.ConsumerTenantId, used.ConsumerName, used.Severity, counted.CustomerCount
)

select * from final
