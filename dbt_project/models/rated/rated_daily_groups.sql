-- Grain: one row per billed charge key: the group of keys that share tenant, service and every coefficient.
-- Within a group, days can be summed before they are priced.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

deepest as (
    select KeyNo, TenantId, RulePath from {{ ref('rated_coefficients') }} where Depth = EdgeCount
),

final as (
    select
        keys.KeyNo,
        keys.SliceNo,
        keys.x_RateKey,
        keys.SegmentStart,
        min(keys.KeyNo) over (
            partition by
                deepest.TenantId, keys.x_Provider, keys.ServiceName, keys.SegmentStart, keys.BillingCurrency,
                deepest.RulePath, keys.IsCovered, keys.IsCommitment
        ) as GroupKeyNo
    from keys
    inner join deepest
        on keys.KeyNo = deepest.KeyNo
)

select * from final
