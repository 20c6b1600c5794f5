-- Grain: one row per charge key with a partner benefit and edge of its tenant that gets a share of it: the part of the
-- benefit, in the edge's currency, that the seller passes on. Who got nothing has nothing to pass on.
{% set depths = range(1, max_depth() + 1) %}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
    where x_PartnerBenefitStatus = 'earned' and HasCustomerKey and not IsOnDemand
),

dispositions as (
    select KeyNo, TenantId, Reason from {{ ref('rated_dispositions') }}
    where Disposition = 'billed' or (Reason = 'partner benefit' and TenantId is not null)
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

treatments as (
    select * from {{ ref('rated_treatments') }}
),

sharing as (
    select
        keys.KeyNo,
        keys.IsBenefit,
        keys.x_Provider,
        keys.x_PartnerBenefitKind,
        keys.ServiceName,
        keys.PartnerBenefitAmount,
        keys.SegmentStart,
        edges.Depth,
        edges.TenantId,
        edges.SellerTenantId,
        edges.BuyerTenantId,
        edges.BillingCurrency,
        contracts.ContractId,
        contracts.BenefitShare,
        contracts.BenefitShown = 'price' and not keys.IsBenefit as IsFolded,
        case
            when edges.Depth > 1 then edges.FxFromParentPlain
            when {{ has_row_rate('keys', 'contracts', 'edges') }} then {{ per_unit('1', 'keys.x_ExchangeRate') }}
            else fx.FxPlain
        end as FxRate,
        coalesce(treatments.Treatment, 'plain') in ('plain', 'purchase') as IsCharged,
        count(edges.ContractId) over (partition by keys.KeyNo) = edges.EdgeCount as IsContracted
    from keys
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    inner join edges
        on dispositions.TenantId = edges.TenantId
        and keys.SegmentStart = edges.SegmentStart
    inner join contracts
        on edges.ContractId = contracts.ContractId
    left join fx
        on edges.ContractId = fx.ContractId
        and keys.BillingCurrency = fx.FromCurrency
    left join treatments
        on keys.KeyNo = treatments.KeyNo
        and edges.Depth = treatments.Depth
),
{% for depth in depths %}
shared_{{ depth }} as (
    select
        sharing.*,
        {% if loop.first -%}
        {{ r12('sharing.BenefitShare * sharing.FxRate') }} as CoefBenefit
    from sharing
    where sharing.Depth = 1 and sharing.IsContracted and sharing.BenefitShare > 0
        {%- else -%}
        {{ r12(r12('above.CoefBenefit * sharing.BenefitShare') ~ ' * sharing.FxRate') }} as CoefBenefit
    from sharing
    inner join shared_{{ depth - 1 }} as above
        on sharing.KeyNo = above.KeyNo
    where sharing.Depth = {{ depth }} and sharing.BenefitShare > 0
        {%- endif %}
),
{% endfor %}
shared as (
    {% for depth in depths -%}
    select * from shared_{{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        KeyNo,
        Depth,
        TenantId,
        SellerTenantId,
        BuyerTenantId,
        ContractId,
        BillingCurrency,
        SegmentStart,
        x_Provider,
        x_PartnerBenefitKind,
        ServiceName,
        IsFolded,
        CoefBenefit,
        {{ product('PartnerBenefitAmount', 'CoefBenefit') }} as SharedBenefit
    from shared
    where IsCharged
)

select * from final
