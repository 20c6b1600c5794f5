-- Grain: one row per slice, rate key and date segment: base sums and everything a contract can see of them.
with

facts as (
    select * from {{ source('focus', 'facts') }}
),

keys as (
    select * from {{ source('focus', 'keys') }}
),

joined as (
    select
        keys.*,
        facts.SegmentStart,
        facts.LineCount,
        facts.PricingQuantity,
        facts.ListCost,
        facts.ContractedCost,
        facts.BilledCost,
        facts.EffectiveCost,
        facts.PartnerBenefitAmount
    from facts
    inner join keys
        on facts.SliceNo = keys.SliceNo
        and facts.x_RateKey = keys.x_RateKey
),

flagged as (
    select
        joined.*,
        ChargeCategory = 'Credit' and x_PartnerBenefitKind is not null as IsBenefit,
        ChargeCategory = 'Usage' and CommitmentDiscountStatus is not null as IsCovered,
        CommitmentDiscountType is not null and ChargeCategory = 'Purchase' as IsCommitmentPurchase,
        x_ProviderCustomerId is not null or SubAccountId is not null as HasCustomerKey,
        x_ProviderCustomerId is not null
        or (SubAccountId is not null and SubAccountId <> BillingAccountId) as IsNarrow
    from joined
),

final as (
    select
        flagged.*,
        -- Covered usage follows the rule that prices its commitment's purchase.
        case when IsCovered then 'Purchase' else ChargeCategory end as RuleCategory,
        IsCovered or IsCommitmentPurchase as IsCommitment,
        cast(row_number() over (order by SliceNo, x_RateKey, SegmentStart) as bigint) as KeyNo
    from flagged
)

select * from final
