-- Grain: one row per tier group: tier rule version, contract, scope value, earlier than the period or not.
-- Measure is its own accrual, Accrued what earlier versions of the rule left, Reached both together (not below zero).
with

measures as (
    select * from {{ ref('rated_tier_measures') }}
),

tier_sets as (
    select * from {{ source('config', 'tier_sets') }}
),

fx as (
    select * from {{ source('config', 'edge_fx') }}
),

accrued as (
    select
        GroupNo,
        TierSetId,
        ContractId,
        ScopeText,
        IsEarlier,
        {{ r12('sum(Measure)') }} as Measure
    from measures
    group by GroupNo, TierSetId, ContractId, ScopeText, IsEarlier
),

-- A version that continues the one before it starts where that one ended.
offsets as (
    select
        accrued.*,
        tier_sets.TierMode,
        tier_sets.TierMeasure,
        tier_sets.TierBasis,
        tier_sets.TierValue as ValueKind,
        tier_sets.TierCurrency,
        cast(coalesce(sum(greatest(accrued.Measure, 0)) over (
            partition by
                accrued.ContractId, tier_sets.RuleId, tier_sets.ChainStart, accrued.ScopeText, accrued.IsEarlier
            order by tier_sets.RuleVersion, accrued.TierSetId
            rows between unbounded preceding and 1 preceding
        ), 0) as decimal(38, 12)) as Accrued
    from accrued
    inner join tier_sets
        on accrued.TierSetId = tier_sets.TierSetId
),

final as (
    select
        offsets.*,
        cast(offsets.Accrued + greatest(offsets.Measure, 0) as decimal(38, 12)) as Reached,
        case when offsets.TierCurrency is null then 1 else fx.FxRate end as FxRate,
        case when offsets.TierCurrency is null then 1 else fx.FxPinned end as FxPinned
    from offsets
    left join fx
        on offsets.ContractId = fx.ContractId
        and offsets.TierCurrency = fx.FromCurrency
)

select * from final
