"""Which rule prices a row on an edge, and the coefficients that the chain of edges makes of it.

A price is `listed x List + contracted x Contracted + cost x Cost + quantity x PricingQuantity`. Going
down the chain each coefficient is R12(R12(previous x factor) x rate): previous is the seller's own
coefficient (basis parent) or 1 on the provider's base (any other basis).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, r12
from pipelines.generator.truth_charges import PURCHASE, ChargeKey
from pipelines.generator.truth_config import Config, Rule

ANY_PUBLISHER = "*any"
HUNDRED = Decimal(100)


class Coefficients(NamedTuple):
    """What an edge's price takes of each provider-side base, in the edge's currency."""

    listed: Decimal = ZERO
    contracted: Decimal = ZERO
    cost: Decimal = ZERO
    quantity: Decimal = ZERO

    def times(self, factor: Decimal, rate: Decimal) -> Coefficients:
        return Coefficients(*(r12(r12(part * factor) * rate) for part in self))

    def plus(self, other: Coefficients) -> Coefficients:
        return Coefficients(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


BASES = {
    "list": Coefficients(listed=ONE),
    "contracted": Coefficients(contracted=ONE),
    "cost": Coefficients(cost=ONE),
}


class Conversion(NamedTuple):
    """The two conversions of one edge; each is looked up only where a price needs it."""

    config: Config
    above: str
    """Currency of the seller's buy side: the edge above, or the provider's invoice for the operator."""
    provider: str
    edge: str

    def from_parent(self) -> Decimal:
        return self.config.rate(self.above, self.edge)

    def from_provider(self) -> Decimal:
        return self.config.rate(self.provider, self.edge)


def choose(rules: list[Rule], key: ChargeKey, day: date) -> Rule | None:
    """The rule for a row: highest priority, then most matched fields, then first in the plan."""
    profile = _profile(key)
    fitting = [rule for rule in rules if rule.span.covers(day) and _fits(rule, profile, key)]
    return min(fitting, key=lambda rule: (-rule.priority, -len(rule.match), rule.order), default=None)


def _profile(key: ChargeKey) -> dict[str, str | None]:
    """What rules see: a covered or unused row is seen as the purchase it belongs to."""
    return {
        "provider": key.provider,
        "service_category": key.service_category,
        "service": key.service,
        "sku": key.sku,
        "sku_price": key.sku_price,
        "region": key.region,
        "charge_category": PURCHASE if key.status else key.category,
        "publisher": key.publisher,
        "commitment": key.commitment,
        "sub_account": key.sub_account,
    }


def _fits(rule: Rule, profile: dict[str, str | None], key: ChargeKey) -> bool:
    if rule.action == "unit_price" and key.commitment:
        return False
    for name, wanted in rule.match.items():
        value = profile[name]
        if value is None or (value.lower() != wanted and not (name == "publisher" and wanted == ANY_PUBLISHER)):
            return False
    return True


def at_cost(parent: Coefficients, into: Conversion) -> Coefficients:
    """The seller's cost handed on unchanged but for the currency."""
    return parent.times(ONE, into.from_parent())


def price(rule: Rule, parent: Coefficients, into: Conversion) -> Coefficients:
    """One step down the chain. Raises ValueError for an action or basis this oracle does not know."""
    share = WIDE.divide(rule.percent, HUNDRED)
    match rule.action:
        case "discount":
            return _part(rule.basis, ONE - share, parent, into)
        case "markup":
            return _part(rule.basis, ONE + share, parent, into)
        case "margin":
            return _part(rule.basis, WIDE.divide(ONE, ONE - share), parent, into)
        case "uplift" if rule.basis == "parent":
            return _part(rule.basis, ONE + share, parent, into)
        case "uplift":
            return at_cost(parent, into).plus(_part(rule.basis, share, parent, into))
        case "pass_through":
            return at_cost(parent, into)
        case "free":
            return Coefficients()
        case "unit_price" if rule.currency:
            return Coefficients(quantity=ONE).times(r12(rule.price), into.config.rate(rule.currency, into.edge))
    raise ValueError(f"rule {rule.id}: unknown action {rule.action!r} or no currency")


def _part(basis: str | None, factor: Decimal, parent: Coefficients, into: Conversion) -> Coefficients:
    if basis == "parent":
        return parent.times(r12(factor), into.from_parent())
    if basis not in BASES:
        raise ValueError(f"unknown basis {basis!r}")
    return BASES[basis].times(r12(factor), into.from_provider())
