-- Grain: one row per commitment, owner and seller that collects for it: what others paid on demand for its use, in the
-- currency of the owner's own edge with that seller. Nothing where the owner does not buy from the seller.
with

treatments as (
    select * from {{ ref('rated_treatments') }} where IsReturned
),

prices as (
    select * from {{ ref('rated_prices') }}
),

owner_edges as (
    select * from {{ ref('rated_closing_edges') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

collected as (
    select
        prices.SellerTenantId,
        treatments.x_Provider,
        treatments.CommitmentId,
        treatments.OwnerTenantId,
        prices.BillingCurrency,
        {{ r12('sum(prices.InvoicedPrice)') }} as Collected
    from treatments
    inner join prices
        on treatments.KeyNo = prices.KeyNo
        and treatments.Depth = prices.Depth
    group by
        prices.SellerTenantId, treatments.x_Provider, treatments.CommitmentId, treatments.OwnerTenantId,
        prices.BillingCurrency
),

final as (
    select
        collected.x_Provider,
        collected.CommitmentId,
        collected.OwnerTenantId,
        collected.SellerTenantId as CollectorId,
        owner_edges.Depth,
        owner_edges.ContractId,
        cast(sum({{ r12('collected.Collected * fx.FxPlain') }}) as decimal(38, 12)) as Amount
    from collected
    inner join owner_edges
        on collected.OwnerTenantId = owner_edges.TenantId
        and collected.SellerTenantId = owner_edges.SellerTenantId
    inner join fx
        on owner_edges.ContractId = fx.ContractId
        and collected.BillingCurrency = fx.FromCurrency
    group by
        collected.x_Provider, collected.CommitmentId, collected.OwnerTenantId, collected.SellerTenantId,
        owner_edges.Depth, owner_edges.ContractId
)

select * from final
