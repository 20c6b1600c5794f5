"""Plans and price rules: reading them, and what an action means as factors of base amounts.

price = parent·ParentPrice + list·ListCost + contracted·ContractedCost + cost·Cost + unit_price·Quantity

The factors are computed here once, in Decimal, rounded to 12 decimals half away from zero (R12), and
only multiplied from then on.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.config.actions import check_action
from pipelines.config.fields import Table, check_interval, read_row
from pipelines.config.pricing import MATCH, PLAN, RULE, Plan, Rule
from pipelines.config.records import Record, Value
from pipelines.config.tiers import read_tiers
from pipelines.errors import Problem
from pipelines.money import ONE, ZERO, Decimal, invert, r12


class Factors(NamedTuple):
    """What each base amount is multiplied with; `unit_price` is per pricing unit, in the rule's currency."""

    parent: Decimal = ZERO
    list: Decimal = ZERO
    contracted: Decimal = ZERO
    cost: Decimal = ZERO
    unit_price: Decimal = ZERO


def factors(rule: Rule) -> Factors:
    """The factors of a valid rule, each R12."""
    if rule.action in ("free", "tiers"):  # what a tier costs depends on its group, not on the charge alone
        return Factors()
    if rule.action == "unit_price":
        return Factors(unit_price=r12(rule.price or ZERO))
    if rule.action == "pass_through":
        return Factors(parent=ONE)
    share = (rule.percent or ZERO).scaleb(-2)  # percent / 100, exactly
    basis = str(rule.basis)
    if rule.action == "discount":
        return Factors()._replace(**{basis: r12(ONE - share)})
    if rule.action == "markup":
        return Factors()._replace(**{basis: r12(ONE + share)})
    if rule.action == "margin":
        return Factors(parent=invert(ONE - share))
    if basis == "parent":
        return Factors(parent=r12(ONE + share))
    return Factors(parent=ONE)._replace(**{basis: r12(share)})


def read_plans(value: Value, table: Table[Plan], problems: list[Problem]) -> None:
    """Add the plan, or the list of plans, of one YAML document to `table`; every problem is reported."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Record):
            _read_plan(item, table, problems)
        elif item is not None:
            table.unread = True


def _read_plan(record: Record, table: Table[Plan], problems: list[Problem]) -> None:
    before = len(problems)
    items = record.values.get("rules")
    if items is None and not {"extends", "rate_card"} & {name for name, value in record.values.items() if value}:
        problems.append(record.at("rules").problem("the plan has no rules", "list at least one rule", "rules"))
    if items is not None and not isinstance(items, list):
        problems.append(record.at("rules").problem("rules is not a list", "begin each rule with `- rule:`", "rules"))
    rules = [_read_rule(item, record, problems) for item in items] if isinstance(items, list) else []
    whole = len(problems) == before
    plan = read_row(PLAN, record, problems, rules=tuple(rule for rule in rules if rule is not None))
    if plan is not None:
        table.rows.append(plan)
    if (plan is None or not whole) and isinstance(name := record.values.get("plan"), str):
        table.broken.add(name)


def _read_rule(item: Value, plan: Record, problems: list[Problem]) -> Rule | None:
    if not isinstance(item, Record):
        problems.append(plan.at("rules").problem("a rule is not a mapping", "begin each rule with `- rule:`", "rules"))
        return None
    wanted = item.values.get("match")
    if wanted is not None and not isinstance(wanted, Record):
        problems.append(item.at("match").problem("match is not a mapping", "write match: {field: value}", "match"))
        return None
    match = read_row(MATCH, wanted or Record(item.place, {}, {}), problems)
    before = len(problems)
    tiers = read_tiers(item, problems)
    rule = read_row(RULE, item, problems, match=match, tiers=tiers)
    if rule is None or match is None or len(problems) > before:
        return None
    check_interval(rule.place, rule.valid_from, rule.valid_to, problems)
    check_action(rule, item, problems)
    if rule.unit and match.pricing_unit:
        what = "the pricing unit stands twice: as unit and in match"
        problems.append(item.at("unit").problem(what, "keep unit, remove pricing_unit from match", "unit"))
    if len(problems) > before:
        return None
    return rule._replace(match=match._replace(pricing_unit=rule.unit)) if rule.unit else rule
