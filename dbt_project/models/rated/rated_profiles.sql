-- Grain: one row per distinct combination of plan, segment and the charge columns that rules can match.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

priceable as (
    select distinct
        key_edges.PlanId,
        keys.SegmentStart,
        lower(keys.x_Provider) as Provider,
        coalesce(lower(keys.ServiceCategory), '') as ServiceCategory,
        coalesce(lower(keys.ServiceName), '') as Service,
        coalesce(lower(keys.SkuId), '') as Sku,
        coalesce(lower(keys.SkuPriceId), '') as SkuPrice,
        coalesce(lower(keys.RegionId), '') as Region,
        lower(keys.RuleCategory) as ChargeCategory,
        coalesce(lower(keys.x_PublisherName), '') as Publisher,
        coalesce(lower(keys.CommitmentDiscountType), '') as Commitment,
        coalesce(lower(keys.SubAccountId), '') as SubAccount,
        keys.IsCommitment
    from keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
    where keys.RuleCategory in ('Usage', 'Purchase')
        and key_edges.PlanId is not null
),

final as (
    select
        priceable.*,
        cast(row_number() over (
            order by PlanId, SegmentStart, Provider, ServiceCategory, Service, Sku, SkuPrice, Region,
                ChargeCategory, Publisher, Commitment, SubAccount, IsCommitment
        ) as bigint) as ProfileNo
    from priceable
)

select * from final
