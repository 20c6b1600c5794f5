"""The oracle's amortization: what a commitment cost on a day, who used it, and what nobody used.

Amounts are whole numbers of their 12th decimal here; every division is cut toward zero and what is left has its
place: the last day of a purchase, the last row that used a day's amount.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ZERO
from pipelines.generator.truth_charges import UNUSED, USAGE, Charge, ChargeKey

HOURS = re.compile(r"(\d+(?:\.\d+)?)?\s*(?:hours?|hrs?|h)")
SCALE = 12
DAY_HOURS = 24
Day = tuple[str | None, str, date]
"""A commitment, a currency, a day."""


class Bought(NamedTuple):
    """A purchase: its charge, how many days it pays for, whether it promises spend (else hours)."""

    charge: Charge
    days: int
    is_spend: bool
    is_earlier: bool = False


class Used(NamedTuple):
    """A row that a commitment covered; `is_stated` where the provider itself says what it cost of it."""

    charge: Charge
    is_spend: bool
    is_stated: bool = False


class Bill(NamedTuple):
    """The month [first, after) and the invoice that rows made here stand on."""

    first: date
    after: date
    invoice: str | None = None
    invoice_type: str | None = None


class _Portion(NamedTuple):
    bought: Bought
    amount: int
    reserved: int | None


def amortize(bill: Bill, bought: Sequence[Bought], used: Sequence[Used]) -> Iterator[Charge]:
    """The used rows with their costs, in their order, then an unused row per commitment and day that has a rest."""
    days: dict[Day, list[_Portion]] = defaultdict(list)
    for purchase in bought:
        for day, portion in _portions(bill, purchase):
            key = purchase.charge.key
            days[key.commitment_id, key.currency, day].append(portion)
    users: dict[Day, list[int]] = defaultdict(list)
    for number, one in enumerate(used):
        key = one.charge.key
        users[key.commitment_id, key.currency, key.day].append(number)
    costs = [_whole(one.charge.effective) if one.is_stated else 0 for one in used]
    idle: dict[Day, int] = {}
    for place, portions in days.items():
        amount = sum(portion.amount for portion in portions)
        rows = users.get(place, [])
        for number, cost in _shared(amount, portions, [used[number] for number in rows], rows):
            costs[number] = cost
        idle[place] = amount - sum(costs[number] for number in rows)
    owners = _owners(bought)
    for one, cost in zip(used, costs, strict=True):
        key = one.charge.key
        owner = owners.get(key.commitment_id) or key.commitment_owner
        yield one.charge._replace(key=key._replace(commitment_owner=owner), effective=_money(cost))
    for place, rest in idle.items():
        if rest:
            yield _unused(bill, place[2], days[place][0].bought.charge.key, rest, owners)


def _owners(bought: Iterable[Bought]) -> dict[str | None, str]:
    found: dict[str | None, str] = {}
    for purchase in bought:
        key = purchase.charge.key
        if key.commitment_owner is not None:
            found[key.commitment_id] = min(found.get(key.commitment_id, key.commitment_owner), key.commitment_owner)
    return found


def _portions(bill: Bill, purchase: Bought) -> Iterator[tuple[date, _Portion]]:
    """The purchase's days that are this month's: all up to its end, those of earlier purchases from its beginning."""
    charge, count = purchase.charge, purchase.days
    paid = _whole(charge.billed)
    reserved = None
    if not purchase.is_spend:
        hours = _hours(charge.key.pricing_unit)
        quantity = _whole(charge.quantity)
        reserved = quantity * DAY_HOURS if hours is None else _cut(_cut(quantity * hours, 10**SCALE), count)
    for number in range(count):
        day = charge.key.day + timedelta(days=number)
        if (count == 1 and purchase.is_earlier) or (count > 1 and day >= bill.after):
            continue
        if purchase.is_earlier and day < bill.first:
            continue
        amount = _cut(paid, count)
        last = paid - amount * (count - 1)
        yield day, _Portion(purchase, last if number == count - 1 else amount, reserved)


def _shared(
    amount: int, portions: Sequence[_Portion], used: Sequence[Used], numbers: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """What each row without a stated cost gets of the day's amount."""
    available = amount - sum(_whole(one.charge.effective) for one in used if one.is_stated)
    takers = [(number, one) for number, one in zip(numbers, used, strict=True) if not one.is_stated]
    listed = {number: _whole(max(one.charge.list_cost, ZERO)) for number, one in takers}
    counted = {number: _whole(max(one.charge.quantity, ZERO)) for number, one in takers}
    by_list = sum(listed.values()) > 0
    weights = {number: listed[number] if one.is_spend and by_list else counted[number] for number, one in takers}
    total = sum(weights.values())
    if available <= 0 or not total:
        for number, _ in takers:
            yield number, 0
        return
    spent = _used_part(available, portions, takers, counted)
    shares = {number: spent * weight // total for number, weight in weights.items()}
    last = max(number for number, weight in weights.items() if weight)
    shares[last] += spent - sum(shares.values())
    yield from shares.items()


def _used_part(
    available: int, portions: Sequence[_Portion], takers: Sequence[tuple[int, Used]], counted: dict[int, int]
) -> int:
    """By hours where all is measured in hours, never more than all; else all of it."""
    measures = [_hours(one.charge.key.pricing_unit) for _, one in takers]
    reserves = [portion.reserved for portion in portions]
    if takers[0][1].is_spend or None in measures or None in reserves:
        return available
    covered = sum(
        counted[number] * (hours or 0) // 10**SCALE for (number, _), hours in zip(takers, measures, strict=True)
    )
    reserved = sum(hours or 0 for hours in reserves)
    return available * covered // reserved if reserved > covered else available


def _unused(bill: Bill, day: date, key: ChargeKey, rest: int, owners: dict[str | None, str]) -> Charge:
    """Nobody's use: of the customer and account that bought it, on the bill of this month."""
    made = key._replace(
        day=day,
        category=USAGE,
        status=UNUSED,
        charge_class=None,
        corrected_invoice=None,
        pricing_unit=None,
        invoice=bill.invoice,
        invoice_type=bill.invoice_type,
        commitment_owner=owners.get(key.commitment_id),
    )
    return Charge(made, ZERO, ZERO, ZERO, _money(rest), ZERO, ZERO, ZERO, day + timedelta(days=1))


def _hours(unit: str | None) -> int | None:
    """Hours in one unit, in 12th decimals; None if it measures something else."""
    found = HOURS.fullmatch((unit or "").strip().lower())
    return _whole(Decimal(found.group(1) or "1")) if found else None


def _cut(amount: int, count: int) -> int:
    """Division toward zero."""
    return amount // count if amount >= 0 else -(-amount // count)


def _whole(amount: Decimal) -> int:
    return int(amount.scaleb(SCALE))


def _money(whole: int) -> Decimal:
    return Decimal(whole).scaleb(-SCALE)
