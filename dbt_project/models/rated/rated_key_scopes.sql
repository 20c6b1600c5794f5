-- Grain: one row per charge key and linked scope of it; a scope that only encloses the charge is no link.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where not IsOnDemand
),

links as (
    select * from {{ source('config', 'account_links') }}
),

tag_keys as (
    select * from {{ source('config', 'tag_keys') }}
),

tagged as (
    select
        keys.KeyNo,
        keys.x_Provider,
        keys.SegmentStart,
        keys.SubAccountId,
        tag_keys.TagKey || '=' || lower({{ tag_value('keys.x_TagValues', 'tag_keys.TagNo') }}) as TagText
    from keys
    cross join tag_keys
    where {{ tag_value('keys.x_TagValues', 'tag_keys.TagNo') }} <> ''
),

scopes as (
    select KeyNo, x_Provider, SegmentStart, 'tag' as ScopeType, false as HasNarrower, TagText as ScopeId
    from tagged
    union all
    select KeyNo, x_Provider, SegmentStart, 'tag' as ScopeType, false as HasNarrower,
        lower(SubAccountId) || chr(31) || TagText as ScopeId
    from tagged
    where SubAccountId is not null
    union all
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

final as (
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
)

select * from final
