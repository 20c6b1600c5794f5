"""Overrides and the tree: the tenant of an override buys through its contract, directly or further down."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import NamedTuple

from pipelines.config.intervals import closed_gaps, grouped, shown
from pipelines.config.models import Tenant
from pipelines.config.reading import Tables
from pipelines.config.records import Place
from pipelines.config.tree import days_below
from pipelines.errors import Problem

Rows = Mapping[Hashable, list[Tenant]]


class Span(NamedTuple):
    """Days on which something holds; `place` is where that is said."""

    place: Place
    valid_from: date
    valid_to: date


def check_reach(tables: Tables, problems: list[Problem]) -> None:
    """Refuse an override on days without its contract, or on which its tenant is not below the buyer."""
    tenants: Rows = grouped(tables.tenants.rows, lambda row: row.tenant)
    contracts = {row.contract: row for row in tables.contracts.rows}
    for row in tables.overrides.rows:
        contract = contracts.get(row.contract)
        if contract is None or row.tenant not in tenants or tables.tenants.broken or tables.tenants.unread:
            continue
        wanted = (row.valid_from, row.valid_to)
        for gap in closed_gaps(wanted, [contract]):
            what = f"contract {row.contract} does not hold {shown(gap)}"
            problems.append(row.place.problem(what, "change the dates of the override or of the contract", "contract"))
        spans = [Span(row.place, *days) for days in days_below(row.tenant, contract.buyer, tenants)]
        for gap in closed_gaps(wanted, spans):
            what = f"{row.tenant} does not buy through {contract.buyer}, the buyer of {row.contract}, {shown(gap)}"
            remedy = "name the buyer or a tenant below it, or change the dates"
            problems.append(row.place.problem(what, remedy, "tenant"))
