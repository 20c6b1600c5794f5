"""The SQL of the compiler for what prices: rules, tiers and rate cards per combination of plans and segment.

`PRICE_STEPS` are temporary tables in order, after the edges and their combinations of plans are known;
`PRICE_TABLES` are the files.
"""

from __future__ import annotations

# The distinct stacks of plans that price some edge.
EDGE_HEADS = "select distinct Heads from edge_plans order by Heads"

PRICE_STEPS = {
    # Grain: combination of plans x segment in which some edge is priced by it.
    "used_plans": """
        select distinct c.PlanId, c.RateCardId, e.SegmentStart
        from edge_plans as e
        inner join in_composites as c on c.Heads = e.Heads
    """,
    # Grain: layer of a combination of plans; Before counts the rules of the layers nearer than it.
    "layers": """
        select c.PlanId, c.SourcePlanId, c.Level,
            coalesce(sum(n.RuleCount) over (
                partition by c.PlanId order by c.Level rows between unbounded preceding and 1 preceding
            ), 0) as Before
        from in_chains as c
        left join (select SourcePlanId, count(*) as RuleCount from in_rules group by SourcePlanId) as n
            on n.SourcePlanId = c.SourcePlanId
    """,
    # Grain: combination of plans x segment x rule in force. Narrow: many combinations share the same rules.
    "rules": """
        select u.PlanId, u.SegmentStart, r.SourcePlanId, r.Position, c.Level as RuleLayer,
            cast(c.Before + r.Position + 1 as integer) as RuleOrder
        from used_plans as u
        inner join in_segments as s on s.SegmentStart = u.SegmentStart
        inner join layers as c on c.PlanId = u.PlanId
        inner join in_rules as r on r.SourcePlanId = c.SourcePlanId and r.ValidFrom <= s.OnDay and s.OnDay < r.ValidTo
    """,
    # Grain: rate card x segment x price in force.
    "card_prices": """
        select p.*, s.SegmentStart
        from in_rate_cards as p
        inner join in_segments as s on p.ValidFrom <= s.OnDay and s.OnDay < p.ValidTo
        where p.RateCardId in (select u.RateCardId from used_plans as u)
    """,
    # Grain: contract x currency of a unit price, a tier or a rate card that can price its charges.
    "price_currencies": """
        with contract_plans as (
            select distinct e.ContractId, c.PlanId, c.RateCardId
            from edge_plans as e
            inner join in_composites as c on c.Heads = e.Heads
        ),
        plan_currencies as (
            select distinct p.PlanId, coalesce(r.UnitPriceCurrency, t.TierCurrency) as FromCurrency
            from rules as p
            inner join in_rules as r on r.SourcePlanId = p.SourcePlanId and r.Position = p.Position
            left join in_tier_sets as t on t.TierSetId = r.TierSetId
            where r.UnitPriceCurrency is not null or r.TierSetId is not null
        )
        select p.ContractId, c.FromCurrency
        from contract_plans as p
        inner join plan_currencies as c on c.PlanId = p.PlanId
        where c.FromCurrency is not null
        union
        select p.ContractId, c.UnitPriceCurrency as FromCurrency
        from contract_plans as p
        inner join (select distinct RateCardId, UnitPriceCurrency from card_prices) as c on c.RateCardId = p.RateCardId
    """,
}

PRICE_TABLES = {
    "plans": """
        select distinct PlanId, RateCardId from used_plans where RateCardId is not null order by PlanId
    """,
    "rate_cards": """
        select RateCardId, SegmentStart, Provider, Sku, SkuPrice, PricingUnit, UnitPrice, UnitPriceCurrency
        from card_prices
        order by RateCardId, SegmentStart, Provider, Sku, SkuPrice, PricingUnit
    """,
    "price_rules": """
        select p.PlanId, p.SegmentStart, r.RuleId, r.RuleVersion, r.PatternId, r.MatchValue, r.RulePriority,
            r.RuleSpecificity, p.RuleLayer, p.RuleOrder, r.RuleAction, r.RuleBasis, r.FactorParent, r.FactorList,
            r.FactorContracted, r.FactorCost, r.UnitPrice, r.UnitPriceCurrency, r.FloorBasis, r.CapBasis, r.TierSetId
        from rules as p
        inner join in_rules as r on r.SourcePlanId = p.SourcePlanId and r.Position = p.Position
        order by p.PlanId, p.SegmentStart, p.RuleOrder
    """,
    "match_patterns": "select * from in_patterns order by PatternId",
    "tag_keys": "select TagNo, TagKey from in_tag_keys order by TagNo",
    "tier_sets": """
        select TierSetId, RuleId, RuleVersion, ChainStart, TierMode, TierMeasure, TierScope, TierBasis, TierValue,
            TierCurrency
        from in_tier_sets
        order by TierSetId
    """,
    "tiers": "select TierSetId, TierNo, LowerBound, UpperBound, TierValue from in_tiers order by TierSetId, TierNo",
}
