"""What becomes of a row's money and what each edge charges for it.

The questions are asked in this order, and the first answer that takes the row out ends them:
the partner's own benefit -> the operator's own rows -> unknown owner -> an edge without contract ->
tax and credit policy of the whole path -> an edge without a rule -> billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, ZERO, sign
from pipelines.generator.truth_charges import ADJUSTMENT, CREDIT, PURCHASE, TAX, Charge, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_fx import Conversion
from pipelines.generator.truth_owners import chain, holder, owner
from pipelines.generator.truth_rules import BASES, Coefficients, at_cost, choose, part, price
from pipelines.generator.truth_terms import Card, Contract, Rule
from pipelines.generator.truth_tiers import GroupKey, Groups, group_key, measured_by, tiered

BILLED = "billed"
ABSORBED = "absorbed"
QUARANTINED = "quarantined"
EXCLUDED = "excluded"


class Step(NamedTuple):
    """One edge of a row's path: its contract, the rule there (None passes the seller's cost on), conversions."""

    contract: Contract
    rule: Rule | None
    card: Card | None
    into: Conversion
    group: GroupKey | None
    measure: Coefficients
    """What a row adds to its group."""


class EdgePrice(NamedTuple):
    """What one edge charges for a row: coefficients at the real rates and had all rates been the table's."""

    step: Step
    coefficients: Coefficients
    pinned: Coefficients
    listed: Coefficients


@dataclass
class Decision:
    """The fate of all rows with one key in one stretch of days."""

    disposition: str
    reason: str
    tenant: str | None = None
    steps: tuple[Step, ...] = ()
    priced: tuple[EdgePrice, ...] | None = None
    """The prices that all rows share, once they are known; where bounds compare rows there are none."""


def decide(config: Config, key: ChargeKey) -> Decision:
    """Owner, disposition and terms of a row."""
    if key.benefit_row:
        return Decision(ABSORBED, "partner benefit", owner(config, key)[0])
    if key.customer is None and key.sub_account is None:
        return Decision(ABSORBED, "no customer key", owner(config, key)[0])
    tenant, missing = owner(config, key)
    if tenant is None:
        return Decision(QUARANTINED, missing, holder(config, key))
    if tenant == config.operator:
        return Decision(ABSORBED, "operator usage")
    path = [config.contract(seller, buyer, key.day) for seller, buyer in config.path(tenant, key.day) or ()]
    contracts = [contract for contract in path if contract is not None]
    if not contracts or len(contracts) < len(path):
        return Decision(QUARANTINED, "no contract", tenant)
    if key.category == TAX and not all(contract.tax == "at_cost" for contract in contracts):
        return Decision(EXCLUDED, "provider tax", tenant)
    if key.category == CREDIT and not all(contract.passes(key.credit_kind) for contract in contracts):
        return Decision(ABSORBED, "credit kept by operator", tenant)
    steps = _steps(config, key, tenant, contracts)
    if steps is None:
        return Decision(QUARANTINED, "no price rule", tenant)
    return Decision(BILLED, "priced", tenant, steps)


def _steps(config: Config, key: ChargeKey, tenant: str, contracts: list[Contract]) -> tuple[Step, ...] | None:
    """The terms of every edge of the path, top down; None if a rule is missing on one."""
    steps: list[Step] = []
    above: str | None = None
    tenants = chain(config, key)
    for depth, contract in enumerate(contracts):
        into = Conversion(config.rates, contract, above, key)
        above = contract.currency
        if key.category in (TAX, CREDIT, ADJUSTMENT):
            steps.append(Step(contract, None, None, into._replace(kind="plain"), None, Coefficients()))
            continue
        # The tenants below this edge: the buyer and everyone down to the owner of the row.
        layers = config.plans.layers(contract, tenants[: len(tenants) - 1 - depth], key.day)
        rule = choose(layers.rules, key, key.day)
        if rule is None:
            return None
        card = config.plans.card(layers.card, key)
        if rule.tiers is None:
            steps.append(Step(contract, rule, card, into, None, Coefficients()))
        else:
            group = group_key(rule, contract, tenant, key, config.month.start)
            steps.append(Step(contract, rule, card, into, group, measured_by(rule.tiers, into, card)))
    return tuple(steps)


def priced(decision: Decision, charge: Charge, groups: Groups) -> tuple[EdgePrice, ...]:
    """What every edge of a row's path charges for it, top down."""
    if decision.priced is not None:
        return decision.priced
    real = pinned = BASES["cost"]
    edges: list[EdgePrice] = []
    for step in decision.steps:
        real, pinned = _next(step, charge, real, pinned, groups)
        public = part("list", ONE, Coefficients(), step.into, step.card)
        edges.append(EdgePrice(step, real, pinned, public))
    if not any(step.rule and (step.rule.floor or step.rule.cap) for step in decision.steps):
        decision.priced = tuple(edges)
    return tuple(edges)


def _next(
    step: Step, charge: Charge, real: Coefficients, pinned: Coefficients, groups: Groups
) -> tuple[Coefficients, Coefficients]:
    """One edge down, at the real rates and at the table's; the same choices hold for both."""
    rule, into, card = step.rule, step.into, step.card
    table = into._replace(kind="pinned")
    if rule is None:
        return at_cost(real, into), at_cost(pinned, table)
    if step.group is not None:
        group = groups.groups[step.group]
        return tiered(group, into, card), tiered(group, table, card)
    own = price(rule, real, into, card)
    side = sign(charge.quantity) or sign(charge.billed) or 1
    chosen = invoiced(charge, own) * side
    bound = None
    for name, beyond in ((rule.cap, 1), (rule.floor, -1)):
        if name is not None:
            limit = part(name, ONE, real, into, card)
            amount = invoiced(charge, limit) * side
            if sign(chosen - amount) == beyond:
                own, chosen, bound = limit, amount, name
    if bound is not None:
        return own, part(bound, ONE, pinned, table, card)
    return own, price(rule, pinned, table, card)


def invoiced(charge: Charge, take: Coefficients) -> Decimal:
    """The price of one row; a covered or unused row is invoiced 0, its commitment's purchase was invoiced."""
    if charge.key.status:
        return ZERO
    return _fixed(charge, take) + take.cost * (charge.billed + charge.benefit)


def amortized(charge: Charge, take: Coefficients) -> Decimal:
    """The price with the effective cost in place of every base of what a commitment covers, wastes or is."""
    spread = (take.listed + take.contracted + take.cost) * charge.effective
    if charge.key.status or (charge.key.commitment and charge.key.category == PURCHASE):
        return spread
    return _fixed(charge, take) + take.cost * (charge.effective + charge.benefit)


def measured(charge: Charge, take: Coefficients) -> Decimal:
    """What a row adds to its group."""
    return _fixed(charge, take) + take.cost * (charge.billed + charge.benefit)


def _fixed(charge: Charge, take: Coefficients) -> Decimal:
    return take.listed * charge.list_cost + take.contracted * charge.contracted + take.quantity * charge.quantity
