"""What prices, as Arrow tables for the compiler's SQL: rules, tiers, rate cards, overrides.

Grain: one row per record. Rules arrive with their factors, match pattern and specificity worked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from pipelines.config.arrow import BIGINT, DAY, INTEGER, NUMBER, TEXT, table
from pipelines.config.intervals import grouped
from pipelines.config.layers import compose
from pipelines.config.matching import FIELDS, Forms, forms, match_value, specificity
from pipelines.config.models import Config
from pipelines.config.pricing import Plan, Rule
from pipelines.config.rules import factors
from pipelines.config.tags import tag_keys
from pipelines.config.tiers import chain_start, tier_value
from pipelines.money import r12

LENGTHS = tuple(
    "Length" + "".join(part.capitalize() for part in name.split("_")) for name in FIELDS
)  # LengthProvider ... LengthTag
RULE_COLUMNS = [
    ("SourcePlanId", TEXT),
    ("Position", INTEGER),
    ("RuleId", TEXT),
    ("RuleVersion", DAY),
    ("PatternId", INTEGER),
    ("MatchValue", TEXT),
    ("RulePriority", INTEGER),
    ("RuleSpecificity", BIGINT),
    ("RuleAction", TEXT),
    ("RuleBasis", TEXT),
    ("FactorParent", NUMBER),
    ("FactorList", NUMBER),
    ("FactorContracted", NUMBER),
    ("FactorCost", NUMBER),
    ("UnitPrice", NUMBER),
    ("UnitPriceCurrency", TEXT),
    ("FloorBasis", TEXT),
    ("CapBasis", TEXT),
    ("TierSetId", INTEGER),
    ("ValidFrom", DAY),
    ("ValidTo", DAY),
]
TIER_SET_COLUMNS = [
    ("TierSetId", INTEGER),
    ("RuleId", TEXT),
    ("RuleVersion", DAY),
    ("ChainStart", DAY),
    ("TierMode", TEXT),
    ("TierMeasure", TEXT),
    ("TierScope", TEXT),
    ("TierBasis", TEXT),
    ("TierValue", TEXT),
    ("TierCurrency", TEXT),
]
TIER_COLUMNS = [
    ("TierSetId", INTEGER),
    ("TierNo", INTEGER),
    ("LowerBound", NUMBER),
    ("UpperBound", NUMBER),
    ("TierValue", NUMBER),
]
Pattern = tuple[int | None, ...]


class Placed(NamedTuple):
    """A rule where it stands in its plan, with its values as they compare."""

    plan: Plan
    position: int
    rule: Rule
    wanted: Forms


def price_tables(config: Config) -> dict[str, pa.Table]:
    """Every input that prices by its name in SQL."""
    keys = {key: number for number, key in enumerate(tag_keys(config), start=1)}
    placed = [
        Placed(plan, position, rule, forms(rule.match[1:]))
        for plan in config.plans
        for position, rule in enumerate(plan.rules)
    ]
    patterns = _patterns(placed, keys)
    tiers = [entry for entry in placed if entry.rule.action == "tiers"]
    sets = {id(entry.rule): number for number, entry in enumerate(tiers, start=1)}
    return {
        "in_operator": table([("PlanId", TEXT)], [(config.operator.plan,)]),
        "in_rules": table(RULE_COLUMNS, [_rule(entry, patterns, keys, sets) for entry in placed]),
        "in_patterns": table(
            [("PatternId", INTEGER), *((name, INTEGER) for name in LENGTHS), ("TagNo", INTEGER)],
            [(number, *pattern) for pattern, number in patterns.items()],
        ),
        "in_tag_keys": table([("TagNo", INTEGER), ("TagKey", TEXT)], [(number, key) for key, number in keys.items()]),
        "in_tier_sets": table(TIER_SET_COLUMNS, list(_tier_sets(config, sets))),
        "in_tiers": table(TIER_COLUMNS, [row for entry in tiers for row in _tiers(entry.rule, sets[id(entry.rule)])]),
        "in_rate_cards": _rate_cards(config),
        "in_overrides": table(
            [("ContractId", TEXT), ("TenantId", TEXT), ("PlanId", TEXT), ("ValidFrom", DAY), ("ValidTo", DAY)],
            [row[1:] for row in config.overrides],
        ),
    }


def composite_tables(config: Config, heads: Sequence[str]) -> dict[str, pa.Table]:
    """The combinations of plans for the given heads (plan ids joined by +, nearest first) and their layers."""
    plans = {plan.plan: plan for plan in config.plans}
    found = {head: compose(head.split("+"), plans) for head in heads}
    chains = {
        (composite.plan, link.plan, level) for composite in found.values() for level, link in enumerate(composite.chain)
    }
    return {
        "in_composites": table(
            [("Heads", TEXT), ("PlanId", TEXT), ("RateCardId", TEXT)],
            [(head, composite.plan, composite.rate_card) for head, composite in found.items()],
        ),
        "in_chains": table([("PlanId", TEXT), ("SourcePlanId", TEXT), ("Level", INTEGER)], sorted(chains)),
    }


def _pattern(wanted: Forms, keys: dict[str, int]) -> Pattern:
    """The length of each field's value (None: unused), then the number of the tag key."""
    tag = wanted[-1]
    return (*(form.length if form else None for form in wanted), keys[tag.key] if tag and tag.key else None)


def _patterns(placed: Sequence[Placed], keys: dict[str, int]) -> dict[Pattern, int]:
    found = {_pattern(entry.wanted, keys) for entry in placed}
    ordered = sorted(found, key=lambda pattern: [-2 if length is None else length for length in pattern])
    return {pattern: number for number, pattern in enumerate(ordered)}


def _rule(entry: Placed, patterns: dict[Pattern, int], keys: dict[str, int], sets: dict[int, int]) -> tuple[Any, ...]:
    rule = entry.rule
    return (
        entry.plan.plan,
        entry.position,
        rule.rule,
        rule.valid_from,
        patterns[_pattern(entry.wanted, keys)],
        match_value(entry.wanted),
        rule.priority,
        specificity(entry.wanted),
        rule.action,
        rule.basis,
        *factors(rule),
        rule.currency if rule.action == "unit_price" else None,
        rule.floor,
        rule.cap,
        sets.get(id(rule)),
        rule.valid_from,
        rule.valid_to,
    )


def _tier_sets(config: Config, sets: dict[int, int]) -> Iterator[tuple[Any, ...]]:
    for plan in config.plans:
        for versions in grouped(plan.rules, lambda rule: rule.rule).values():
            for number, rule in enumerate(versions):
                if id(rule) in sets:
                    yield _tier_set(rule, sets[id(rule)], chain_start(rule, versions[:number]))


def _tier_set(rule: Rule, number: int, start: date) -> tuple[Any, ...]:
    kind = "price" if rule.value == "price" else "percent"
    identity = (number, rule.rule, rule.valid_from, start)
    return (*identity, rule.mode, rule.measure, rule.scope, rule.basis, kind, rule.currency)


def _tiers(rule: Rule, number: int) -> list[tuple[Any, ...]]:
    return [
        (number, tier_no, tier.lower, tier.upper, tier_value(rule, tier))
        for tier_no, tier in enumerate(rule.tiers, start=1)
    ]


def _rate_cards(config: Config) -> pa.Table:
    columns = [
        ("RateCardId", TEXT),
        ("Provider", TEXT),
        ("Sku", TEXT),
        ("SkuPrice", TEXT),
        ("PricingUnit", TEXT),
        ("UnitPrice", NUMBER),
        ("UnitPriceCurrency", TEXT),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    rows = [
        (
            row.rate_card,
            row.provider,
            row.sku.lower(),
            (row.sku_price or "").lower(),
            row.unit.lower(),
            r12(row.price),
            row.currency,
            row.valid_from,
            row.valid_to,
        )
        for row in config.rate_cards
    ]
    return table(columns, rows)
