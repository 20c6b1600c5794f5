-- Grain: one row per slice, rate key, date segment and tag values: base sums and what a contract can see of them. Usage
-- that a commitment covers has a second row, with the negative number, where contracts may price it as on demand.
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

commitment_use as (
    select * from {{ source('config', 'commitment_use') }}
),

used_keys as (
    select keys.SliceNo, keys.x_RateKey
    from keys
    cross join commitment_use
    where commitment_use.UsesPolicies
        and keys.ChargeCategory = 'Usage'
        and keys.CommitmentDiscountStatus = 'Used'
        and keys.CommitmentDiscountId is not null
),

-- What the provider charged stands on the first row only; on demand, usage is worth its price without a commitment.
measured as (
    select
        KeyNo, SliceNo, x_RateKey, SegmentStart, x_TagValues, LineCount, PricingQuantity, ListCost, ContractedCost,
        BilledCost, EffectiveCost, PartnerBenefitAmount, PartnerBenefitMissed, UnlistedCount
    from facts
    union all
    select
        -facts.KeyNo as KeyNo, facts.SliceNo, facts.x_RateKey, facts.SegmentStart, facts.x_TagValues,
        cast(0 as bigint) as LineCount, facts.PricingQuantity, facts.ListCost, facts.ContractedCost,
        cast(0 as decimal(38, 12)) as BilledCost, cast(0 as decimal(38, 12)) as EffectiveCost,
        cast(0 as decimal(38, 12)) as PartnerBenefitAmount, cast(0 as decimal(38, 12)) as PartnerBenefitMissed,
        facts.UnlistedCount
    from facts
    inner join used_keys
        on facts.SliceNo = used_keys.SliceNo
        and facts.x_RateKey = used_keys.x_RateKey
),

joined as (
    select
        keys.*,
        measured.KeyNo,
        measured.KeyNo < 0 as IsOnDemand,
        measured.SegmentStart,
        measured.x_TagValues,
        segments.IsEarlier,
        measured.LineCount,
        measured.PricingQuantity,
        measured.ListCost,
        measured.ContractedCost,
        measured.BilledCost,
        measured.EffectiveCost,
        measured.PartnerBenefitAmount,
        measured.PartnerBenefitMissed,
        measured.UnlistedCount
    from measured
    inner join keys
        on measured.SliceNo = keys.SliceNo
        and measured.x_RateKey = keys.x_RateKey
    inner join segments
        on measured.SegmentStart = segments.SegmentStart
),

flagged as (
    select
        joined.*,
        lower(CommitmentDiscountId) as CommitmentId,
        ChargeCategory = 'Credit' and coalesce(x_PartnerBenefitStatus = 'earned', false) as IsBenefit,
        ChargeCategory = 'Usage' and CommitmentDiscountStatus is not null and not IsOnDemand as IsCovered,
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
        case
            when CommitmentId is null then null
            when IsCovered then CommitmentDiscountStatus
            when IsCommitmentPurchase then 'Purchase'
        end as CommitmentKind
    from flagged
)

select * from final
