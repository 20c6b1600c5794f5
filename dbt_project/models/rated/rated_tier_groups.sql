-- Grain: one row per tier group: the value that every unit of it gets, a price per unit in the contract's currency
-- or a factor of the rule's basis; and, of graduated tiers, the exact price of the whole group.
with

reached as (
    select * from {{ ref('rated_tier_accruals') }}
),

tiers as (
    select * from {{ source('config', 'tiers') }}
),

steps as (
    select
        reached.GroupNo,
        reached.Accrued,
        reached.Reached,
        case when reached.TierMeasure = 'amount' then {{ r12('tiers.LowerBound * reached.FxRate') }}
            else tiers.LowerBound end as LowerBound,
        case when reached.TierMeasure = 'amount' then {{ r12('tiers.UpperBound * reached.FxRate') }}
            else tiers.UpperBound end as UpperBound,
        case when reached.ValueKind = 'price' then {{ r12('tiers.TierValue * reached.FxRate') }}
            else tiers.TierValue end as StepValue,
        case when reached.ValueKind = 'price' then {{ r12('tiers.TierValue * reached.FxPinned') }}
            else tiers.TierValue end as StepValuePinned
    from reached
    inner join tiers
        on reached.TierSetId = tiers.TierSetId
),

walked as (
    select
        GroupNo,
        {% for suffix in ['', 'Pinned'] -%}
        max(case when {{ holds('Reached') }} then StepValue{{ suffix }} end) as VolumeValue{{ suffix }},
        max(case when {{ holds('Accrued') }} then StepValue{{ suffix }} end) as FirstValue{{ suffix }},
        {{ r12('sum(' ~ portion('Reached', 'Accrued') ~ ' * StepValue' ~ suffix ~ ')') }}
            as Price{{ suffix }}{{ ',' if not loop.last }}
        {% endfor %}
    from steps
    group by GroupNo
),

final as (
    select
        reached.GroupNo,
        reached.TierSetId,
        reached.ContractId,
        reached.ScopeText,
        reached.IsEarlier,
        reached.TierMode,
        reached.TierBasis,
        reached.ValueKind,
        reached.Measure,
        reached.Accrued,
        case when reached.TierMode = 'graduated' and reached.Measure > 0 then walked.Price end as GroupPrice,
        {% for suffix in ['', 'Pinned'] -%}
        case
            when reached.TierMode = 'volume' then walked.VolumeValue{{ suffix }}
            when reached.Measure > 0 then {{ per_unit('walked.Price' ~ suffix, 'reached.Measure') }}
            else walked.FirstValue{{ suffix }}
        end as UnitValue{{ suffix }}{{ ',' if not loop.last }}
        {% endfor %}
    from reached
    inner join walked
        on reached.GroupNo = walked.GroupNo
)

select * from final
