-- Grain: one row per charge key and edge of its tenant's resale chain (depth 1 = the operator sells).
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_tenants as (
    select * from {{ ref('rated_key_tenants') }}
),

edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

joined as (
    select
        keys.KeyNo,
        edges.Depth,
        edges.EdgeCount,
        edges.TenantId,
        edges.SellerTenantId,
        edges.BuyerTenantId,
        edges.ContractId,
        edges.PlanId,
        edges.BillingCurrency,
        keys.RuleCategory in ('Usage', 'Purchase') as IsPriced,
        contracts.FxMarkupFactor,
        -- The rate the provider states on the row turns its invoice currency back into the price list's.
        case
            when {{ has_row_rate('keys', 'contracts', 'edges') }} then {{ per_unit('1', 'keys.x_ExchangeRate') }}
        end as FxRow,
        fx.FxRate,
        fx.FxPlain,
        fx.FxPinned,
        edges.FxFromParent,
        edges.FxFromParentPlain,
        edges.FxFromParentPinned
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    inner join edges
        on key_tenants.TenantId = edges.TenantId
        and keys.SegmentStart = edges.SegmentStart
    left join contracts
        on edges.ContractId = contracts.ContractId
    left join fx
        on edges.ContractId = fx.ContractId
        and keys.BillingCurrency = fx.FromCurrency
    where keys.HasCustomerKey and not keys.IsBenefit
),

-- Tax, credits and adjustments are never marked up, not even by a markup on the exchange rate.
chosen as (
    select
        joined.*,
        case
            when not IsPriced then coalesce(FxRow, FxPlain)
            when FxRow is not null then {{ r12('FxRow * FxMarkupFactor') }}
            else FxRate
        end as FxFromProvider,
        case when IsPriced then FxFromParent else FxFromParentPlain end as FxFromAbove
    from joined
),

final as (
    select
        KeyNo,
        Depth,
        EdgeCount,
        TenantId,
        SellerTenantId,
        BuyerTenantId,
        ContractId,
        PlanId,
        BillingCurrency,
        FxFromProvider,
        FxPinned as FxFromProviderPinned,
        case when Depth = 1 then FxFromProvider else FxFromAbove end as FxFromParent,
        case when Depth = 1 then FxPinned else FxFromParentPinned end as FxFromParentPinned
    from chosen
)

select * from final
