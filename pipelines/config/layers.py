"""Layers: which plans price an edge, nearest first, and what makes their combination wrong.

The nearest tenant's override plan comes first, then those of the tenants above it, the contract's plan
and the operator-wide plan; each brings the plans it extends. A combination has an id that names its
parts, `special+standard+base`; where a part adds no rule, its name is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from pipelines.config.intervals import grouped, no_overlaps
from pipelines.config.models import Contract, Tenant
from pipelines.config.plans import plan_chain
from pipelines.config.pricing import Override, Plan, Rule
from pipelines.config.reach import check_reach
from pipelines.config.reading import Tables
from pipelines.errors import Problem

Plans = Mapping[str, Plan]


class Composite(NamedTuple):
    """A combination of plans: its id, and the plans themselves, nearest first."""

    plan: str
    chain: tuple[Plan, ...]

    @property
    def rate_card(self) -> str | None:
        """The nearest rate card."""
        return next((plan.rate_card for plan in self.chain if plan.rate_card), None)


def compose(heads: Iterable[str], plans: Plans) -> Composite:
    """The combination of plans given nearest first, each with those it extends; none stands twice."""
    chain: dict[str, Plan] = {}
    parts = []
    for head in heads:
        if head in plans and head not in chain:
            parts.append(head)
            chain.update((link.plan, link) for link in plan_chain(plans[head], plans) if link.plan not in chain)
    return Composite("+".join(parts), tuple(chain.values()))


def cost_rule(chain: Iterable[Plan]) -> Rule | None:
    """The first rule that looks at provider cost, as basis or as a bound."""
    rules = (rule for plan in chain for rule in plan.rules)
    return next((rule for rule in rules if "cost" in (rule.basis, rule.floor, rule.cap)), None)


def check_layers(tables: Tables, problems: list[Problem]) -> None:
    """Append what is wrong with rate cards, overrides and the plans that meet on one contract."""
    plans = {plan.plan: plan for plan in tables.plans.rows}
    no_overlaps(
        tables.overrides.rows,
        lambda row: f"{row.contract} for {row.tenant}",
        "the override of",
        problems,
    )
    no_overlaps(
        tables.rate_cards.rows,
        lambda row: " ".join((row.rate_card, row.provider, row.sku, row.sku_price or "", row.unit)).lower(),
        "the price of",
        problems,
    )
    check_reach(tables, problems)
    _check_cost(tables, plans, problems)
    _check_ids(tables, plans, problems)


def _check_cost(tables: Tables, plans: Plans, problems: list[Problem]) -> None:
    """Only the operator sees provider cost."""
    if not tables.operator.rows:
        return
    costly = {name: cost_rule(plan_chain(plan, plans)) for name, plan in plans.items()}
    sellers = {row.contract: row.seller for row in tables.contracts.rows}
    rows: Iterator[Contract | Override] = iter([*tables.contracts.rows, *tables.overrides.rows])
    for row in rows:
        rule, seller = costly.get(row.plan), sellers.get(row.contract)
        if rule is not None and seller is not None and seller != tables.operator.rows[0].operator:
            field = next(name for name in ("basis", "floor", "cap") if getattr(rule, name) == "cost")
            what = f"{seller} does not see provider cost, but {row.plan} has rule {rule.rule} with {field} cost"
            remedy = f"use another {field} in {rule.place.file}:{rule.place.line}, or another plan"
            problems.append(row.place.problem(what, remedy, "plan"))


def _check_ids(tables: Tables, plans: Plans, problems: list[Problem]) -> None:
    """A rule id names one rule among all that can price a charge on a contract.

    Tiers accrue by contract and rule id, so theirs are unique even between overrides that never meet.
    """
    tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
    overrides = grouped(tables.overrides.rows, lambda row: row.contract)
    operator = tables.operator.rows[0] if tables.operator.rows else None
    ids = RuleIds(plans, problems)
    for contract in tables.contracts.rows:
        last = [operator.plan] if operator and operator.plan and operator.operator == contract.seller else []
        rows = list(overrides.get(contract.contract, []))
        for path in [[], *_paths(rows, tenants)]:
            ids.check_stack((*path, contract.plan, *last), contract.contract)
        if len(rows) > 1:
            ids.check_tiers([contract.plan, *last, *(row.plan for row in rows)], contract.contract)


class RuleIds:
    """Looks for one rule id in two plans; every pair of plans is compared once."""

    def __init__(self, plans: Plans, problems: list[Problem]) -> None:
        self.plans = plans
        self.problems = problems
        self.rules = {name: {rule.rule: rule for rule in plan.rules} for name, plan in plans.items()}
        self.stacks: set[tuple[str, ...]] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.reported: set[tuple[str, int | None]] = {
            (known.file, known.line) for known in problems if known.column == "rule"
        }

    def check_stack(self, heads: tuple[str, ...], contract: str) -> None:
        """Plans that price one charge share no rule id."""
        if len(heads) < 2 or heads in self.stacks:
            return
        self.stacks.add(heads)
        for one, other in combinations([plan.plan for plan in compose(heads, self.plans).chain], 2):
            if (one, other) not in self.pairs:
                self.pairs.add((one, other))
                for rule in sorted(self.rules[one].keys() & self.rules[other].keys()):
                    self._refuse(self.rules[one][rule], other, contract)

    def check_tiers(self, heads: Iterable[str], contract: str) -> None:
        """Plans that price charges of one contract share no id of a tiers rule."""
        chain = compose(dict.fromkeys(heads), self.plans).chain
        tiers = {rule.rule: plan.plan for plan in chain for rule in plan.rules if rule.action == "tiers"}
        for plan in chain if tiers else ():
            for rule in sorted(tiers.keys() & self.rules[plan.plan].keys()):
                if tiers[rule] != plan.plan:
                    self._refuse(self.rules[plan.plan][rule], tiers[rule], contract)

    def _refuse(self, rule: Rule, plan: str, contract: str) -> None:
        if rule.place not in self.reported:
            self.reported.add(rule.place)
            other = self.rules[plan][rule.rule].place
            what = f"rule {rule.rule} is also in plan {plan}, {other.file}:{other.line}, "
            what += f"and both price charges of contract {contract}"
            self.problems.append(rule.place.problem(what, "give one of them another id", "rule"))


def _paths(overrides: Sequence[Override], tenants: Mapping[object, list[Tenant]]) -> Iterator[list[str]]:
    """For each override its plan and those of the tenants above it, nearest first."""
    by_tenant: defaultdict[str, list[Override]] = defaultdict(list)
    for row in overrides:
        by_tenant[row.tenant].append(row)
    for row in overrides:
        above = [name for name in _ancestors(row.tenant, tenants) if name in by_tenant]
        yield [row.plan, *(other.plan for name in above for other in by_tenant[name] if _together(row, other))]


def _together(one: Override, other: Override) -> bool:
    return one.valid_from < other.valid_to and other.valid_from < one.valid_to


def _ancestors(tenant: str, tenants: Mapping[object, list[Tenant]]) -> list[str]:
    """Every tenant that is ever above another, nearest first."""
    found: dict[str, None] = {}
    pending = [tenant]
    for name in pending:
        for row in tenants.get(name, []):
            if row.parent and row.parent != tenant and row.parent not in found:
                found[row.parent] = None
                pending.append(row.parent)
    return list(found)
