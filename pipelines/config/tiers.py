"""Tiers of a rule: reading them, what makes them no scale from 0 upwards, and their values as factors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.config.fields import read_row
from pipelines.config.pricing import PERCENT_LIMIT, TIER, Rule, Tier
from pipelines.config.records import Record
from pipelines.errors import Problem
from pipelines.money import HUNDRED, ONE, ZERO, Decimal, r12

Check = tuple[str, bool, str, str]  # field, whether it is wrong, what is wrong, remedy


def read_tiers(rule: Record, problems: list[Problem]) -> tuple[Tier, ...]:
    """The tiers of a rule in their order; every problem of every tier is reported."""
    items = rule.values.get("tiers")
    if items is None:
        return ()
    if not isinstance(items, list):
        remedy = "write tiers: [{from: 0, to: 100, price: 0.10}, {from: 100, price: 0.08}]"
        problems.append(rule.at("tiers").problem("tiers is not a list", remedy, "tiers"))
        return ()
    found = []
    for item in items:
        if not isinstance(item, Record):
            problems.append(rule.at("tiers").problem("a tier is not a mapping", "write {from: ..., ...}", "tiers"))
        elif (tier := read_row(TIER, item, problems)) is not None:
            found.append(tier)
    return tuple(found)


def tier_value(rule: Rule, tier: Tier) -> Decimal:
    """The price per pricing unit, or the factor on the basis, R12."""
    if rule.value == "price":
        return r12(tier.price or ZERO)
    share = (tier.percent or ZERO).scaleb(-2)  # percent / 100, exactly
    return r12(ONE - share if rule.value == "discount" else ONE + share)


def chain_start(rule: Rule, earlier: Sequence[Rule]) -> date:
    """First day of the first version whose accrual this one continues; `earlier` are those before it by date."""
    start = rule
    for before in reversed(earlier):
        if not start.continues:
            break
        start = before
    return start.valid_from


def check_tiers(rule: Rule, record: Record, problems: list[Problem]) -> None:
    """Append what makes the fields of a tiers rule, or its list of tiers, say nothing definite."""
    _check_fields(rule, record, problems)
    wanted, other = ("price", "percent") if rule.value == "price" else ("percent", "price")
    for tier in rule.tiers if rule.value else ():
        if getattr(tier, wanted) is None:
            what = f"a tier without {wanted}"
            problems.append(tier.place.problem(what, f"give its {wanted}: value is {rule.value}", wanted))
        if getattr(tier, other) is not None:
            what = f"a tier has a {other}, but value is {rule.value}"
            problems.append(tier.place.problem(what, f"write {wanted} instead of {other}", other))
    limit = HUNDRED if rule.value == "discount" else PERCENT_LIMIT
    for tier in rule.tiers if rule.value != "price" else ():
        if tier.percent is not None and not ZERO <= tier.percent <= limit:
            what = f"a tier with a {rule.value} of {tier.percent} percent"
            problems.append(tier.place.problem(what, f"stay between 0 and {limit}", "percent"))
    _check_scale(rule.tiers, problems)


def _check_fields(rule: Rule, record: Record, problems: list[Problem]) -> None:
    """The fields that a measure and a kind of value need or exclude."""
    for name, wrong, what, remedy in (*_measured(rule), *_valued(rule)):
        if wrong:
            problems.append(record.at(name).problem(what, remedy, name))


def _measured(rule: Rule) -> tuple[Check, ...]:
    if rule.measure == "quantity":
        return (("unit", not rule.unit, "tiers by quantity without unit", "name the one pricing unit that accrues"),)
    if rule.measure == "amount":
        what = "tiers by amount cannot set a price"
        return (
            ("unit", bool(rule.unit), "tiers by amount have no unit", "remove the field, or write measure: quantity"),
            ("value", rule.value == "price", what, "write value: discount or markup, with a basis"),
            ("currency", not rule.currency, "tiers by amount without currency", "name the currency of from and to"),
        )
    return ()


def _valued(rule: Rule) -> tuple[Check, ...]:
    if rule.value == "price":
        what = "tiers with prices without currency"
        remedy = "remove the field, or write value: discount or markup"
        return (
            ("basis", rule.basis is not None, "tiers with prices have no basis", remedy),
            ("currency", not rule.currency and rule.measure != "amount", what, "name the currency of the prices"),
        )
    if rule.value is None:
        return ()
    counted = rule.measure == "quantity"
    graduated = counted and rule.mode == "graduated"
    what = f"graduated tiers by quantity cannot set a {rule.value}"
    options = "list, contracted, or cost where the operator sells"
    return (
        ("basis", rule.basis is None, f"tiers with a {rule.value} without basis", f"name one of {options}: no default"),
        ("basis", rule.basis == "parent", "tiers cannot have basis parent", f"write one of {options}"),
        ("mode", graduated, what, "write mode: volume, value: price, or measure: amount"),
        ("currency", counted and bool(rule.currency), f"a {rule.value} has no currency", "remove the field"),
    )


def _check_scale(tiers: Sequence[Tier], problems: list[Problem]) -> None:
    """First from 0, each from where the one before ends, only the last without an end."""
    end: Decimal | None = ZERO
    for number, tier in enumerate(tiers):
        place = tier.place
        if number == 0 and tier.lower != ZERO:
            problems.append(place.problem(f"the first tier begins at {tier.lower}", "begin with from: 0", "from"))
        elif end is None:
            what = "a tier follows one without end"
            problems.append(place.problem(what, f"give the tier before it to: {tier.lower}", "from"))
        elif number and tier.lower != end:
            kind = "gap" if tier.lower > end else "overlap"
            what = f"{kind} between tiers: one ends at {end}, the next begins at {tier.lower}"
            problems.append(place.problem(what, f"write from: {end}", "from"))
        if tier.upper is not None and tier.upper <= tier.lower:
            what = f"the tier ends at {tier.upper}, not above its from {tier.lower}"
            problems.append(place.problem(what, "write a to above from", "to"))
        end = tier.upper
    if tiers and end is not None:
        what = f"nothing is priced above {end}"
        problems.append(tiers[-1].place.problem(what, "leave to out of the last tier", "to"))


def check_continuation(rule: Rule, earlier: Sequence[Rule], problems: list[Problem]) -> None:
    """A version that continues an accrual counts the same thing as the version before it."""
    if not rule.continues:
        return
    if not earlier:
        what = f"rule {rule.rule} continues, but no earlier version of it stands in this plan"
        problems.append(rule.place.problem(what, "remove continues, or keep the earlier version", "continues"))
        return
    before = earlier[-1]
    for name in ("action", "measure", "scope", "unit", *(("basis",) if rule.measure == "amount" else ())):
        if getattr(before, name) != getattr(rule, name):
            what = f"rule {rule.rule} continues with another {name} than {before.place.file}:{before.place.line}"
            problems.append(rule.place.problem(what, f"keep the {name}, or remove continues", "continues"))
