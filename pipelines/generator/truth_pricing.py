"""What each edge charges for a row.

Every price is a sum of bases times coefficients. Which amounts of the row are the bases depends on how an edge bills
it: by what the provider charged, by what its commitment cost, from a pool, or as if there were no commitment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, ZERO, r12, sign
from pipelines.generator.truth_charges import PURCHASE, Charge
from pipelines.generator.truth_commitments import part_of
from pipelines.generator.truth_decisions import Decision, EdgePrice, Step
from pipelines.generator.truth_rules import BASES, Coefficients, at_cost, part, price
from pipelines.generator.truth_states import COVERED, ON_DEMAND, POOLED, Place
from pipelines.generator.truth_tiers import Groups, tiered


class Prices(NamedTuple):
    """What the coefficients of an edge make of one row."""

    invoiced: Decimal
    amortized: Decimal


def priced(decision: Decision, charge: Charge, groups: Groups) -> tuple[EdgePrice, ...]:
    """What every edge of a row's path charges for it, top down."""
    if decision.priced is not None:
        return decision.priced
    own = list(_chain(decision.steps, charge, groups, is_demand=False))
    demand = list(_chain(decision.demand, charge, groups, is_demand=True))
    edges: list[EdgePrice] = []
    for number, (step, place, passed) in enumerate(decision.billing):
        real, pinned = (demand if place is not None and place.state == ON_DEMAND else own)[number]
        public = part("list", ONE, Coefficients(), step.into, step.card)
        edges.append(EdgePrice(step, real, pinned, public, place, passed))
    if not any(step.rule and (step.rule.floor or step.rule.cap) for step in (*decision.steps, *decision.demand)):
        decision.priced = tuple(edges)
    return tuple(edges)


def prices(charge: Charge, edge: EdgePrice, take: Coefficients) -> Prices:
    """The price of one row on an edge by these coefficients, without the benefit that is passed on in it."""
    place = edge.place
    if place is not None and place.state == POOLED:
        pooled = r12((take.listed + take.contracted + take.cost) * place.rate) * charge.list_cost
        return Prices(pooled, pooled)
    if place is not None and place.state == ON_DEMAND:
        demanded = _on_demand(charge, take)
        return Prices(demanded, demanded)
    amortized = _amortized(charge, take)
    is_spread = place is not None and edge.step.contract.spread
    return Prices(amortized if is_spread else _invoiced(charge, take), amortized)


def folded(charge: Charge, edge: EdgePrice) -> Prices:
    """What of the row's benefit is in its prices; a commitment's own price over time keeps it."""
    if not edge.passed.in_price or not shares(charge, edge):
        return Prices(ZERO, ZERO)
    amount = edge.passed.part * charge.benefit
    return Prices(amount, amount if edge.place is None else ZERO)


def credited(charge: Charge, edge: EdgePrice) -> Decimal:
    """The part of the row's benefit, per unit, that a line of its own passes on."""
    return ZERO if edge.passed.in_price or not shares(charge, edge) else edge.passed.part


def shares(charge: Charge, edge: EdgePrice) -> bool:
    """Whether a benefit goes on with the row: with what is bought at its price, not with what a commitment covers."""
    if edge.place is None:
        return not charge.key.status
    is_bought = part_of(charge.key) == PURCHASE and edge.place.state == COVERED
    return is_bought and not edge.step.contract.spread


def measured(charge: Charge, take: Coefficients, place: Place | None) -> Decimal:
    """What a row adds to its group."""
    if place is not None and place.state == ON_DEMAND:
        return _on_demand(charge, take)
    return _fixed(charge, take) + take.cost * (charge.billed + charge.benefit)


def listed(charge: Charge, take: Coefficients) -> Decimal:
    """The public price of one row."""
    return _fixed(charge, take)


def _chain(
    steps: Sequence[Step], charge: Charge, groups: Groups, *, is_demand: bool
) -> Iterator[tuple[Coefficients, Coefficients]]:
    """The coefficients of every edge, at the real rates and at the table's; the same choices hold for both."""
    real = pinned = BASES["cost"]
    for step in steps:
        rule, into, card = step.rule, step.into, step.card
        table = into._replace(kind="pinned")
        if rule is None:
            real, pinned = at_cost(real, into), at_cost(pinned, table)
        elif step.group is not None:
            group = groups.groups[step.group]
            real, pinned = tiered(group, into, card), tiered(group, table, card)
        else:
            real, pinned = _bounded(step, charge, real, pinned, is_demand=is_demand)
        yield real, pinned


def _bounded(
    step: Step, charge: Charge, real: Coefficients, pinned: Coefficients, *, is_demand: bool
) -> tuple[Coefficients, Coefficients]:
    """One edge down by its rule, or by the bound that the row meets."""
    rule, into, card = step.rule, step.into, step.card
    if rule is None:
        raise ValueError("no rule")
    table = into._replace(kind="pinned")
    own = price(rule, real, into, card)
    side = sign(charge.quantity) or sign(charge.billed) or 1
    chosen = _compared(charge, own, is_demand=is_demand) * side
    bound = None
    for name, beyond in ((rule.cap, 1), (rule.floor, -1)):
        if name is not None:
            limit = part(name, ONE, real, into, card)
            amount = _compared(charge, limit, is_demand=is_demand) * side
            if sign(chosen - amount) == beyond:
                own, chosen, bound = limit, amount, name
    if bound is not None:
        return own, part(bound, ONE, pinned, table, card)
    return own, price(rule, pinned, table, card)


def _compared(charge: Charge, take: Coefficients, *, is_demand: bool) -> Decimal:
    """The price by which floors and caps compare a row."""
    if is_demand:
        return _on_demand(charge, take)
    return _amortized(charge, take) if charge.key.status else _invoiced(charge, take)


def _on_demand(charge: Charge, take: Coefficients) -> Decimal:
    """Had no commitment covered the row, the seller had paid its contracted price."""
    return _fixed(charge, take) + take.cost * charge.contracted


def _invoiced(charge: Charge, take: Coefficients) -> Decimal:
    """A covered or unused row is invoiced 0, its commitment's purchase was invoiced."""
    if charge.key.status:
        return ZERO
    return _fixed(charge, take) + take.cost * (charge.billed + charge.benefit)


def _amortized(charge: Charge, take: Coefficients) -> Decimal:
    """The effective cost stands in place of every base of what a commitment covers, wastes or is."""
    if charge.key.status or (charge.key.commitment and charge.key.category == PURCHASE):
        return (take.listed + take.contracted + take.cost) * charge.effective
    return _fixed(charge, take) + take.cost * (charge.effective + charge.benefit)


def _fixed(charge: Charge, take: Coefficients) -> Decimal:
    return take.listed * charge.list_cost + take.contracted * charge.contracted + take.quantity * charge.quantity
