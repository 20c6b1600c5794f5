-- Grain: one row per billed charge key and edge: the terms of its price, as an analyst asks for them.
{{ config(materialized='view') }}
with

key_terms as (
    select KeyNo, Depth, TermNo from {{ ref('rated_key_terms') }}
),

terms as (
    select * from {{ ref('rated_terms') }}
),

key_edges as (
    select KeyNo, Depth, EdgeCount, TenantId, SellerTenantId, BuyerTenantId, ContractId, BillingCurrency
    from {{ ref('rated_key_edges') }}
),

final as (
    select
        key_terms.KeyNo,
        key_terms.Depth,
        key_edges.EdgeCount,
        key_edges.TenantId,
        key_edges.SellerTenantId,
        key_edges.BuyerTenantId,
        key_edges.ContractId,
        key_edges.BillingCurrency,
        terms.*
    from key_terms
    inner join terms
        on key_terms.TermNo = terms.TermNo
    inner join key_edges
        on key_terms.KeyNo = key_edges.KeyNo
        and key_terms.Depth = key_edges.Depth
)

select * from final
