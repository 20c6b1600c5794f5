"""Tiers: what accrues to a group in a month, the price that makes, and each line's share of it.

A graduated group is priced as a whole, P; its rows carry the average price of a unit, and each line gets
what its share of P differs from the sum of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, divided, r12, share_money
from pipelines.generator.truth_charges import ChargeKey
from pipelines.generator.truth_fx import HUNDRED, Conversion
from pipelines.generator.truth_model import LineKey
from pipelines.generator.truth_rules import PER_UNIT, Coefficients, part
from pipelines.generator.truth_terms import Card, Contract, Rule, TierSet

FineLine = tuple[str, ...]


class GroupKey(NamedTuple):
    """What accrues together; charges dated before the month accrue by themselves."""

    contract: str
    rule: str
    version: date
    scope: tuple[str | None, ...]
    earlier: bool


@dataclass
class Placed:
    """One finest line of a group: its measure, what its rows cost, and the invoice line it goes to."""

    line: LineKey
    measure: Decimal = ZERO
    priced: Decimal = ZERO


@dataclass
class Group:
    """A group, in its contract's currency. `bounds` and `values` follow the tiers."""

    tiers: TierSet
    bounds: list[tuple[Decimal, Decimal | None]]
    values: list[Decimal]
    pinned: list[Decimal]
    total: Decimal = ZERO
    offset: Decimal = ZERO
    edges: set[tuple[str, str]] = field(default_factory=set)
    lines: dict[FineLine, Placed] = field(default_factory=dict)

    def value(self, values: list[Decimal]) -> Decimal:
        """The price of a unit, or the factor, that the group's rows carry."""
        if self.tiers.mode == "graduated" and self.total > 0:
            return divided(self.amount(values), self.total)
        return values[self._tier(self.offset + max(self.total, ZERO))]

    def amount(self, values: list[Decimal]) -> Decimal:
        """P: the price of everything that accrued."""
        return r12(self._sum(self.offset + self.total, values) - self._sum(self.offset, values))

    def residuals(self) -> list[tuple[LineKey, Decimal]]:
        """What each line's share of the whole price differs from the sum of its rows."""
        fine = sorted(self.lines, key=lambda line: [part.encode() for part in line])
        weights = [r12(self.lines[line].measure) for line in fine]
        if self.tiers.mode != "graduated" or self.total <= 0 or sum(weights) <= 0:
            return []
        parts = share_money(self.amount(self.values), weights, 12)
        placed = (self.lines[line] for line in fine)
        return [(item.line, part - item.priced) for item, part in zip(placed, parts, strict=True)]

    def _sum(self, reached: Decimal, values: list[Decimal]) -> Decimal:
        """F: the price of everything from 0 up to here."""
        spans = (
            max(ZERO, (reached if upper is None else min(reached, upper)) - lower) * value
            for (lower, upper), value in zip(self.bounds, values, strict=True)
        )
        return sum(spans, ZERO)

    def _tier(self, reached: Decimal) -> int:
        return next(number for number, (_, upper) in enumerate(self.bounds) if upper is None or reached <= upper)


class Groups:
    """All groups of a month: first everything accrues, then it is priced."""

    def __init__(self) -> None:
        self.groups: dict[GroupKey, Group] = {}

    def accrue(
        self, key: GroupKey, tiers: TierSet, into: Conversion, measure: Decimal, edges: set[tuple[str, str]]
    ) -> None:
        """Add one row's measure to its group."""
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _opened(tiers, into)
        group.total += measure
        group.edges |= edges

    def close(self) -> None:
        """Nothing accrues any more: each group continues from what the versions before it reached."""
        for group in self.groups.values():
            group.total = r12(group.total)
        for key, group in self.groups.items():
            for version in group.tiers.before:
                earlier = self.groups.get(key._replace(version=version))
                group.offset += max(earlier.total, ZERO) if earlier else ZERO

    def pooled(self, contracts: set[str]) -> set[tuple[str, str]]:
        """Every edge of whoever shares a group of these contracts."""
        return {edge for key, group in self.groups.items() if key.contract in contracts for edge in group.edges}


def group_key(rule: Rule, contract: Contract, tenant: str, key: ChargeKey, first: date) -> GroupKey:
    """The group that a row belongs to. Raises ValueError for an unknown scope."""
    scopes: dict[str, tuple[str | None, ...]] = {
        "sku": (key.provider, key.sku),
        "service": (key.provider, key.service),
        "buyer": (tenant,),
        "subtree": (),
    }
    if rule.tiers is None or rule.tiers.scope not in scopes:
        raise ValueError(f"rule {rule.id}: no tiers or an unknown scope")
    return GroupKey(contract.id, rule.id, rule.span.start, scopes[rule.tiers.scope], key.day < first)


def measured_by(tiers: TierSet, into: Conversion, card: Card | None) -> Coefficients:
    """What a row adds to its group, as coefficients of its bases."""
    return PER_UNIT if tiers.measure == "quantity" else part(tiers.basis, ONE, Coefficients(), into, card)


def tiered(group: Group, into: Conversion, card: Card | None) -> Coefficients:
    """What a row of a group is priced at on its edge."""
    tiers = group.tiers
    value = group.value(group.pinned if into.kind == "pinned" else group.values)
    if tiers.value == "price":
        return Coefficients(quantity=value)
    return part(tiers.basis, value, Coefficients(), into, card)


def _opened(tiers: TierSet, into: Conversion) -> Group:
    def bound(value: Decimal) -> Decimal:
        return r12(value * into.of(tiers.currency)) if tiers.measure == "amount" and tiers.currency else value

    bounds = [(bound(tier.lower), None if tier.upper is None else bound(tier.upper)) for tier in tiers.tiers]
    return Group(tiers, bounds, _values(tiers, into), _values(tiers, into._replace(kind="pinned")))


def _values(tiers: TierSet, into: Conversion) -> list[Decimal]:
    """Prices in the contract's currency, or factors."""
    if tiers.value == "price" and tiers.currency:
        rate = into.of(tiers.currency)
        return [r12(r12(tier.value) * rate) for tier in tiers.tiers]
    towards = -1 if tiers.value == "discount" else 1
    return [r12(ONE + towards * WIDE.divide(tier.value, HUNDRED)) for tier in tiers.tiers]
