-- Grain: one row per profile that some rule of its plan matches: the rule that wins.
with

profiles as (
    select * from {{ ref('rated_profiles') }}
),

patterns as (
    select * from {{ source('config', 'match_patterns') }}
),

rules as (
    select * from {{ source('config', 'price_rules') }}
),

plan_patterns as (
    select distinct PlanId, PatternId from rules
),

-- One equality join serves every wildcard pattern: the profile is written the way the pattern's rules are.
keyed as (
    select
        profiles.ProfileNo,
        profiles.PlanId,
        profiles.SegmentStart,
        profiles.IsCommitment,
        patterns.PatternId,
        {% for flag, column in [
            ('UsesProvider', 'Provider'), ('UsesServiceCategory', 'ServiceCategory'), ('UsesService', 'Service'),
            ('UsesSku', 'Sku'), ('UsesSkuPrice', 'SkuPrice'), ('UsesRegion', 'Region'),
            ('UsesChargeCategory', 'ChargeCategory')
        ] -%}
        case when patterns.{{ flag }} then profiles.{{ column }} else '*' end || chr(31) ||
        {% endfor -%}
        case when patterns.AnyPublisher then '*any' when patterns.UsesPublisher then profiles.Publisher else '*' end
        || chr(31) ||
        case when patterns.UsesCommitment then profiles.Commitment else '*' end || chr(31) ||
        case when patterns.UsesSubAccount then profiles.SubAccount else '*' end as MatchValue
    from profiles
    inner join plan_patterns
        on profiles.PlanId = plan_patterns.PlanId
    inner join patterns
        on plan_patterns.PatternId = patterns.PatternId
    where not (patterns.AnyPublisher and profiles.Publisher = '')
),

matched as (
    select
        keyed.ProfileNo,
        rules.*,
        row_number() over (
            partition by keyed.ProfileNo
            order by rules.RulePriority desc, rules.MatchedFields desc, rules.RuleOrder asc
        ) as Choice
    from keyed
    inner join rules
        on keyed.PlanId = rules.PlanId
        and keyed.SegmentStart = rules.SegmentStart
        and keyed.PatternId = rules.PatternId
        and keyed.MatchValue = rules.MatchValue
    -- A price per unit says nothing about a commitment's fee or what it covers.
    where not (keyed.IsCommitment and rules.RuleAction = 'unit_price')
),

final as (
    select
        ProfileNo,
        RuleId,
        RuleAction,
        RuleBasis,
        FactorParent,
        FactorList,
        FactorContracted,
        FactorCost,
        UnitPrice,
        UnitPriceCurrency
    from matched
    where Choice = 1
)

select * from final
