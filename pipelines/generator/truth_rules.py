"""Which rule prices a row on an edge, and the coefficients that the chain of edges makes of it.

A price is `listed x List + contracted x Contracted + cost x Cost + quantity x PricingQuantity`. Going
down the chain each coefficient is R12(R12(previous x factor) x rate): previous is the seller's own
coefficient (basis parent) or 1 on the provider's base (any other basis). A list price of the operator's
own rate card is so much per unit of quantity.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, r12
from pipelines.generator.truth_charges import PURCHASE, ChargeKey, bought_ahead
from pipelines.generator.truth_fx import HUNDRED, Conversion
from pipelines.generator.truth_tags import tags
from pipelines.generator.truth_terms import Card, Rule

# Of two rules with equally many fields, the one whose own field stands first here is nearer to the charge.
PRECISION = (
    "sku_price",
    "sku",
    "tag",
    "sub_account",
    "commitment",
    "publisher",
    "invoice_type",
    "service",
    "region",
    "pricing_unit",
    "service_category",
    "charge_category",
    "provider",
)


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
PER_UNIT = Coefficients(quantity=ONE)


def choose(rules: Iterable[tuple[int, Rule]], key: ChargeKey, day: date) -> Rule | None:
    """The rule for a row, of rules with the number of their layer."""
    profile = _profile(key)
    fitting = ((_rank(rule, layer), rule) for layer, rule in rules if rule.span.covers(day))
    return min((item for item in fitting if _fits(item[1], profile, key)), default=(None, None))[1]


def _rank(rule: Rule, layer: int) -> tuple[object, ...]:
    """Lower is nearer: priority, fields, precision, exact values, beginnings, layer, place in the plan."""
    patterns = rule.match.values()
    exact = sum(wanted.kind == "exact" for wanted in patterns)
    beginnings = sum(len(wanted.text) for wanted in patterns if wanted.kind == "prefix")
    precision = tuple(name not in rule.match for name in PRECISION)
    return (-rule.priority, -len(rule.match), precision, -exact, -beginnings, layer, rule.order)


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
        "invoice_type": key.invoice_type,
        "pricing_unit": key.pricing_unit,
    }


def _fits(rule: Rule, profile: dict[str, str | None], key: ChargeKey) -> bool:
    if rule.action in ("unit_price", "tiers") and bought_ahead(key):
        return False
    carried = tags(key.tags) if rule.tag else {}
    return all(
        wanted.fits(carried.get(rule.tag or "") if name == "tag" else profile[name])
        for name, wanted in rule.match.items()
    )


def at_cost(parent: Coefficients, into: Conversion) -> Coefficients:
    """The seller's cost handed on unchanged but for the currency."""
    return parent.times(ONE, into.from_parent())


def price(rule: Rule, parent: Coefficients, into: Conversion, card: Card | None) -> Coefficients:
    """One step down the chain. Raises ValueError for an action or basis this oracle does not know."""
    share = WIDE.divide(rule.percent, HUNDRED)
    match rule.action:
        case "discount":
            return part(rule.basis, ONE - share, parent, into, card)
        case "markup":
            return part(rule.basis, ONE + share, parent, into, card)
        case "margin":
            return part(rule.basis, WIDE.divide(ONE, ONE - share), parent, into, card)
        case "uplift" if rule.basis == "parent":
            return part(rule.basis, ONE + share, parent, into, card)
        case "uplift":
            return at_cost(parent, into).plus(part(rule.basis, share, parent, into, card))
        case "pass_through":
            return at_cost(parent, into)
        case "free":
            return Coefficients()
        case "unit_price" if rule.currency:
            return PER_UNIT.times(r12(rule.price), into.of(rule.currency))
    raise ValueError(f"rule {rule.id}: unknown action {rule.action!r} or no currency")


def part(basis: str | None, factor: Decimal, parent: Coefficients, into: Conversion, card: Card | None) -> Coefficients:
    """A factor of one basis, in the edge's currency."""
    if basis == "parent":
        return parent.times(r12(factor), into.from_parent())
    if basis == "list" and card is not None:
        return PER_UNIT.times(r12(factor) * card.price, into.of(card.currency))
    if basis not in BASES:
        raise ValueError(f"unknown basis {basis!r}")
    return BASES[basis].times(r12(factor), into.from_provider())
