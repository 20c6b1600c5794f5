"""What makes a price plan wrong: loops, rule ids that name two rules, rules that nothing puts in order."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.config.intervals import grouped, overlaps, unique
from pipelines.config.pricing import Plan, Rule
from pipelines.config.reading import Tables
from pipelines.config.tiers import check_continuation
from pipelines.config.ties import ties
from pipelines.errors import Problem


def plan_chain(plan: Plan, plans: Mapping[str, Plan]) -> list[Plan]:
    """A plan and those it extends, nearest first; ends before it would repeat one."""
    chain = {plan.plan: plan}
    while (upper := plans.get(plan.extends or "")) is not None and upper.plan not in chain:
        plan = chain[upper.plan] = upper
    return list(chain.values())


def check_plans(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem of the plans by themselves."""
    plans = {plan.plan: plan for plan in tables.plans.rows}
    looped: set[frozenset[str]] = set()
    unique(tables.plans.rows, "plan", problems)
    for plan in tables.plans.rows:
        chain = plan_chain(plan, plans)
        if chain[-1].extends == plan.plan and frozenset(link.plan for link in chain) not in looped:
            looped.add(frozenset(link.plan for link in chain))
            what = f"rule loop: {' extends '.join([*(link.plan for link in chain), plan.plan])}"
            problems.append(plan.place.problem(what, "remove one of these extends", "extends"))
        _check_versions(plan, problems)
        _check_ties(plan, problems)
        _no_inherited_ids(chain, problems)


def _check_versions(plan: Plan, problems: list[Problem]) -> None:
    """A rule id may stand several times with disjoint dates: these are versions of one rule."""
    for versions in grouped(plan.rules, lambda rule: rule.rule).values():
        for earlier, later in overlaps(versions):
            what = f"rule {later.rule} stands twice on {later.valid_from}, first in "
            what += f"{earlier.place.file}:{earlier.place.line}"
            remedy = "give one of them another id, or dates that do not overlap"
            problems.append(later.place.problem(what, remedy, "rule"))
        for number, rule in enumerate(versions):
            check_continuation(rule, versions[:number], problems)


def _no_inherited_ids(chain: list[Plan], problems: list[Problem]) -> None:
    """Rule ids are unique in a plan and among the plans it extends, so that an id explains a price."""
    inherited: dict[str, Rule] = {rule.rule: rule for plan in chain[1:] for rule in plan.rules}
    for rule in chain[0].rules if inherited else ():
        if other := inherited.get(rule.rule):
            what = f"rule {rule.rule} is also in an extended plan, {other.place.file}:{other.place.line}"
            problems.append(rule.place.problem(what, "give one of them another id", "rule"))


def _check_ties(plan: Plan, problems: list[Problem]) -> None:
    for earlier, later in ties(plan.rules):
        what = f"rules {earlier.rule} and {later.rule} can match the same charge on the same day, and nothing "
        what += f"puts one of them first ({earlier.place.file}:{earlier.place.line})"
        remedy = "give one a higher priority, other dates or another match"
        problems.append(later.place.problem(what, remedy, "priority"))
