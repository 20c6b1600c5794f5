"""The days of a billing period on which custom lines and balances are in force, and where their edge lies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from pipelines.config.custom import Balance, CustomLine
from pipelines.config.intervals import grouped
from pipelines.config.models import Config, Contract, Tenant
from pipelines.config.tree import days_below
from pipelines.period import BillingPeriod

Tree = dict[Any, list[Tenant]]


class Span(NamedTuple):
    """The days of a period on which a line or balance of a contract is in force, half-open."""

    contract: Contract
    start: date
    end: date
    days: int
    depth: int

    @property
    def edge(self) -> tuple[str, str, str, int]:
        return self.contract.contract, self.contract.seller, self.contract.buyer, self.depth


def is_below(tenant: str, top: str, since: date, until: date, rows: Tree) -> bool:
    """Whether `top` is the tenant itself or above it on some day of [since, until)."""
    return any(max(since, start) < min(until, end) for start, end in days_below(tenant, top, rows))


def lines_in_force(config: Config, period: BillingPeriod) -> list[tuple[CustomLine, Span]]:
    """The custom lines in force in the period."""
    in_force = _spans(config, period)
    found = []
    for row in config.custom_lines:
        since, until = (row.on, row.on + timedelta(days=1)) if row.on else (row.valid_from, row.valid_to)
        if span := in_force(row.contract, since, until):
            found.append((row, span))
    return found


def balances_in_force(config: Config, period: BillingPeriod) -> list[Balance]:
    """The balances that are drawn or measured in the period."""
    return [row for row, _ in balances_with_days(config, period)]


def balances_with_days(config: Config, period: BillingPeriod) -> list[tuple[Balance, Span]]:
    """The balances whose term holds the period."""
    in_force = _spans(config, period)
    found = []
    for row in config.balances:
        if span := in_force(row.contract, row.valid_from, row.valid_to):
            found.append((row, span))
    return found


def _spans(config: Config, period: BillingPeriod) -> Callable[[str, date, date], Span | None]:
    """A function from contract and dates to the days of the period on which the contract is in force then."""
    contracts = {row.contract: row for row in config.contracts}
    tree = tree_of(config)

    def find(name: str, since: date, until: date) -> Span | None:
        contract = contracts[name]
        parts = []
        for row in tree.get(contract.buyer, []):  # an open contract ends with its buyer
            start = max(since, contract.valid_from, period.start, row.valid_from)
            end = min(until, contract.valid_to, period.end, row.valid_to)
            if start < end and row.parent == contract.seller:
                parts.append((start, end))
        if not parts:
            return None
        days = sum((end - start).days for start, end in parts)
        last = parts[-1][1] - timedelta(days=1)
        return Span(contract, parts[0][0], parts[-1][1], days, _depth(contract.buyer, last, tree))

    return find


def tree_of(config: Config) -> Tree:
    """The records of each tenant in date order."""
    return dict(grouped(config.tenants, lambda row: row.tenant))


def _depth(tenant: str, day: date, tree: Tree) -> int:
    """The number of edges from the operator down to a tenant on a day."""
    depth, parent = 0, _parent(tenant, day, tree)
    while parent is not None:
        depth, parent = depth + 1, _parent(parent, day, tree)
    return depth


def _parent(tenant: str, day: date, tree: Tree) -> str | None:
    return next((row.parent for row in tree.get(tenant, []) if row.valid_from <= day < row.valid_to), None)
