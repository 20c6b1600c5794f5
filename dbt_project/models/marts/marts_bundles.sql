-- Grain: one row per edge with an invoice: what its bundle names, which other FOCUS versions it has, what it rests on.
with

invoices as (
    select distinct SellerTenantId, BuyerTenantId from {{ ref('marts_invoices') }}
),

edges as (
    select * from {{ source('config', 'edge_names') }} where ContractId is not null
),

contracts as (
    select ContractId, FocusVersions from {{ source('config', 'contracts') }}
),

keys as (
    select KeyNo, SliceNo from {{ ref('rated_charge_keys') }}
),

coefficients as (
    select KeyNo, SellerTenantId, BuyerTenantId from {{ ref('rated_coefficients') }}
),

slices as (
    select SliceNo from {{ source('focus', 'slices') }} where not IsFinal
),

-- Where a contract follows another within the month, the later one's versions hold.
options as (
    select
        edges.SellerTenantId,
        edges.BuyerTenantId,
        coalesce(bool_or(edges.IsWhiteLabel), false) as IsWhiteLabel,
        max_by(contracts.FocusVersions, edges.SegmentStart) as FocusVersions
    from edges
    inner join contracts
        on edges.ContractId = contracts.ContractId
    group by edges.SellerTenantId, edges.BuyerTenantId
),

estimated as (
    select distinct coefficients.SellerTenantId, coefficients.BuyerTenantId
    from coefficients
    inner join keys
        on coefficients.KeyNo = keys.KeyNo
    inner join slices
        on keys.SliceNo = slices.SliceNo
),

final as (
    select
        invoices.SellerTenantId,
        invoices.BuyerTenantId,
        coalesce(options.IsWhiteLabel, false) as IsWhiteLabel,
        coalesce(options.FocusVersions, '') as FocusVersions,
        estimated.SellerTenantId is not null as HasEstimates
    from invoices
    left join options
        on invoices.SellerTenantId = options.SellerTenantId
        and invoices.BuyerTenantId = options.BuyerTenantId
    left join estimated
        on invoices.SellerTenantId = estimated.SellerTenantId
        and invoices.BuyerTenantId = estimated.BuyerTenantId
)

select * from final
