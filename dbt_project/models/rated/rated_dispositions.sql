-- Grain: one row per charge key: where its money goes. Every key has exactly one disposition and reason.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_tenants as (
    select * from {{ ref('rated_key_tenants') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

key_edges as (
    select
        KeyNo,
        cast(max(EdgeCount) as bigint) as EdgeCount,
        cast(count(ContractId) as bigint) as ContractCount
    from {{ ref('rated_key_edges') }}
    group by KeyNo
),

edge_rules as (
    select KeyNo, cast(count(Depth) as bigint) as PricedCount
    from {{ ref('rated_edge_rules') }}
    group by KeyNo
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
        coalesce(tenants.TenantKind = 'operator', false) as IsOperator,
        coalesce(key_edges.EdgeCount, 0) as EdgeCount,
        coalesce(key_edges.ContractCount, 0) as ContractCount,
        coalesce(edge_rules.PricedCount, 0) as PricedCount
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    left join tenants
        on key_tenants.TenantId = tenants.TenantId
    left join key_edges
        on keys.KeyNo = key_edges.KeyNo
    left join edge_rules
        on keys.KeyNo = edge_rules.KeyNo
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
            when PricedCount = EdgeCount then 'priced'
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
            when Reason in ('unlinked account', 'ambiguous account link', 'no contract', 'no price rule')
                then 'quarantined'
            when Reason = 'provider tax' then 'excluded'
            else 'absorbed'
        end as Disposition
    from reasoned
)

select * from final
