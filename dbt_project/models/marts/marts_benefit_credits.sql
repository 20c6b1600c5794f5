-- Grain: one row per edge, end customer, provider and kind of partner benefit that is shared as a credit of its own.
with

shares as (
    select * from {{ ref('rated_benefit_shares') }} where not IsFolded
),

contracts as (
    select ContractId, MinorUnits, RoundingMode from {{ source('config', 'contracts') }}
),

edges as (
    select SellerTenantId, BuyerTenantId, bool_or(IsWhiteLabel) as IsWhiteLabel
    from {{ source('config', 'edge_names') }}
    group by SellerTenantId, BuyerTenantId
),

summed as (
    select
        SellerTenantId,
        BuyerTenantId,
        TenantId,
        BillingCurrency,
        max(Depth) as Depth,
        -- Where a contract follows another within the month, the later one's rounding holds.
        max_by(ContractId, SegmentStart) as ContractId,
        x_Provider,
        x_PartnerBenefitKind,
        cast(-sum(SharedBenefit) as decimal(38, 24)) as ExactCost
    from shares
    group by SellerTenantId, BuyerTenantId, TenantId, BillingCurrency, x_Provider, x_PartnerBenefitKind
),

-- White label does not tell the provider, not even to somebody who tries out names.
final as (
    select
        summed.*,
        'benefit ' || case
            when edges.IsWhiteLabel then cast(row_number() over (
                partition by
                    summed.SellerTenantId, summed.BuyerTenantId, summed.TenantId, summed.BillingCurrency
                order by summed.x_Provider, summed.x_PartnerBenefitKind
            ) as varchar)
            else summed.x_Provider || ' ' || summed.x_PartnerBenefitKind
        end as CustomLineId,
        {{ round_money('summed.ExactCost', 'contracts.MinorUnits', 'contracts.RoundingMode') }} as BilledCost
    from summed
    inner join contracts
        on summed.ContractId = contracts.ContractId
    left join edges
        on summed.SellerTenantId = edges.SellerTenantId
        and summed.BuyerTenantId = edges.BuyerTenantId
)

select * from final
