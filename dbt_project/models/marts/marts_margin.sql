-- Grain: one row per edge, end customer, provider and service, in the seller's home currency.
with

movements as (
    select * from {{ ref('marts_margin_movements') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

final as (
    select
        movements.SellerTenantId,
        movements.BuyerTenantId,
        movements.TenantId,
        end_customer.TenantName,
        movements.x_Provider,
        movements.ServiceName,
        seller.HomeCurrency,
        cast(round(sum(movements.Revenue), 12) as decimal(38, 12)) as Revenue,
        cast(round(sum(movements.Cost), 12) as decimal(38, 12)) as Cost,
        cast(round(sum(movements.Revenue), 12) - round(sum(movements.Cost), 12) as decimal(38, 12)) as Margin,
        cast(round(sum(movements.PartnerBenefit), 12) as decimal(38, 12)) as PartnerBenefit
    from movements
    inner join tenants as seller
        on movements.SellerTenantId = seller.TenantId
    inner join tenants as end_customer
        on movements.TenantId = end_customer.TenantId
    group by
        movements.SellerTenantId, movements.BuyerTenantId, movements.TenantId, end_customer.TenantName,
        movements.x_Provider, movements.ServiceName, seller.HomeCurrency
)

select * from final
