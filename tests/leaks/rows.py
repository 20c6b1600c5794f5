"""Attack on rows: does anything of a row but what it is for tell a secret about it?

Rows are compared within what is public of them: the same rule and SKU, and the same resource. There a column, its
null, its decimals or a ratio of two of them must tell nothing. What the order of rows could tell is looked at too.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from tests.leaks.bundle import Row
from tests.leaks.secrets import Fact

# What a row is for: who used what, where, when and how much. Nobody's secret, and different on every row.
IDENTITY = set(
    "x_ChargeOrdinal InvoiceDetailId InvoiceId x_TenantId x_TenantName SubAccountId SubAccountName SubAccountType "
    "ResourceId ResourceName ResourceType Tags x_ResourceGroup RegionId RegionName AvailabilityZone SkuId SkuPriceId "
    "SkuMeter ServiceName ServiceCategory ServiceSubcategory ChargePeriodStart ChargePeriodEnd PricingUnit "
    "ConsumedUnit BillingAccountId BillingAccountName x_PublisherName HostProviderName CommitmentDiscountId "
    "CapacityReservationId ChargeDescription".split()
)
PUBLIC = {"ListCost", "ListUnitPrice", "PricingQuantity", "ConsumedQuantity"}
COSTS = ("BilledCost", "ContractedCost", "EffectiveCost", "PricingCurrencyEffectiveCost")
PERMUTATIONS = 60
Strata = Callable[[Row, Fact], tuple[object, ...]]


def betrayed(label: str, rows: Sequence[Row], facts: Sequence[Fact | None], secret: str) -> Iterator[str]:
    """Features of rows that tell the flag `secret` better than chance, among rows alike in public."""
    pairs = [(row, fact) for row, fact in zip(rows, facts, strict=True) if fact is not None and secret in fact.flags]
    if len({fact.flags[secret] for _, fact in pairs}) < 2:
        return
    strata: dict[str, Strata] = {
        "of one rule and SKU": lambda row, fact: (fact.rule, row["SkuPriceId"], row["PricingUnit"]),
        "of one resource": lambda row, fact: (fact.rule, row["SkuPriceId"], row["SubAccountId"], row["ResourceId"]),
    }
    alike = Counter(_public(row) for row, _ in pairs)
    features = [_features(row, alike) for row, _ in pairs]
    flags = [fact.flags[secret] for _, fact in pairs]
    for name, stratum in strata.items():
        places = [(*stratum(row, fact), *_shape(row)) for row, fact in pairs]
        for feature in sorted(set().union(*features)):
            values = [found.get(feature) for found in features]
            if _tells(places, values, flags):
                yield f"{label}: {feature} tells {secret} among rows {name}"


def order_tells(label: str, rows: Sequence[Row]) -> Iterator[str]:
    """Rows stand in the order of what is published of them; any other order would be a channel of its own."""
    numbers = [row["x_ChargeOrdinal"] for row in rows]
    if numbers != list(range(1, len(rows) + 1)):
        yield f"{label}: ordinals have gaps"
    for name in rows[0] if rows else ():
        counted = {row[name] for row in rows} - {None}
        if name != "x_ChargeOrdinal" and counted and all(type(value) is int for value in counted):
            yield f"{label}: {name} numbers rows of a file that the buyer does not have"
    columns = set(rows[0] if rows else ()) - {"x_ChargeOrdinal"}
    names = sorted(columns, key=lambda name: (name != "PricingQuantity", name))
    first = ("x_TenantId", "SubAccountId", "ResourceId", "ChargePeriodStart")
    blocks: dict[tuple[object, ...], list[tuple[Any, ...]]] = defaultdict(list)
    heads = [tuple(_key(row[name]) for name in first) for row in rows]
    if heads != sorted(heads):
        yield f"{label}: rows are not in the order of {', '.join(first)}"
    for head, row in zip(heads, rows, strict=True):
        blocks[(*head, row["InvoiceDetailId"])].append(tuple(_key(row[name]) for name in names))
    if any(block != sorted(block) for block in blocks.values()):
        yield f"{label}: rows that are alike stand in an order that is not theirs"


def covered_shows(label: str, rows: Sequence[Row], facts: Sequence[Fact | None]) -> Iterator[str]:
    """Usage that is billed on demand says nothing of the commitment that covered it at the provider."""
    for row, fact in zip(rows, facts, strict=True):
        if fact is not None and fact.flags.get("covered"):
            said = [name for name, value in row.items() if name.startswith("Commitment") and value is not None]
            said += ["PricingCategory"] if row["PricingCategory"] == "Committed" else []
            yield from (f"{label}: {name} of row {row['x_ChargeOrdinal']} tells that it was covered" for name in said)


def _key(value: object) -> tuple[bool, Any]:
    return (value is None, "" if value is None else value)


def _public(row: Row) -> tuple[object, ...]:
    names = ("SubAccountId", "ResourceId", "SkuPriceId", "ChargePeriodStart", "ChargePeriodEnd", "PricingUnit")
    return tuple(row[name] for name in names)


def _features(row: Row, alike: Counter[tuple[object, ...]]) -> dict[str, object]:
    """What can be read off a row: its texts, nulls, signs and decimals, its ratios, how often it is split."""
    found: dict[str, object] = {"number of rows alike": alike[_public(row)]}
    for name, value in row.items():
        if name in IDENTITY or name in PUBLIC:
            continue
        if isinstance(value, Decimal):
            found[f"sign of {name}"] = (value > 0) - (value < 0)
            found[f"decimals of {name}"] = _decimals(value)
        found[f"null of {name}"] = value is None
        if isinstance(value, str):
            found[f"text of {name}"] = value
    for name in COSTS:
        found[f"{name} / ListCost"] = _ratio(row[name], row["ListCost"])
        found[f"{name} = BilledCost"] = row[name] == row["BilledCost"]
    found["ContractedUnitPrice / ListUnitPrice"] = _ratio(row["ContractedUnitPrice"], row["ListUnitPrice"])
    return found


def _shape(row: Row) -> tuple[object, ...]:
    """How many decimals the public numbers of a row have: its prices inherit them."""
    return tuple(_decimals(row[name]) for name in ("ListCost", "PricingQuantity"))


def _decimals(value: Decimal | None) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent)) if value else 0


def _ratio(one: Decimal | None, other: Decimal | None) -> Fraction | None:
    """The ratio up to what rounding in the 12th decimal does to it."""
    return round(Fraction(one) / Fraction(other), 7) if one is not None and other else None


def _tells(places: Sequence[object], values: Sequence[object], flags: Sequence[str]) -> bool:
    """Whether the values tell the flags within the places, far better than when the flags are dealt again by chance."""
    grouped: dict[object, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        grouped[place].append(index)
    parts = [
        part for part in grouped.values()
        if len({flags[i] for i in part}) > 1 and len({values[i] for i in part}) > 1
    ]  # fmt: skip
    if not parts:
        return False
    coded = [(_codes([values[i] for i in part]), _codes([flags[i] for i in part])) for part in parts]
    seen = sum(_information(one, other) for one, other in coded)
    # By chance alone, information is about chi-squared / (2 ln 2); what is near that needs no dice.
    freedom = sum(one.max() * other.max() for one, other in coded)
    if seen <= 2.0 or seen < (freedom + 3 * math.sqrt(2 * freedom)) / (2 * math.log(2)):
        return False
    dice = np.random.default_rng(1)
    dealt = [sum(_information(one, dice.permutation(other)) for one, other in coded) for _ in range(PERMUTATIONS)]
    return bool(seen > np.mean(dealt) + 7 * max(float(np.std(dealt)), 0.05 * seen))


def _codes(values: Sequence[object]) -> np.ndarray[Any, np.dtype[np.int64]]:
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values])


def _information(one: Any, other: Any) -> float:
    """Mutual information in bits, times the number of rows."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    filled = table > 0
    return float((table[filled] * np.log2(table[filled] / expected[filled])).sum())
