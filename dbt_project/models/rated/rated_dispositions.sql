-- Grain: one row per charge key: where its money goes. Every key has exactly one disposition and reason.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where not IsOnDemand
),

key_tenants as (
    select * from {{ ref('rated_key_tenants') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

rule_coverage as (
    select * from {{ ref('rated_rule_coverage') }}
),

joined as (
    select
        keys.KeyNo,
        keys.ChargeCategory,
        keys.IsBenefit,
        keys.HasCustomerKey,
        key_tenants.TenantId,
        key_tenants.EnclosingTenantId,
        key_tenants.IsAmbiguous,
        key_tenants.ScopeType,
        key_tenants.ScopeId,
        rule_coverage.OnDemandFrom,
        rule_coverage.TakenOutBy,
        coalesce(tenants.TenantKind = 'operator', false) as IsOperator,
        coalesce(rule_coverage.EdgeCount, 0) as EdgeCount,
        coalesce(rule_coverage.ContractCount, 0) as ContractCount,
        coalesce(rule_coverage.IsPriced, false) as IsPriced,
        rule_coverage.OnDemandFrom is not null and keys.UnlistedCount > 0 as IsUnlisted
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    left join tenants
        on key_tenants.TenantId = tenants.TenantId
    left join rule_coverage
        on keys.KeyNo = rule_coverage.KeyNo
),

reasoned as (
    select
        joined.*,
        case
            when IsBenefit then 'partner benefit'
            when not HasCustomerKey then 'no customer key'
            when IsAmbiguous then 'ambiguous account link'
            when TenantId is null then 'unlinked account'
            when IsOperator then 'operator usage'
            when ContractCount < EdgeCount or EdgeCount = 0 then 'no contract'
            when TakenOutBy is not null then TakenOutBy || ' commitment'
            when IsPriced and IsUnlisted then 'no on-demand price'
            when IsPriced then 'priced'
            when ChargeCategory = 'Tax' then 'provider tax'
            when ChargeCategory = 'Credit' then 'credit kept by operator'
            else 'no price rule'
        end as Reason
    from joined
),

final as (
    select
        KeyNo,
        TenantId,
        EnclosingTenantId,
        ScopeType,
        ScopeId,
        Reason,
        case
            when Reason = 'priced' then 'billed'
            when Reason in (
                'unlinked account', 'ambiguous account link', 'no contract', 'no price rule', 'no on-demand price'
            ) then 'quarantined'
            when Reason = 'provider tax' then 'excluded'
            else 'absorbed'
        end as Disposition,
        OnDemandFrom
    from reasoned
)

select * from final
