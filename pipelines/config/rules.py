"""Price rules: what an action means, as factors of base amounts.

price = parent·ParentPrice + list·ListCost + contracted·ContractedCost + cost·Cost + unit_price·Quantity

The factors are computed here once, in Decimal, rounded to 12 decimals half away from zero (R12), and
only multiplied from then on.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.config.fields import Table, check_interval, read_row
from pipelines.config.models import BASES, MATCH, PERCENT_ACTIONS, PLAN, RULE, Plan, Rule
from pipelines.config.records import Record, Value
from pipelines.errors import Problem
from pipelines.money import HUNDRED, ONE, ZERO, Decimal, invert, r12

PERCENT_LIMIT = Decimal(100_000)  # a typo guard: a thousandfold price
NO_BASIS = f"name one of {', '.join(BASES)}: there is no default"


class Factors(NamedTuple):
    """What each base amount is multiplied with; `unit_price` is per pricing unit, in the rule's currency."""

    parent: Decimal = ZERO
    list: Decimal = ZERO
    contracted: Decimal = ZERO
    cost: Decimal = ZERO
    unit_price: Decimal = ZERO


def factors(rule: Rule) -> Factors:
    """The factors of a valid rule, each R12."""
    if rule.action == "free":
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
    if items is None and record.values.get("extends") is None:
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
    rule = read_row(RULE, item, problems, match=match)
    if rule is None or match is None:
        return None
    before = len(problems)
    check_interval(rule.place, rule.valid_from, rule.valid_to, problems)
    _check_action(rule, item, problems)
    return rule if len(problems) == before else None


def _check_action(rule: Rule, record: Record, problems: list[Problem]) -> None:
    """The fields an action needs are there, those it has no use for are not, and the numbers make sense."""
    needed = {"unit_price": ("price", "currency")}.get(rule.action, ())
    if rule.action in PERCENT_ACTIONS:
        needed = ("percent", "basis")
    for name in ("percent", "basis", "price", "currency"):
        present = getattr(rule, name) is not None
        if name in needed and not present:
            remedy = NO_BASIS if name == "basis" else f"give the {name}"
            problems.append(rule.place.problem(f"{rule.action} without {name}", remedy, name))
        elif present and name not in needed:
            problems.append(record.at(name).problem(f"{rule.action} has no {name}", "remove the field", name))
    if rule.action == "margin" and rule.basis not in (None, "parent"):
        what = f"margin is a share of the sell price over what the seller paid, not over {rule.basis}"
        problems.append(record.at("basis").problem(what, "write basis: parent, or use markup or uplift", "basis"))
    if rule.action in PERCENT_ACTIONS and rule.percent is not None:
        _check_percent(rule, record, problems)


def _check_percent(rule: Rule, record: Record, problems: list[Problem]) -> None:
    percent = rule.percent or ZERO
    place = record.at("percent")
    if percent < 0:
        problems.append(place.problem(f"{rule.action} of {percent} percent", "use the opposite action", "percent"))
    elif rule.action == "margin" and percent >= HUNDRED:
        what = f"a margin of {percent} percent of the sell price has no price"
        problems.append(place.problem(what, "stay below 100, or use markup", "percent"))
    elif rule.action == "discount" and percent > HUNDRED:
        problems.append(place.problem(f"a discount of {percent} percent", "stay at 100 or below", "percent"))
    elif percent > PERCENT_LIMIT:
        problems.append(place.problem(f"{percent} percent", f"stay at {PERCENT_LIMIT} or below", "percent"))
