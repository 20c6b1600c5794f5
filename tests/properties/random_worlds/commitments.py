"""Random commitments that several tenants use, what contracts and records say of them, and pools that share them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.random_worlds import charges, pools
from tests.properties.random_worlds.charges import Account, Bought, Row
from tests.properties.random_worlds.pools import Draw, given, on, one, sometimes
from tests.properties.random_worlds.trees import OPERATOR, Tree

Record = dict[str, Any]
POOL_DAYS: tuple[Record, ...] = ({}, {"valid_from": "2026-10-11"}, {"valid_to": "2026-10-16"})
RECORD_DAYS: tuple[Record, ...] = ({}, {}, {"valid_from": "2026-10-06"}, {"valid_to": "2026-10-16"})


def agree(draw: Draw, grown: Tree) -> dict[str, list[Record]]:
    """Give contracts their terms on commitments and benefits; returns the pools that they may name."""
    members = _pools(draw, grown) if on("commitment_pools") else []
    for contract in grown.contracts:
        if on("policies"):
            contract |= _policy(draw, "commitments", contract["seller"], members)
        if on("billing_basis"):
            contract |= given(billing_basis=one(draw, (None, "amortized", "as_invoiced")))
        if on("benefit_shares") and sometimes(draw, 5):
            shown = one(draw, ("price", "credit_line", None))
            contract |= given(partner_benefit_share=one(draw, pools.SHARES), partner_benefit_shown=shown)
    return {"commitment_pools": members} if members else {}


def _policy(draw: Draw, field: str, seller: str, members: list[Record]) -> Record:
    """A policy with what it needs; a pool only where its seller has one."""
    own = sorted({record["pool"] for record in members if record.get("seller", OPERATOR) == seller})
    policy = one(draw, [name for name in pools.POLICIES if name != "pooled" or own])
    if policy == "owner_only":
        return {field: policy, "benefit_to": one(draw, ("owner", "owner", "operator"))}
    return {field: policy} | ({"commitment_pool": one(draw, own)} if policy == "pooled" else {})


def _pools(draw: Draw, grown: Tree) -> list[Record]:
    """Up to two pools of each seller; the first member always takes part, others may come and go."""
    found: list[Record] = []
    for seller in (OPERATOR, *grown.resellers):
        always = [name for name in (*grown.resellers, *grown.customers) if name in grown.below(seller, always=True)]
        below = [name for name in always if name != seller]
        if seller == OPERATOR:
            below = [*grown.customers, *grown.resellers]
        for number in range(draw(st.integers(0, 2)) if below else 0):
            base = given(pool=f"@pool-{seller.strip('@')}-{number}", seller=None if seller == OPERATOR else seller)
            chosen = draw(st.lists(st.sampled_from(below), min_size=1, max_size=2, unique=True))
            days = [{}, one(draw, POOL_DAYS) if on("pool_dates") else {}]
            found += [base | {"tenant": name} | when for name, when in zip(chosen, days, strict=False)]
    return found


def bought(draw: Draw, known: list[Account]) -> list[Bought]:
    """One or two commitments of providers that the accounts are at."""
    if not on("commitments"):
        return []
    found = []
    for number in range(draw(st.integers(1, 2))):
        account = one(draw, known)
        owners = (account.id, account.id, account.id, account.customer, account.payer, "nobody", None)
        owner = one(draw, owners) if on("commitment_owners") else account.id
        found.append(Bought(account.provider, f"@Cmt-{number}", one(draw, pools.COMMITMENTS), owner))
    return found


def shared(draw: Draw, known: list[Account], items: list[Bought]) -> list[Row]:
    """Use of one commitment by several accounts, with what it cost and what was left of it."""
    if not items or not on("shared_commitments") or not sometimes(draw, 7):
        return []
    item = one(draw, items)
    there = [account for account in known if account.provider == item.provider]
    kinds = draw(st.lists(st.sampled_from(("used", "used", "used", "unused", "bought")), min_size=1, max_size=6))
    return [charges.row(draw, one(draw, there), [item], kind) for kind in kinds]


def records(draw: Draw, grown: Tree, items: list[Bought], members: list[Record]) -> list[Record]:
    """What sellers say of single commitments; at most one owner of each."""
    found: list[Record] = []
    if not on("commitment_records"):
        return found
    for item in items:
        owner = one(draw, [*grown.customers, *grown.resellers, OPERATOR])
        for seller in (OPERATOR, *grown.resellers):
            if not sometimes(draw, 2):
                continue
            written = one(draw, (item.id, item.id.upper(), item.id.lower()))
            base = given(commitment=written, provider=item.provider, seller=None if seller == OPERATOR else seller)
            base |= one(draw, RECORD_DAYS)
            said = _policy(draw, "policy", seller, members) if sometimes(draw, 7) else {}
            if not said or sometimes(draw, 3):
                said |= {"owner": owner}
            found.append(base | said)
    return found
