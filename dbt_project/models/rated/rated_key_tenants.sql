-- Grain: one row per charge key: the tenant its provider scopes are linked to, most specific scope first.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

links as (
    select * from {{ source('config', 'account_links') }}
),

scopes as (
    select KeyNo, x_Provider, SegmentStart, 'resource_group' as ScopeType, false as HasNarrower,
        lower(SubAccountId) || '/' || lower(x_ResourceGroup) as ScopeId
    from keys
    where SubAccountId is not null and x_ResourceGroup is not null
    union all
    select KeyNo, x_Provider, SegmentStart, 'sub_account' as ScopeType, x_ResourceGroup is not null as HasNarrower,
        lower(SubAccountId) as ScopeId
    from keys
    where SubAccountId is not null
    union all
    select KeyNo, x_Provider, SegmentStart, 'customer' as ScopeType, SubAccountId is not null as HasNarrower,
        lower(x_ProviderCustomerId) as ScopeId
    from keys
    where x_ProviderCustomerId is not null
    union all
    select KeyNo, x_Provider, SegmentStart, 'billing_account' as ScopeType, IsNarrow as HasNarrower,
        lower(BillingAccountId) as ScopeId
    from keys
),

candidates as (
    select
        scopes.KeyNo,
        links.TenantId,
        links.ScopeType,
        links.ScopeId,
        links.Specificity,
        links.CoversNarrower or not scopes.HasNarrower as IsLink
    from scopes
    inner join links
        on scopes.x_Provider = links.Provider
        and scopes.ScopeType = links.ScopeType
        and scopes.ScopeId = links.ScopeId
        and scopes.SegmentStart = links.SegmentStart
),

nearest as (
    select
        candidates.*,
        row_number() over (
            partition by KeyNo order by case when IsLink then 0 else 1 end, Specificity, TenantId
        ) as Choice
    from candidates
),

final as (
    select
        keys.KeyNo,
        case when nearest.IsLink then nearest.TenantId end as TenantId,
        -- A scope that only encloses the charge does not own it, but says whose bills must wait.
        case when not nearest.IsLink then nearest.TenantId end as EnclosingTenantId,
        nearest.ScopeType,
        nearest.ScopeId
    from keys
    left join nearest
        on keys.KeyNo = nearest.KeyNo
        and nearest.Choice = 1
)

select * from final
