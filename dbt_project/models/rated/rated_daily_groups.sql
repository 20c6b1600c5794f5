-- Grain: one row per price key: the group of keys that share tenant, service and every coefficient.
-- Within a group, days can be summed before they are priced.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

deepest as (
    select PriceKeyNo, KeyNo, TenantId, EdgeCount, ChainNo
    from {{ ref('rated_coefficients') }}
    where Depth = EdgeCount
),

final as (
    select
        deepest.PriceKeyNo,
        keys.KeyNo,
        deepest.TenantId,
        min(deepest.PriceKeyNo) over (
            partition by
                deepest.TenantId, keys.x_Provider, keys.ServiceName, keys.SegmentStart, keys.BillingCurrency,
                deepest.EdgeCount, deepest.ChainNo, keys.IsCovered, keys.IsCommitment
        ) as GroupKeyNo
    from keys
    inner join deepest
        on keys.KeyNo = deepest.KeyNo
)

select * from final
