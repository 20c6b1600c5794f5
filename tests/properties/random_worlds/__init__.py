"""Random worlds: small independent subtrees below one operator, so that many are billed at once and shrink to one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.oracle.worlds import PERIOD, World
from tests.properties.random_worlds import charges, commitments, plans, pools, terms, trees
from tests.properties.random_worlds.pools import Draw, given, on

Record = dict[str, Any]
OPERATOR = {"tenant": "op", "name": "Op", "kind": "operator", "parent": "", "home_currency": "EUR"}


@dataclass(frozen=True)
class Subtree:
    """One independent part of a world; every name of its own begins with @."""

    records: dict[str, list[Record]]
    plans: list[Record]
    rows: list[dict[str, str | None]]

    def text(self) -> str:
        """All of it; equal for equal subtrees."""
        return json.dumps([self.records, self.plans, self.rows])


@st.composite
def subtrees(draw: Draw) -> Subtree:
    """A tree with contracts, plans, accounts and one to eight charges."""
    grown = trees.tree(draw)
    agreed = commitments.agree(draw, grown)
    known, links = charges.accounts(draw, grown)
    bought = commitments.bought(draw, known)
    sellers = [("@op", "operator"), ("@re", "reseller")]
    drawn = [plan for prefix, seller in sellers for plan in draw(plans.plans(prefix, seller))]
    rows = [charges.row(draw, pools.one(draw, known), bought) for _ in range(draw(st.integers(1, 8)))]
    rows += commitments.shared(draw, known, bought)
    records = {"tenants": grown.tenants, "contracts": grown.contracts, "account_links": links}
    records["commitments"] = commitments.records(draw, grown, bought, agreed.get("commitment_pools", []))
    return Subtree(records | agreed | terms.terms(draw, grown), drawn, rows)


def operator_of(number: int) -> tuple[Record, list[Record]]:
    """The operator of a seed, with its own plan or without: what all subtrees of a build share."""
    record: Record = {"operator": "op", "home_currency": ("EUR", "USD")[number % 2]}
    if number % 2:
        rules = [("aws", "block", None), ("gcp", "warn", "2026-10-11"), ("gcp", "block", "2026-10-16")]
        record["commitment_sharing"] = [given(provider=p, severity=s, valid_from=day) for p, s, day in rules]
    if not on("operator_plan") or number % 3 == 0:
        return record, []
    rest = {"rule": "op-wide-rest", "action": "discount", "basis": "list", "percent": "2.5"}
    blob: Record = {"rule": "op-wide-blob", "match": {"service": "blob*", "tag": "Env=*any"}, "priority": "1"}
    blob |= {"action": "markup", "basis": "cost", "percent": "12", "cap": "list"}
    return record | {"plan": "op-wide"}, [{"plan": "op-wide", "rules": [blob, rest]}]


def assemble(parts: list[Subtree], number: int) -> World:
    """One world of all parts under the operator of a seed; @ becomes each part's own beginning."""
    operator, shared = operator_of(number)
    world = World(plans=shared, operator=operator)
    world.records["tenants"] = [OPERATOR | {"home_currency": operator["home_currency"]}]
    world.records["fx_rates"] = [
        {
            "billing_period": PERIOD,
            "from_currency": one,
            "to_currency": other,
            "rate": rate,
            "source": "ECB",
            "as_of": "2026-10-30",
        }
        for one, other, rate in pools.TABLE
    ]
    for number, part in enumerate(parts):
        own = Subtree(*json.loads(part.text().replace("@", f"w{number}-")))
        for name, records in own.records.items():
            world.records.setdefault(name, []).extend(records)
        world.plans += own.plans
        world.rows += own.rows
    world.records = {name: records for name, records in world.records.items() if records}
    return world
