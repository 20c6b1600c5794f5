-- Grain: one row per commitment and edge on its owner's path that returns what others paid for its use. Others pay on
-- demand, and what they pay goes down to the owner edge by edge.
{% set depths = range(1, max_depth() + 1) %}
with

returns as (
    select * from {{ ref('rated_commitment_returns') }}
),

edge_policies as (
    select * from {{ ref('rated_commitment_policies') }}
),

closing_edges as (
    select * from {{ ref('rated_closing_edges') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

owner_edges as (
    select
        closing_edges.*,
        contracts.CommitmentPolicy,
        contracts.BenefitTo
    from closing_edges
    inner join contracts
        on closing_edges.ContractId = contracts.ContractId
),
{% for depth in depths %}
credited_{{ depth }} as (
    select x_Provider, CommitmentId, OwnerTenantId, CollectorId, Depth, ContractId, Amount
    from returns
    where Depth = {{ depth }}
    {% if depth > 1 -%}
    union all
    select
        above.x_Provider,
        above.CommitmentId,
        above.OwnerTenantId,
        above.CollectorId,
        owner_edges.Depth,
        owner_edges.ContractId,
        {{ r12('above.Amount * owner_edges.FxFromParentPlain') }} as Amount
    from credited_{{ depth - 1 }} as above
    inner join owner_edges
        on above.OwnerTenantId = owner_edges.TenantId
        and owner_edges.Depth = {{ depth }}
    left join edge_policies
        on above.x_Provider = edge_policies.x_Provider
        and above.CommitmentId = edge_policies.CommitmentId
        and owner_edges.SegmentStart = edge_policies.SegmentStart
        and owner_edges.SellerTenantId = edge_policies.SellerTenantId
    -- A seller that keeps what others pay for its buyers' commitments keeps this too.
    where not coalesce(
        coalesce(edge_policies.CommitmentPolicy, owner_edges.CommitmentPolicy) = 'owner_only'
        and case when edge_policies.CommitmentPolicy is null then owner_edges.BenefitTo else edge_policies.BenefitTo end
            = 'operator',
        false
    )
    {%- endif %}
),
{% endfor %}
credited as (
    {% for depth in depths -%}
    select * from credited_{{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        credited.x_Provider,
        credited.CommitmentId,
        owner_edges.SellerTenantId,
        owner_edges.BuyerTenantId,
        owner_edges.BillingCurrency,
        credited.OwnerTenantId as TenantId,
        credited.Depth,
        credited.ContractId,
        cast(-sum(credited.Amount) as decimal(38, 24)) as ExactCost
    from credited
    inner join owner_edges
        on credited.OwnerTenantId = owner_edges.TenantId
        and credited.Depth = owner_edges.Depth
    group by
        credited.x_Provider, credited.CommitmentId, owner_edges.SellerTenantId, owner_edges.BuyerTenantId,
        owner_edges.BillingCurrency, credited.OwnerTenantId, credited.Depth, credited.ContractId
),

final as (
    select
        summed.*,
        'commitment ' || substr({{ sha256("summed.x_Provider || chr(31) || summed.CommitmentId") }}, 1, 12)
            as CustomLineId,
        {{ round_money('summed.ExactCost', 'contracts.MinorUnits', 'contracts.RoundingMode') }} as BilledCost
    from summed
    inner join contracts
        on summed.ContractId = contracts.ContractId
)

select * from final
