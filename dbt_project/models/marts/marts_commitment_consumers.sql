-- Grain: one row per charge key that an end customer uses of a commitment: whose commitment it is, how grave the
-- provider's rule of the day takes it to be if others have it too, and how the operator bills it.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentKind = 'Used'
),

key_tenants as (
    select KeyNo, TenantId from {{ ref('rated_key_tenants') }}
),

owners as (
    select * from {{ ref('rated_commitments') }}
),

treatments as (
    select KeyNo, Treatment from {{ ref('rated_treatments') }} where Depth = 1
),

prices as (
    select distinct KeyNo from {{ ref('rated_prices') }} where Depth = 1
),

rules as (
    select * from {{ source('config', 'sharing_rules') }}
),

tenants as (
    select TenantId, TenantName, TenantKind from {{ source('config', 'tenants') }}
),

final as (
    select
        keys.KeyNo,
        keys.SliceNo,
        keys.x_RateKey,
        keys.SegmentStart,
        keys.x_TagValues,
        keys.x_Provider,
        keys.CommitmentId,
        keys.CommitmentDiscountId,
        keys.CommitmentDiscountType,
        keys.BillingCurrency,
        owners.OwnerTenantId,
        owner.TenantName as OwnerName,
        owner.TenantKind = 'customer' as IsOwnedByCustomer,
        consumer.TenantId as ConsumerTenantId,
        consumer.TenantName as ConsumerName,
        coalesce(rules.Severity, 'allow') as Severity,
        case when prices.KeyNo is null then 'not billed' else treatments.Treatment end as BilledAs,
        keys.PricingUnit,
        keys.PricingQuantity,
        keys.LineCount,
        keys.UnlistedCount,
        keys.EffectiveCost,
        keys.ListCost
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    inner join tenants as consumer
        on key_tenants.TenantId = consumer.TenantId
        and consumer.TenantKind = 'customer'
    inner join owners
        on keys.x_Provider = owners.x_Provider
        and keys.CommitmentId = owners.CommitmentId
        and keys.SegmentStart = owners.SegmentStart
    inner join tenants as owner
        on owners.OwnerTenantId = owner.TenantId
    left join rules
        on keys.x_Provider = rules.Provider
        and keys.SegmentStart = rules.SegmentStart
    left join treatments
        on keys.KeyNo = treatments.KeyNo
    left join prices
        on keys.KeyNo = prices.KeyNo
)

select * from final
