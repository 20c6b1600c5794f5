"""Random trees of tenants to depth 5, their contracts, and moves in the middle of the month."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.properties.random_worlds import pools
from tests.properties.random_worlds.pools import Draw, given, on, one, sometimes

Record = dict[str, Any]
OPERATOR = "op"


@dataclass
class Tree:
    """Who is in a subtree: every tenant but the operator, resellers first, and the contracts by which they buy."""

    tenants: list[Record] = field(default_factory=list)
    contracts: list[Record] = field(default_factory=list)
    resellers: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    parents: dict[str, set[str]] = field(default_factory=dict)

    def below(self, tenant: str, *, always: bool = False) -> list[str]:
        """A tenant and everyone who may ever stand below it, or who always does."""
        found = [tenant]
        for name, parents in self.parents.items():
            if parents <= {*found} if always else parents & {*found}:
                found.append(name)
        return found


def tree(draw: Draw) -> Tree:
    """Up to four resellers, mostly in one chain, and up to two customers anywhere."""
    grown = Tree()
    for number in range(draw(st.integers(0, 4))):
        above = [grown.resellers[-1]] if grown.resellers else [OPERATOR]
        parents = above if not sometimes(draw, 2) else [OPERATOR, *grown.resellers]
        _plant(draw, grown, f"@r{number + 1}", "reseller", parents)
    for number in range(draw(st.integers(1, 2))):
        parents = [grown.resellers[-1]] if grown.resellers and not sometimes(draw, 3) else [OPERATOR, *grown.resellers]
        _plant(draw, grown, f"@c{number + 1}", "customer", parents)
    return grown


def _plant(draw: Draw, grown: Tree, name: str, kind: str, parents: list[str]) -> None:
    """Add a tenant, sometimes with a move to another parent, and the contracts of each place."""
    home = one(draw, (None, "EUR", "USD", "JPY")) if on("currencies") else None
    base = given(tenant=name, name=name.strip("@"), kind=kind, home_currency=home)
    parent = one(draw, parents)
    others = [other for other in (OPERATOR, *grown.resellers) if other != parent]
    (grown.resellers if kind == "reseller" else grown.customers).append(name)
    if on("moves") and others and sometimes(draw, 3):
        day, later = one(draw, pools.PERIOD_DAYS), one(draw, others)
        grown.tenants += [base | {"parent": parent, "valid_to": day}, base | {"parent": later, "valid_from": day}]
        grown.parents[name] = {parent, later}
        _agree(draw, grown, parent, name, {"valid_to": day})
        _agree(draw, grown, later, name, {"valid_from": day})
    else:
        grown.tenants.append(base | {"parent": parent})
        grown.parents[name] = {parent}
        _agree(draw, grown, parent, name, {})


def _agree(draw: Draw, grown: Tree, seller: str, buyer: str, days: Record) -> None:
    """The contract of an edge; sometimes another follows it, sometimes it ends too early."""
    number = len(grown.contracts)
    terms = contract(draw, seller, buyer) | days
    inside = [day for day in pools.PERIOD_DAYS if day > days.get("valid_from", "") and day < days.get("valid_to", "9")]
    if on("contract_changes") and inside and sometimes(draw, 1):
        day = one(draw, inside)
        grown.contracts.append(terms | {"contract": f"@k{number}", "valid_to": day})
        if not sometimes(draw, 2):
            later = contract(draw, seller, buyer) | days
            grown.contracts.append(later | {"contract": f"@k{number}b", "valid_from": day})
    elif not (on("gaps") and sometimes(draw, 1) and sometimes(draw, 4)):
        grown.contracts.append(terms | {"contract": f"@k{number}"})


def contract(draw: Draw, seller: str, buyer: str) -> Record:
    """Terms of every kind."""
    family = "@op" if seller == OPERATOR else "@re"
    record: Record = {"seller": seller, "buyer": buyer, "currency": "EUR"}
    if on("currencies"):
        record["currency"] = one(draw, pools.CURRENCIES)
    record["plan"] = f"{family}-{one(draw, ('one', 'two', 'base'))}"
    if on("rounding"):
        record["rounding"] = one(draw, (None, "half_even", "down"))
    if on("taxes"):
        record["tax"] = one(draw, ("at_cost", None, "exclude"))
    if on("credits"):
        record["credits"] = one(draw, ("pass", "keep", "sla;promotional", "free_tier;sla;other"))
    if on("line_grain"):
        record["line_grain"] = one(draw, (None, None, "service", "account", "provider", "customer"))
    if on("provider_rates"):
        record["fx"] = one(draw, (None, "provider", "table"))
    if on("fx_markup"):
        record["fx_markup"] = one(draw, (None, "2", "0.333333"))
    if on("daily_moves"):
        record["move_proration"] = one(draw, ("daily", None, "whole"))
    return given(**record)
