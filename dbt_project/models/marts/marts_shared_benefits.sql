-- Grain: one row per contract, end customer, provider and service: what the seller passes on of partner benefits, in
-- the contract's currency. It is part of revenue already, as less of it; here it is named.
with

shares as (
    select * from {{ ref('rated_benefit_shares') }}
),

placed as (
    select
        shares.*,
        case when IsFolded then ServiceName else 'Partner benefit' end as LineName
    from shares
),

final as (
    select
        ContractId,
        SellerTenantId,
        BuyerTenantId,
        TenantId,
        x_Provider,
        LineName as ServiceName,
        {{ r12('sum(SharedBenefit)') }} as SharedBenefit
    from placed
    group by ContractId, SellerTenantId, BuyerTenantId, TenantId, x_Provider, LineName
)

select * from final
