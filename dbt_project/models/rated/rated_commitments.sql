-- Grain: one row per provider, commitment and date segment: whose it is. A commitment record says it, else the account
-- that the provider names as its buyer, else the account that its fees stand on; what nobody owns is the operator's.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentId is not null
),

key_tenants as (
    select * from {{ ref('rated_key_tenants') }}
),

links as (
    select * from {{ source('config', 'account_links') }}
),

records as (
    select * from {{ source('config', 'commitments') }} where OwnerTenantId is not null
),

operator as (
    select TenantId as OperatorId from {{ source('config', 'tenants') }} where TenantKind = 'operator'
),

commitments as (
    select
        keys.x_Provider,
        keys.CommitmentId,
        lower(min(keys.x_CommitmentOwnerId)) as OwnerScopeId,
        min(case when keys.CommitmentKind in ('Purchase', 'Unused') then key_tenants.TenantId end) as FeeTenantId
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    group by keys.x_Provider, keys.CommitmentId
),

days as (
    select distinct x_Provider, CommitmentId, SegmentStart from keys
),

stated as (
    select Provider, CommitmentDiscountId, SegmentStart, min(OwnerTenantId) as OwnerTenantId
    from records
    group by Provider, CommitmentDiscountId, SegmentStart
),

-- The narrowest kind of account that the id is linked as.
linked as (
    select Provider, ScopeId, SegmentStart, min_by(TenantId, Specificity) as TenantId
    from links
    where ScopeType in ('sub_account', 'customer', 'billing_account')
    group by Provider, ScopeId, SegmentStart
),

final as (
    select
        days.x_Provider,
        days.CommitmentId,
        days.SegmentStart,
        coalesce(stated.OwnerTenantId, linked.TenantId, commitments.FeeTenantId, operator.OperatorId) as OwnerTenantId,
        case
            when stated.OwnerTenantId is not null then 'commitment record'
            when linked.TenantId is not null then 'provider'
            when commitments.FeeTenantId is not null then 'fee'
            else 'nobody'
        end as OwnerSource
    from days
    cross join operator
    inner join commitments
        on days.x_Provider = commitments.x_Provider
        and days.CommitmentId = commitments.CommitmentId
    left join stated
        on days.x_Provider = stated.Provider
        and days.CommitmentId = stated.CommitmentDiscountId
        and days.SegmentStart = stated.SegmentStart
    left join linked
        on days.x_Provider = linked.Provider
        and commitments.OwnerScopeId = linked.ScopeId
        and days.SegmentStart = linked.SegmentStart
)

select * from final
