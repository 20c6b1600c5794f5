"""What the operator knows of one buyer's bundle and the buyer must not: for judging an attack, never for making one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
# What tells rows of a bundle apart and stands in it as the provider delivered it or as the seller priced it.
SEEN = tuple(
    "InvoiceDetailId x_TenantId SubAccountName ChargePeriodStart ChargePeriodEnd ChargeCategory ChargeFrequency "
    "BilledCost EffectiveCost ListCost PricingQuantity ConsumedQuantity CommitmentDiscountQuantity SkuPriceId SkuMeter "
    "RegionId AvailabilityZone Tags x_ResourceGroup ResourceType".split()
)


@dataclass(frozen=True)
class Fact:
    """One charge of an edge: how the buyer sees it, the rule that prices it, and what is behind it."""

    seen: Row
    rule: str
    tells_price: bool  # the contract itself shows something of what the seller pays for it
    flags: dict[str, str] = field(default_factory=dict)  # earned, commitment
    amounts: dict[str, Decimal] = field(default_factory=dict)  # benefit, cost, amortized cost, seller's price
    disclosed: dict[str, Decimal] = field(default_factory=dict)  # what the contract shows of the seller's price

    @property
    def openly(self) -> str:
        return "at disclosed prices" if self.tells_price else ""


@dataclass(frozen=True)
class Known:
    """What must not come out on one edge."""

    ids: frozenset[str] = frozenset()  # no part of any text
    values: frozenset[str] = frozenset()  # no text as a whole, and no part of a path
    amounts: frozenset[Decimal] = frozenset()  # no number
    facts: tuple[Fact, ...] = ()
    shared: str = ""  # as in Terms


def align(rows: Sequence[Row], facts: Sequence[Fact]) -> list[Fact | None]:
    """The fact behind each published row; None for rows that no provider charged. Alike rows are taken in any order."""
    waiting: dict[tuple[object, ...], list[Fact]] = defaultdict(list)
    for fact in reversed(facts):
        for resource in (fact.seen["ResourceId"], None):
            waiting[_print(fact.seen, resource)].append(fact)
    taken: set[int] = set()
    found: list[Fact | None] = []
    for row in rows:
        for key in (_print(row, row["ResourceId"]), _print(row, None)):
            while waiting[key] and id(waiting[key][-1]) in taken:
                waiting[key].pop()
            if waiting[key]:
                found.append(waiting[key].pop())
                taken.add(id(found[-1]))
                break
        else:
            found.append(None)
    return found


def _print(row: Row, resource: str | None) -> tuple[object, ...]:
    return (resource, *(row[name] for name in SEEN))


def totals(facts: Sequence[Fact | None], keys: Sequence[object], wanted: Sequence[object]) -> list[Fact | None]:
    """The facts summed by key, in the order of `wanted`: what is behind a line or a day."""
    grouped: dict[object, list[Fact]] = defaultdict(list)
    for fact, key in zip(facts, keys, strict=True):
        if fact is not None:
            grouped[key].append(fact)
    found: list[Fact | None] = []
    for key in wanted:
        parts = grouped.get(key)
        if not parts:
            found.append(None)
            continue
        rules = ", ".join(sorted({part.rule for part in parts}))
        tells = any(part.tells_price for part in parts)
        amounts = _summed([part.amounts for part in parts])
        found.append(Fact({}, rules, tells, {}, amounts, _summed([part.disclosed for part in parts])))
    return found


def _summed(parts: list[dict[str, Decimal]]) -> dict[str, Decimal]:
    names = set.intersection(*(set(part) for part in parts))
    return {name: sum((part[name] for part in parts), Decimal(0)) for name in names}
