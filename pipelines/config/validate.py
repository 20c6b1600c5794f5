"""What makes a configuration wrong as a whole: references, dates, terms that cannot be billed.

Every check reports all it finds; none stops the others. References into a file that could not be read
are not called unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from pipelines.config.fields import OPEN_END, OPEN_START, Table
from pipelines.config.files import nearest
from pipelines.config.intervals import Dated, Row, closed_gaps, gaps, grouped, overlaps, shown
from pipelines.config.models import Config, Contract, Plan, Rule, Tenant
from pipelines.config.reading import Tables
from pipelines.config.tree import check_tree
from pipelines.errors import Problem
from pipelines.period import BillingPeriod


def validate(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem between the records of a directory."""
    check_tree(tables, problems)
    _check_references(tables, problems)
    _check_links(tables, problems)
    _check_plans(tables, problems)
    _check_contracts(tables, problems)
    _check_rates(tables, problems)


def known(table: Table[Any], name: str) -> Collection[str] | None:
    """Every id of a table, broken records included; None when a part of it could not be read."""
    return None if table.unread else {getattr(row, name) for row in table.rows} | table.broken


def _check_references(tables: Tables, problems: list[Problem]) -> None:
    tenants = known(tables.tenants, "tenant")
    plans = known(tables.plans, "plan")
    references: tuple[tuple[Iterable[Any], tuple[str, ...], Collection[str] | None], ...] = (
        (tables.tenants.rows, ("parent",), tenants),
        (tables.account_links.rows, ("tenant",), tenants),
        (tables.contracts.rows, ("seller", "buyer"), tenants),
        (tables.contracts.rows, ("plan",), plans),
        (tables.plans.rows, ("extends",), plans),
    )
    for rows, names, ids in references:
        for row in rows if ids is not None else ():
            for name in names:
                target = getattr(row, name)
                if target is not None and target not in (ids or ()):
                    what = f"unknown {name} {target!r}{nearest(target, ids or (), problems)}"
                    problems.append(row.place.problem(what, "correct the id, or add the record it names", name))
    for row in tables.tenants.rows:
        if row.parent is None and row.kind != "operator":
            what = f"{row.kind} {row.tenant} has no parent"
            problems.append(row.place.problem(what, "name the operator or reseller it buys from", "parent"))


def _unique(rows: Sequence[Row], name: str, problems: list[Problem]) -> None:
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(getattr(row, name), row)
        if other is not row:
            what = f"{name} {getattr(row, name)} stands twice, first in {other.place.file}:{other.place.line}"
            problems.append(row.place.problem(what, "give one of them another id", name))


def _no_overlaps(rows: Iterable[Row], key: Callable[[Row], str], what: str, problems: list[Problem]) -> None:
    for name, group in grouped(rows, key).items():
        for earlier, later in overlaps(group):
            place = f"{earlier.place.file}:{earlier.place.line}"
            remedy = f"end {place} with valid_to {later.valid_from}, or remove one of the two"
            problems.append(later.place.problem(f"{what} {name} overlaps with {place}", remedy, "valid_from"))


def _check_links(tables: Tables, problems: list[Problem]) -> None:
    links = tables.account_links.rows
    _no_overlaps(links, lambda row: f"{row.provider} {row.scope} {row.scope_id}", "the link of", problems)
    tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
    for row in links:
        if row.scope == "resource_group" and not all(row.scope_id.partition("/")):
            what = f"{row.scope_id!r} names no resource group"
            problems.append(row.place.problem(what, "write <sub_account>/<resource group>", "scope_id"))
        if row.covers == "own" and row.scope != "billing_account":
            what = f"covers own has no meaning on a {row.scope}"
            problems.append(row.place.problem(what, "leave it blank, or write all", "covers"))
        tenant = [] if row.tenant in tables.tenants.broken else tenants.get(row.tenant, [])
        for gap in closed_gaps((row.valid_from, row.valid_to), tenant) if tenant else []:
            what = f"{row.tenant} does not exist {shown(gap)}"
            problems.append(row.place.problem(what, "change the dates of the link or of the tenant", "tenant"))


def _check_plans(tables: Tables, problems: list[Problem]) -> None:
    plans = {plan.plan: plan for plan in tables.plans.rows}
    first: dict[str, Plan] = {}
    looped: set[frozenset[str]] = set()
    for plan in tables.plans.rows:
        other = first.setdefault(plan.plan, plan)
        if other is not plan:
            what = f"plan {plan.plan} stands twice, first in {other.place.file}:{other.place.line}"
            problems.append(plan.place.problem(what, "give one of them another id", "plan"))
        _no_ties(plan, problems)
        chain = plan_chain(plan, plans)
        if chain[-1].extends == plan.plan and frozenset(link.plan for link in chain) not in looped:
            looped.add(frozenset(link.plan for link in chain))
            what = f"rule loop: {' extends '.join([*(link.plan for link in chain), plan.plan])}"
            problems.append(plan.place.problem(what, "remove one of these extends", "extends"))
        _no_shared_ids(chain, problems)


def plan_chain(plan: Plan, plans: dict[str, Plan]) -> list[Plan]:
    """A plan and those it extends, nearest first; ends before it would repeat one."""
    chain = [plan]
    while (upper := plans.get(chain[-1].extends or "")) is not None and upper not in chain:
        chain.append(upper)
    return chain


def _no_shared_ids(chain: list[Plan], problems: list[Problem]) -> None:
    """Rule ids are unique in a plan and among the plans it extends, so that an id explains a price."""
    inherited = {rule.rule: rule for plan in chain[1:] for rule in plan.rules}
    _unique(chain[0].rules, "rule", problems)
    for rule in chain[0].rules:
        if other := inherited.get(rule.rule):
            what = f"rule {rule.rule} is also in an extended plan, {other.place.file}:{other.place.line}"
            problems.append(rule.place.problem(what, "give one of them another id", "rule"))


def _no_ties(plan: Plan, problems: list[Problem]) -> None:
    for group in grouped(plan.rules, lambda rule: (rule.priority, rule.match.values)).values():
        for earlier, later in overlaps(group):
            what = f"rules {earlier.rule} and {later.rule} match the same on the same days, at one priority"
            remedy = "give one a higher priority, other dates or another match"
            problems.append(later.place.problem(what, remedy, "priority"))


def _check_contracts(tables: Tables, problems: list[Problem]) -> None:
    contracts = tables.contracts.rows
    _unique(contracts, "contract", problems)
    _no_overlaps(contracts, lambda row: f"between {row.seller} and {row.buyer}", "the contract", problems)
    tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
    plans = {plan.plan: plan for plan in tables.plans.rows}
    costly = {name: _cost_rule(plan, plans) for name, plan in plans.items()}
    operator = tables.operator.rows[0].operator if tables.operator.rows else None
    for row in contracts:
        if row.buyer in tenants and row.buyer not in tables.tenants.broken:
            _check_edge(row, tenants[row.buyer], problems)
        rule = costly.get(row.plan)
        if rule is not None and operator is not None and row.seller != operator:
            what = f"{row.seller} does not see provider cost, but {row.plan} has rule {rule.rule} on basis cost"
            remedy = f"use another basis in {rule.place.file}:{rule.place.line}, or another plan"
            problems.append(row.place.problem(what, remedy, "plan"))


def _cost_rule(plan: Plan, plans: dict[str, Plan]) -> Rule | None:
    rules = (rule for link in plan_chain(plan, plans) for rule in link.rules)
    return next((rule for rule in rules if rule.basis == "cost"), None)


def _check_edge(row: Contract, buyer: list[Tenant], problems: list[Problem]) -> None:
    """On every day of a contract its seller is the buyer's parent; open ends last as long as the buyer."""
    edges = [tenant for tenant in buyer if tenant.parent == row.seller]
    for since, until in gaps((row.valid_from, row.valid_to), edges):
        parents = [other for other in buyer if other.valid_from < until and since < other.valid_to]
        if parents:
            first = max(since, parents[0].valid_from)
            what = f"{row.seller} is not the parent of {row.buyer} on {first}: {parents[0].parent or 'nobody'} is"
            remedy = "name the buyer's parent as seller"
            if edges:
                late = since > edges[0].valid_from
                remedy = f"end it with valid_to {first}" if late else f"start it with valid_from {edges[0].valid_from}"
            problems.append(row.place.problem(what, remedy, "seller"))
        elif (since, until) == (row.valid_from, row.valid_to) or (since != OPEN_START and until != OPEN_END):
            what = f"{row.buyer} does not exist {shown((since, until))}"
            problems.append(row.place.problem(what, "change the dates of the contract or of the buyer", "buyer"))


def _check_rates(tables: Tables, problems: list[Problem]) -> None:
    first: dict[tuple[Any, ...], Any] = {}
    for row in tables.fx_rates.rows:
        pair = f"{row.from_currency} to {row.to_currency}"
        if row.from_currency == row.to_currency:
            problems.append(row.place.problem(f"a rate from {pair}", "remove it: it is always 1", "to_currency"))
        other = first.setdefault((row.billing_period, row.from_currency, row.to_currency), row)
        if other is not row:
            what = f"{pair} in {row.billing_period} stands twice, first in {other.place.file}:{other.place.line}"
            problems.append(row.place.problem(what, "keep one of them", "rate"))


def warnings(config: Config, period: BillingPeriod) -> list[Problem]:
    """What will hold bills of a period though the configuration is valid: days without a contract."""
    contracts = grouped(config.contracts, lambda row: (row.seller, row.buyer))
    found = []
    for row in config.tenants:
        since, until = max(row.valid_from, period.start), min(row.valid_to, period.end)
        if row.parent is None or since >= until:
            continue
        terms: list[Dated] = list(contracts.get((row.parent, row.tenant), []))
        for gap in gaps((since, until), terms):
            what = f"{row.tenant} buys from {row.parent} without a contract {shown(gap)}"
            found.append(row.place.problem(what, "add a contract; its charges are held until then", "tenant"))
    return found
