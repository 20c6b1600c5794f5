-- Grain: one row per edge, end customer, provider and service, in the seller's home currency.
with

movements as (
    select * from {{ ref('marts_margin_movements') }}
),

tenants as (
    select * from {{ source('config', 'tenants') }}
),

summed as (
    select
        movements.SellerTenantId,
        movements.BuyerTenantId,
        movements.TenantId,
        end_customer.TenantName,
        movements.x_Provider,
        movements.ServiceName,
        seller.HomeCurrency,
        {% for amount in ['Revenue', 'Cost', 'FxEffect', 'RoundingEffect', 'PartnerBenefit', 'SharedBenefit'] -%}
        cast(round(sum(movements.{{ amount }}), 12) as decimal(38, 12)) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from movements
    inner join tenants as seller
        on movements.SellerTenantId = seller.TenantId
    inner join tenants as end_customer
        on movements.TenantId = end_customer.TenantId
    group by
        movements.SellerTenantId, movements.BuyerTenantId, movements.TenantId, end_customer.TenantName,
        movements.x_Provider, movements.ServiceName, seller.HomeCurrency
),

final as (
    select
        SellerTenantId,
        BuyerTenantId,
        TenantId,
        TenantName,
        x_Provider,
        ServiceName,
        HomeCurrency,
        Revenue,
        Cost,
        cast(Revenue - Cost as decimal(38, 12)) as Margin,
        cast(Revenue - Cost - FxEffect - RoundingEffect as decimal(38, 12)) as PriceEffect,
        FxEffect,
        RoundingEffect,
        PartnerBenefit,
        SharedBenefit
    from summed
)

select * from final
