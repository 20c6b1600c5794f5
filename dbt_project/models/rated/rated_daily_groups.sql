-- Grain: one row per price key: the group of keys that share tenant, service and every coefficient.
-- Within a group, days can be summed before they are priced.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select PriceKeyNo, KeyNo, TenantId, EdgeCount, ChainNo, Depth from {{ ref('rated_coefficients') }}
),

-- A commitment's charge may be taken out on the way down.
taken_out as (
    select KeyNo, max(NoneFrom) as NoneFrom from {{ ref('rated_treatments') }} group by KeyNo
),

deepest as (
    select coefficients.*
    from coefficients
    left join taken_out
        on coefficients.KeyNo = taken_out.KeyNo
    where coefficients.Depth = coalesce(taken_out.NoneFrom - 1, coefficients.EdgeCount)
),

-- Where a commitment's charge or a benefit is treated edge by edge, its keys stay alone.
special as (
    select KeyNo from {{ ref('rated_treatments') }}
    union
    select KeyNo from {{ ref('rated_benefit_shares') }}
),

final as (
    select
        deepest.PriceKeyNo,
        keys.KeyNo,
        deepest.TenantId,
        min(deepest.PriceKeyNo) over (
            partition by
                deepest.TenantId, keys.x_Provider, keys.ServiceName, keys.SegmentStart, keys.BillingCurrency,
                deepest.EdgeCount, deepest.ChainNo,
                case when special.KeyNo is not null then deepest.PriceKeyNo end
        ) as GroupKeyNo
    from keys
    inner join deepest
        on keys.KeyNo = deepest.KeyNo
    left join special
        on keys.KeyNo = special.KeyNo
)

select * from final
