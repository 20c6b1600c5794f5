-- Grain: one row per plan and class of charge keys that some rule of the plan matches: the rule that wins.
with

profiles as (
    select * from {{ ref('rated_profiles') }}
),

patterns as (
    select * from {{ source('config', 'match_patterns') }}
),

rules as (
    select
        *,
        cast(row_number() over (order by PlanId, SegmentStart, RuleOrder) as bigint) as RuleNo
    from {{ source('config', 'price_rules') }}
),

plan_patterns as (
    select distinct PlanId, SegmentStart, PatternId from rules
),

valued as (
    select
        profiles.*,
        patterns.PatternId,
        {% for field in match_fields() -%}
        patterns.Length{{ field.name }},
        {% endfor -%}
        case when patterns.TagNo is null then ''
            else {{ tag_value('profiles.Tag', 'patterns.TagNo') }} end as TagValue
    from profiles
    inner join plan_patterns
        on profiles.PlanId = plan_patterns.PlanId
        and profiles.SegmentStart = plan_patterns.SegmentStart
    inner join patterns
        on plan_patterns.PatternId = patterns.PatternId
),

-- One equality join serves every wildcard pattern: the profile is written the way the pattern's rules are.
keyed as (
    select
        PlanId,
        ClassNo,
        SegmentStart,
        IsCommitment,
        PatternId,
        {% for field in match_fields() -%}
        {{ match_text('TagValue' if field.name == 'Tag' else field.name, 'Length' ~ field.name) }}
        {{- ' || chr(31) ||' if not loop.last }}
        {% endfor %} as MatchValue
    from valued
    -- A charge without the value matches no rule that asks for one.
    where true
        {% for field in match_fields() -%}
        and (Length{{ field.name }} is null or {{ 'TagValue' if field.name == 'Tag' else field.name }} <> '')
        {% endfor %}
),

matched as (
    select
        keyed.ClassNo,
        rules.*,
        row_number() over (
            partition by keyed.PlanId, keyed.ClassNo
            order by rules.RulePriority desc, rules.RuleSpecificity desc, rules.RuleLayer asc, rules.RuleOrder asc
        ) as Choice
    from keyed
    inner join rules
        on keyed.PlanId = rules.PlanId
        and keyed.SegmentStart = rules.SegmentStart
        and keyed.PatternId = rules.PatternId
        and keyed.MatchValue = rules.MatchValue
    -- A price per unit says nothing about a commitment's fee or what it covers.
    where not (keyed.IsCommitment and rules.RuleAction in ('unit_price', 'tiers'))
),

final as (
    select
        PlanId,
        ClassNo,
        RuleNo,
        RuleId,
        RuleVersion,
        RuleAction,
        RuleBasis,
        FactorParent,
        FactorList,
        FactorContracted,
        FactorCost,
        UnitPrice,
        UnitPriceCurrency,
        FloorBasis,
        CapBasis,
        TierSetId
    from matched
    where Choice = 1
)

select * from final
