"""Who owns a row, what becomes of its money and what each edge charges for it.

The questions are asked in this order, and the first answer that takes the row out ends them:
the partner's own benefit -> the operator's own rows -> unknown owner -> an edge without contract ->
tax and credit policy of the whole path -> an edge without a rule -> billed.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pipelines.generator.truth_charges import ADJUSTMENT, CREDIT, TAX, ChargeKey
from pipelines.generator.truth_config import Config, Contract
from pipelines.generator.truth_rules import BASES, Coefficients, Conversion, at_cost, choose, price

BILLED = "billed"
ABSORBED = "absorbed"
QUARANTINED = "quarantined"
EXCLUDED = "excluded"


class EdgePrice(NamedTuple):
    """What one edge charges for a row: its contract and the coefficients of the bases."""

    contract: Contract
    coefficients: Coefficients


class Decision(NamedTuple):
    """The fate of all rows with one key in one stretch of days."""

    disposition: str
    reason: str
    tenant: str | None = None
    edges: tuple[EdgePrice, ...] = ()


def decide(config: Config, key: ChargeKey) -> Decision:
    """Owner, disposition and prices of a row."""
    if key.benefit_row:
        return Decision(ABSORBED, "partner benefit")
    if key.customer is None and key.sub_account is None:
        return Decision(ABSORBED, "no customer key")
    tenant = owner(config, key)
    if tenant is None:
        return Decision(QUARANTINED, "unlinked account", holder(config, key))
    if tenant == config.operator:
        return Decision(ABSORBED, "operator usage")
    path = [config.contract(seller, buyer, key.day) for seller, buyer in config.path(tenant, key.day) or ()]
    contracts = [contract for contract in path if contract is not None]
    if not contracts or len(contracts) < len(path):
        return Decision(QUARANTINED, "no contract", tenant)
    if key.category == TAX and not all(contract.tax == "at_cost" for contract in contracts):
        return Decision(EXCLUDED, "provider tax", tenant)
    if key.category == CREDIT and not all(contract.credits == "pass" for contract in contracts):
        return Decision(ABSORBED, "credit kept by operator", tenant)
    edges = _chain(config, key, contracts)
    if edges is None:
        return Decision(QUARANTINED, "no price rule", tenant)
    return Decision(BILLED, "priced", tenant, edges)


def _scopes(key: ChargeKey) -> tuple[tuple[str, str | None, bool], ...]:
    """Scopes of a row, most specific first: kind, id, and whether the row has a narrower key than that."""
    grouped = key.sub_account is not None and key.resource_group is not None
    own_account = key.sub_account is None or key.sub_account.lower() == key.account.lower()
    return (
        ("resource_group", f"{key.sub_account}/{key.resource_group}" if grouped else None, False),
        ("sub_account", key.sub_account, key.resource_group is not None),
        ("customer", key.customer, key.sub_account is not None),
        ("billing_account", key.account, key.customer is not None or not own_account),
    )


def owner(config: Config, key: ChargeKey) -> str | None:
    """The tenant linked to a row on its day, by its most specific linked scope."""
    for scope, scope_id, narrower in _scopes(key):
        link = config.link(key.provider, scope, scope_id, key.day) if scope_id else None
        if link is not None and not (link.own_only and narrower):
            return link.tenant
    return None


def holder(config: Config, key: ChargeKey) -> str | None:
    """Whom an unlinked row holds: the tenant of the nearest linked scope around it, whatever it covers."""
    for scope, scope_id, _ in _scopes(key):
        link = config.link(key.provider, scope, scope_id, key.day) if scope_id else None
        if link is not None:
            return None if link.tenant == config.operator else link.tenant
    return None


def held_edges(config: Config, tenant: str | None, day: date) -> list[tuple[str, str]]:
    """Every edge from the operator down to a held tenant."""
    return (config.path(tenant, day) or []) if tenant else []


def _chain(config: Config, key: ChargeKey, contracts: list[Contract]) -> tuple[EdgePrice, ...] | None:
    """The price on every edge of the path, top down; None if a rule is missing on one."""
    parent, above = BASES["cost"], key.currency
    edges: list[EdgePrice] = []
    for contract in contracts:
        into = Conversion(config, above, key.currency, contract.currency)
        if key.category in (TAX, CREDIT, ADJUSTMENT):
            parent = at_cost(parent, into)
        else:
            rule = choose(config.rules(contract.plan), key, key.day)
            if rule is None:
                return None
            parent = price(rule, parent, into)
        edges.append(EdgePrice(contract, parent))
        above = contract.currency
    return tuple(edges)
