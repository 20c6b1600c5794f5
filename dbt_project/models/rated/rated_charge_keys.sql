-- Grain: one row per slice, rate key, date segment and tag values: base sums and what a contract can see of them.
with

-- Numbered before they are joined to the wide keys: sorting narrow rows costs a fraction.
facts as (
    select
        *,
        cast(row_number() over (order by SliceNo, x_RateKey, SegmentStart, x_TagValues) as bigint) as KeyNo
    from {{ source('focus', 'facts') }}
),

keys as (
    select * from {{ source('focus', 'keys') }}
),

segments as (
    select * from {{ source('config', 'segments') }}
),

joined as (
    select
        keys.*,
        facts.KeyNo,
        facts.SegmentStart,
        facts.x_TagValues,
        segments.IsEarlier,
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
    inner join segments
        on facts.SegmentStart = segments.SegmentStart
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
        IsCovered or IsCommitmentPurchase as IsCommitment
    from flagged
)

select * from final
