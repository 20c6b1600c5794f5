-- Grain: one row per charge key: the tenant its provider scopes are linked to, most specific scope first.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

candidates as (
    select * from {{ ref('rated_key_scopes') }}
),

-- Links come first; of the scopes that only enclose the charge, the nearest says whose bills must wait.
nearest as (
    select
        KeyNo,
        min(case when IsLink then Specificity end) as LinkSpecificity,
        min(Specificity) as AnySpecificity
    from candidates
    group by KeyNo
),

chosen as (
    select
        candidates.KeyNo,
        min(candidates.TenantId) as TenantId,
        max(candidates.TenantId) <> min(candidates.TenantId) as IsAmbiguous,
        min(candidates.ScopeType) as ScopeType,
        min(candidates.ScopeId) as ScopeId,
        max(nearest.LinkSpecificity) as LinkSpecificity
    from candidates
    inner join nearest
        on candidates.KeyNo = nearest.KeyNo
        and candidates.Specificity = coalesce(nearest.LinkSpecificity, nearest.AnySpecificity)
        and (candidates.IsLink or nearest.LinkSpecificity is null)
    group by candidates.KeyNo
),

-- Two tags that name two tenants name none: the next wider link says whose bills must wait.
wider as (
    select candidates.KeyNo, min_by(candidates.TenantId, candidates.Specificity) as TenantId
    from candidates
    inner join chosen
        on candidates.KeyNo = chosen.KeyNo
        and chosen.IsAmbiguous
        and candidates.Specificity > chosen.LinkSpecificity
    group by candidates.KeyNo
),

final as (
    select
        keys.KeyNo,
        case when chosen.LinkSpecificity is not null and not chosen.IsAmbiguous then chosen.TenantId end as TenantId,
        case
            when chosen.LinkSpecificity is null then chosen.TenantId
            when chosen.IsAmbiguous then wider.TenantId
        end as EnclosingTenantId,
        coalesce(chosen.IsAmbiguous and chosen.LinkSpecificity is not null, false) as IsAmbiguous,
        chosen.ScopeType,
        chosen.ScopeId
    from keys
    left join chosen
        on abs(keys.KeyNo) = chosen.KeyNo
    left join wider
        on abs(keys.KeyNo) = wider.KeyNo
)

select * from final
