"""Attack on amounts: is a secret amount a published number, or a fixed combination of published numbers?

Within the rows of a service or rule, a regression asks whether a secret is one linear form of the published numbers:
as they stand, per unit of list cost (ratios) and per quantity. If public and disclosed numbers alone give it, the
bundle added nothing. What is found is confirmed in exact fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tests.leaks.bundle import Row
from tests.leaks.linear import solve
from tests.leaks.secrets import Fact

PUBLIC = {"ListCost", "ListUnitPrice", "PricingQuantity", "ConsumedQuantity", "x_ListCost", "x_PricingQuantity"}
FEW_ROWS = 12
CLOSE = 1e-7
EXACT = Fraction(1, 10**10)
Matrix = NDArray[np.float64]
Pairs = list[tuple[Row, Fact]]


def told(place: str, rows: Sequence[Row], facts: Sequence[Fact | None], *, shared: str) -> Iterator[str]:
    """Secret amounts that follow from the numbers of these rows; `place` names them in findings."""
    pairs = [(row, fact) for row, fact in zip(rows, facts, strict=True) if fact is not None]
    names = sorted({name for _, fact in pairs for name in fact.amounts})
    for secret in names:
        if secret == "benefit" and shared == "price":
            continue
        hidden = [(row, fact) for row, fact in pairs if secret in fact.amounts]
        if secret != "benefit":
            hidden = [(row, fact) for row, fact in hidden if not fact.tells_price]
        yield from _equal(place, secret, hidden)
        for group, part in _groups(hidden):
            yield from _regressed(f"{place}, {group}", secret, part)


def _equal(place: str, secret: str, pairs: Pairs) -> Iterator[str]:
    """A number of the row, or the difference of two, is the secret itself."""
    hits: dict[str, list[int]] = {}
    for index, (row, fact) in enumerate(pairs):
        wanted = fact.amounts[secret]
        if len(wanted.normalize().as_tuple().digits) < 5 or wanted in fact.disclosed.values():
            continue
        numbers = _distinct(row)
        for name, value in numbers.items():
            if value == wanted and name not in PUBLIC:
                hits.setdefault(name, []).append(index)
            for other, less in numbers.items():
                if value - less == wanted and wanted not in numbers.values():
                    hits.setdefault(f"{name} - {other}", []).append(index)
    for name, found in hits.items():
        if len(found) > 1 and not _by_list(name.split(" - "), pairs, found):
            yield f"{place}: {name} is the {secret} on {len(found)} rows"


def _distinct(row: Row) -> dict[str, Decimal]:
    """The numbers of a row; of equal ones the first of public, costs, unit prices."""
    found: dict[Decimal, str] = {}
    for name in sorted(row, key=lambda name: (name not in PUBLIC, name.endswith("UnitPrice"), name)):
        if isinstance(row[name], Decimal) and row[name]:
            found.setdefault(row[name], name)
    return {name: value for value, name in found.items()}


def _by_list(names: list[str], pairs: Pairs, found: list[int]) -> bool:
    """Whether the numbers are the same share of the list cost on all rows of these rules: then they follow from it."""
    rules = {pairs[index][1].rule for index in found}
    ratios: dict[tuple[str, str], set[int]] = {}
    for row, fact in pairs:
        for name in names if fact.rule in rules else ():
            base = row["ListUnitPrice"] if name.endswith("UnitPrice") else row.get("ListCost") or row.get("x_ListCost")
            if base and row[name] is not None:
                ratios.setdefault((fact.rule, name), set()).add(round(Fraction(row[name]) / Fraction(base) * 10**7))
    return bool(ratios) and all(max(found) - min(found) <= 1 for found in ratios.values())


def _groups(pairs: Pairs) -> Iterator[tuple[str, Pairs]]:
    """All rows, and those of each service and of each way a price is found."""
    keys: list[tuple[str, Callable[[tuple[Row, Fact]], str]]] = [
        ("all", lambda pair: pair[1].openly),
        ("service", lambda pair: f"{pair[0].get('ServiceName') or pair[0].get('x_ServiceName')} {pair[1].openly}"),
        ("rule", lambda pair: pair[1].rule),
    ]
    for name, key in keys:
        grouped: dict[str, Pairs] = {}
        for pair in pairs:
            grouped.setdefault(key(pair), []).append(pair)
        yield from ((f"{name} {value}".strip(), part) for value, part in sorted(grouped.items()))


def _regressed(place: str, secret: str, pairs: Pairs) -> Iterator[str]:
    amounts = [fact.amounts[secret] for _, fact in pairs]
    if len(set(amounts)) < FEW_ROWS:
        return
    rows, public = _with_public(pairs)
    columns = _columns(rows, public)
    floats = {name: np.array([float(value) for value in values]) for name, values in columns.items()}
    wanted = np.array([float(value) for value in amounts])
    for per in ("one", "ListCost", "PricingQuantity"):
        if per != "one" and per not in columns:
            continue
        divisor = floats[per] if per != "one" else np.ones(len(pairs))
        usable = divisor != 0
        target = wanted[usable] / divisor[usable]
        if usable.sum() < FEW_ROWS or np.ptp(target) < CLOSE * max(1e-9, float(np.abs(target).max())):
            continue
        known = [name for name in columns if name in public]
        rest = [name for name in columns if name not in public]
        if not rest or _fits(_matrix(floats, known, divisor, usable), target):
            continue
        if _fits(_matrix(floats, [*known, *rest], divisor, usable), target):
            yield from _confirmed(place, secret, per, columns, amounts, usable)


def _with_public(pairs: Pairs) -> tuple[list[Row], set[str]]:
    """The rows with what is public beside them: what the contract discloses, and the list cost under each rule."""
    rules = sorted({fact.rule for _, fact in pairs})
    disclosed = set.intersection(*(set(fact.disclosed) for _, fact in pairs))
    rows = []
    for row, fact in pairs:
        more = {name: fact.disclosed[name] for name in disclosed}
        if "PricingUnit" in row and len(rules) > 1:
            more |= {f"ListCost of {rule}": row["ListCost"] if rule == fact.rule else Decimal(0) for rule in rules}
        rows.append(_as_amounts(row) | more)
    return rows, {name for name in rows[0] if name in PUBLIC | disclosed or name.startswith("ListCost of ")}


def _as_amounts(row: Row) -> Row:
    """Unit prices times the quantity that they are for."""
    quantity = row.get("PricingQuantity")
    units = {name: row[name] for name in row if name.endswith("UnitPrice") and row[name] is not None and quantity}
    return row | {name: price * quantity for name, price in units.items()}


def _columns(rows: list[Row], public: set[str]) -> dict[str, list[Decimal]]:
    """The number columns that are never null; of those that are equal, one."""
    found: dict[str, list[Decimal]] = {}
    for name in sorted(rows[0], key=lambda name: (name not in public, name)):
        values = [row[name] for row in rows]
        varied = all(isinstance(value, Decimal) for value in values) and len(set(values)) > 1
        if varied and values not in found.values():
            found[name] = values
    return found


def _matrix(floats: dict[str, Matrix], names: list[str], divisor: Matrix, usable: Matrix) -> Matrix:
    parts = [np.ones(len(divisor)), *(floats[name] for name in names)]
    return np.column_stack([part[usable] / divisor[usable] for part in parts] + [np.ones(int(usable.sum()))])


def _fits(matrix: Matrix, target: Matrix) -> bool:
    """Whether the target is a linear form of the columns; there must be clearly more rows than columns."""
    scale = np.abs(matrix).max(axis=0)
    matrix = matrix[:, scale > 0] / scale[scale > 0]
    if len(target) < 2 * matrix.shape[1] + 4:
        return False
    solution, *_ = np.linalg.lstsq(matrix, target, rcond=1e-12)
    return bool(np.abs(matrix @ solution - target).max() <= CLOSE * np.abs(target).max())


def _confirmed(
    place: str, secret: str, per: str, columns: dict[str, list[Decimal]], amounts: list[Decimal], usable: Matrix
) -> Iterator[str]:
    """The same in exact fractions: solve on as many independent rows as there are columns, check on all others."""
    names = list(columns)
    rows, wanted = [], []
    for number in np.flatnonzero(usable):
        divisor = Fraction(columns[per][number]) if per != "one" else Fraction(1)
        values = [Fraction(columns[name][number]) / divisor for name in names]
        rows.append([1 / divisor, *values, *([Fraction(1)] if per != "one" else [])])
        wanted.append(Fraction(amounts[number]) / divisor)
    form = solve(rows, wanted)
    made = [sum((a * b for a, b in zip(form, row, strict=True)), Fraction(0)) for row in rows]
    off = max(abs(value - want) for value, want in zip(made, wanted, strict=True))
    size = max(abs(want) for want in wanted)
    if off <= max(EXACT * size, EXACT):
        yield f"{place}: {secret} per {per} is a linear form of {', '.join(names)} on {len(rows)} rows"
