"""The tenant tree: one operator, one parent per tenant and day, no loops, no orphans."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

from pipelines.config.intervals import Interval, closed_gaps, grouped, overlaps, shown
from pipelines.config.models import Operator, Tenant
from pipelines.config.reading import Tables
from pipelines.errors import Problem

Rows = dict[Hashable, list[Tenant]]


def check_tree(tables: Tables, problems: list[Problem]) -> None:
    """Report what makes the tenants no tree on some day."""
    rows: Rows = grouped(tables.tenants.rows, lambda row: row.tenant)
    for group in rows.values():
        _check_one_tenant(group, problems)
    if tables.operator.rows:
        _check_operator(tables, rows, problems)
    elif not tables.operator.unread and not tables.operator.broken:
        problems.append(Problem("operator.yaml", "no operator is named", "write operator: <tenant id>"))
    for row in tables.tenants.rows:
        if row.parent is not None:
            _check_parent(row, tables, rows, problems)
    _check_spelling(rows, problems)
    if not tables.tenants.broken:
        _check_loops(rows, problems)


def _check_one_tenant(group: list[Tenant], problems: list[Problem]) -> None:
    first = group[0]
    for earlier, later in overlaps(group):
        if earlier.parent == later.parent:
            what = f"the dates of tenant {later.tenant} overlap with line {earlier.place.line}"
        else:
            what = f"tenant {later.tenant} has two parents on {later.valid_from}: {earlier.parent} and {later.parent}"
        remedy = f"end {earlier.place.file}:{earlier.place.line} with valid_to {later.valid_from}"
        problems.append(later.place.problem(what, remedy, "valid_from"))
    for row in group[1:]:
        for name in ("kind", "home_currency"):
            if getattr(row, name) != getattr(first, name):
                what = f"{name} of tenant {row.tenant} differs from line {first.place.line}"
                problems.append(row.place.problem(what, f"a tenant keeps its {name}: use a new tenant id", name))


def _check_spelling(rows: Rows, problems: list[Problem]) -> None:
    """Ids that differ only by case are one folder on some disks."""
    seen: dict[str, Tenant] = {}
    for group in rows.values():
        twin = seen.setdefault(group[0].tenant.lower(), group[0])
        if twin is not group[0]:
            what = f"tenant id {group[0].tenant} differs from {twin.tenant} only by case"
            problems.append(group[0].place.problem(what, "use one spelling, or another id", "tenant"))


def _check_operator(tables: Tables, rows: Rows, problems: list[Problem]) -> None:
    operator: Operator = tables.operator.rows[0]
    for extra in tables.operator.rows[1:]:
        problems.append(extra.place.problem("a second operator", "a configuration has exactly one"))
    group = rows.get(operator.operator, [])
    if not group and not tables.tenants.unread and operator.operator not in tables.tenants.broken:
        what = f"the operator {operator.operator} is not among the tenants"
        problems.append(operator.place.problem(what, "add it to the tenants with kind operator", "operator"))
    for row in group:
        if row.kind != "operator":
            what = f"{row.tenant} is the operator but of kind {row.kind}"
            problems.append(row.place.problem(what, "write kind operator", "kind"))
        if row.home_currency not in (None, operator.home_currency):
            what = f"home currency {row.home_currency}, but {operator.home_currency} in {operator.place.file}"
            problems.append(row.place.problem(what, "write the same currency, or leave it blank", "home_currency"))
    for row in tables.tenants.rows:
        if row.kind == "operator" and row.tenant != operator.operator:
            what = f"{row.tenant} is of kind operator, but {operator.operator} is the operator"
            problems.append(row.place.problem(what, "write kind reseller or customer", "kind"))


def _check_parent(row: Tenant, tables: Tables, rows: Rows, problems: list[Problem]) -> None:
    """The parent exists on every day of the row and may sell."""
    parents = rows.get(row.parent, [])
    if row.kind == "operator":
        problems.append(row.place.problem("the operator has a parent", "leave it blank", "parent"))
    if not parents or row.parent in tables.tenants.broken:
        return
    if parents[0].kind == "customer":
        what = f"{row.parent}, the parent of {row.tenant}, is a customer and sells to nobody"
        problems.append(row.place.problem(what, f"make {row.parent} a reseller or name another parent", "parent"))
    for gap in closed_gaps((row.valid_from, row.valid_to), parents):
        what = f"{row.tenant} is an orphan {shown(gap)}: {row.parent} does not exist then"
        problems.append(row.place.problem(what, "change the dates of one of them, or name another parent", "parent"))


def days_below(tenant: str, upper: str, rows: Mapping[Any, list[Tenant]], path: tuple[str, ...] = ()) -> list[Interval]:
    """The days, in order, on which a tenant is `upper` or below it; `path` is the way down to it."""
    if tenant == upper:
        return [(row.valid_from, row.valid_to) for row in rows.get(tenant, [])]
    found = []
    for row in rows.get(tenant, []):
        if row.parent and row.parent not in path:
            for since, until in days_below(row.parent, upper, rows, (*path, tenant)):
                start, end = max(since, row.valid_from), min(until, row.valid_to)
                if start < end:
                    found.append((start, end))
    return sorted(found)


def _check_loops(rows: Rows, problems: list[Problem]) -> None:
    seen: set[frozenset[str]] = set()
    for group in rows.values():
        for row in group:
            loop = _loop(row, row.valid_from, row.valid_to, [row.tenant], rows)
            if loop and frozenset(loop) not in seen:
                seen.add(frozenset(loop))
                what = f"tenant loop: {' -> '.join([*loop, row.tenant])}"
                problems.append(row.place.problem(what, "every path of parents ends at the operator", "parent"))


def _loop(row: Tenant, since: date, until: date, path: list[str], rows: Rows) -> list[str]:
    """The path that leads from its first tenant back to it on one and the same day, or nothing."""
    for upper in rows.get(row.parent, []) if row.parent else []:
        start, end = max(since, upper.valid_from), min(until, upper.valid_to)
        if start >= end:
            continue
        if upper.tenant == path[0]:
            return path
        if upper.tenant not in path:
            loop = _loop(upper, start, end, [*path, upper.tenant], rows)
            if loop:
                return loop
    return []
