"""Reading one field: text in, typed value out, or a sentence on what to write instead.

Numbers are exact decimals in plain digits. Exponents, thousands separators, percent signs, decimal
commas and spaces are refused, because each has been read in two ways by somebody.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipelines.config.files import nearest
from pipelines.config.records import Place, Record, Value
from pipelines.errors import Problem, RebillError
from pipelines.money import Decimal, parse
from pipelines.period import BillingPeriod

OPEN_START = date(1900, 1, 1)
OPEN_END = date(9999, 12, 31)
DIGITS = re.compile(r"-?[0-9]{1,25}(\.[0-9]{1,12})?")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NUMBER_HINTS = (
    (re.compile(r".*%"), "write the percent without its sign: 10 is ten percent"),
    (re.compile(r"[-+0-9]+,[0-9]+"), "write a decimal point and no thousands separators"),
    (re.compile(r"[-+0-9._]+[eE][-+]?[0-9]+"), "write the digits out instead of an exponent"),
    (re.compile(r"-?[0-9]*\.[0-9]{13,}"), "keep at most 12 decimals"),
)
Row = TypeVar("Row")


class Unfit(ValueError):
    """A value its field cannot take: what is wrong and what to write."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True)
class Field:
    """One field of a record: its name, how its text is read, and what a blank means."""

    name: str
    read: Callable[[str], Any]
    required: bool = True
    default: Any = None
    remedy: str = "fill it in"
    many: bool = False  # a list: YAML's own, or texts separated by ;


@dataclass(frozen=True)
class Shape(Generic[Row]):
    """The fields of one kind of record, and the class that a good one becomes."""

    build: Callable[..., Row]
    fields: tuple[Field, ...]
    nested: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return (*(entry.name for entry in self.fields), *self.nested)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.fields if entry.required)


@dataclass
class Table(Generic[Row]):
    """The rows of one kind that could be read, and the ids of those that could not.

    `unread` says that a whole file is missing from it: then no reference can be called unknown.
    """

    rows: list[Row] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    unread: bool = False

    def known(self, name: str) -> set[str] | None:
        """Every id of the kind, broken records included; None when a part of it could not be read."""
        return None if self.unread else {getattr(row, name) for row in self.rows} | self.broken


def read_row(shape: Shape[Row], record: Record, problems: list[Problem], **nested: Any) -> Row | None:
    """Turn a record into its row; None (and a problem each) when any field does not fit."""
    before = len(problems)
    for name in record.values.keys() - shape.names:
        what = f"unknown field {name!r}{nearest(name, shape.names, problems)}"
        problems.append(record.at(name).problem(what, f"use one of {', '.join(shape.names)}", name))
    values = {entry.name: _read_field(entry, record, problems) for entry in shape.fields}
    if len(problems) > before:
        return None
    return shape.build(place=record.place, **values, **nested)


def _read_field(entry: Field, record: Record, problems: list[Problem]) -> Any:
    raw = record.values.get(entry.name)
    if raw is None:
        if entry.required:
            problems.append(record.place.problem(f"{entry.name} is missing", entry.remedy, entry.name))
        return entry.default
    try:
        if entry.many:
            return tuple(entry.read(text) for text in _texts(entry.name, raw))
        if not isinstance(raw, str):
            raise Unfit(f"{entry.name} is a list or mapping", "write one plain value")
        return entry.read(raw)
    except Unfit as unfit:
        problems.append(record.at(entry.name).problem(unfit.what, unfit.remedy, entry.name))
        return entry.default


def _texts(name: str, raw: Value) -> list[str]:
    items: list[Value] = list(raw.split(";")) if isinstance(raw, str) else raw if isinstance(raw, list) else [raw]
    texts = [item.strip() for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        raise Unfit(f"{name} is no list of plain values", f"write {name}: [one, two]")
    return texts


def text(raw: str) -> str:
    """Any one-line text of up to 300 characters."""
    if len(raw) > 300 or not raw.isprintable():
        what = f"{raw[:40]!r} is too long or holds control characters"
        raise Unfit(what, "write one line of at most 300 characters")
    return raw


def identifier(raw: str) -> str:
    """An id that is also a safe file name."""
    if not IDENTIFIER.fullmatch(raw):
        raise Unfit(f"{raw!r} is no usable id", "use up to 64 letters, digits, dots, dashes and underscores")
    return raw


def choice(*allowed: str) -> Callable[[str], str]:
    """One of a few words."""

    def read(raw: str) -> str:
        if raw not in allowed:
            raise Unfit(f"{raw!r} is not allowed{nearest(raw, allowed)}", f"use one of {', '.join(allowed)}")
        return raw

    return read


def number(raw: str) -> Decimal:
    """An exact decimal of at most 12 decimals."""
    if DIGITS.fullmatch(raw):
        return parse(raw)
    remedy = next((hint for pattern, hint in NUMBER_HINTS if pattern.fullmatch(raw)), "write digits, e.g. 0.15")
    raise Unfit(f"{raw!r} is not an exact decimal number", remedy)


def price(raw: str) -> Decimal:
    """A price that is not negative."""
    amount = number(raw)
    if amount < 0:
        raise Unfit(f"the price {raw} is negative", "write 0 or more; credits are no price rules")
    return amount


def rate(raw: str) -> Decimal:
    """An exchange rate of at least 0.001."""
    value = number(raw)
    if value < Decimal("0.001"):
        raise Unfit(f"the rate {raw} keeps too few digits", "store the opposite direction, whose rate is above 1")
    return value


def integer(raw: str) -> int:
    """A whole number between -1,000,000 and 1,000,000."""
    if not re.fullmatch(r"-?[0-9]{1,6}", raw):
        raise Unfit(f"{raw!r} is not a whole number", "write digits, e.g. 10")
    return int(raw)


@cache
def day(raw: str) -> date:
    """An ISO date between 1900-01-01 and 9999-12-31."""
    try:
        value = date.fromisoformat(raw) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw) else None
    except ValueError:
        value = None
    if value is None or value < OPEN_START:
        raise Unfit(f"{raw!r} is not a date", "write YYYY-MM-DD, from 1900-01-01 on")
    return value


@cache
def period(raw: str) -> BillingPeriod:
    """A billing period, YYYY-MM."""
    try:
        return BillingPeriod(raw)
    except RebillError as error:
        raise Unfit(error.problems[0].what, error.problems[0].remedy) from error


@cache
def currencies() -> Mapping[str, int]:
    """ISO 4217 code -> decimals of its minor unit."""
    with Path(__file__).with_name("currencies.csv").open(encoding="utf-8", newline="") as stream:
        return {row["currency"]: int(row["minor_units"]) for row in csv.DictReader(stream)}


@cache
def currency(raw: str) -> str:
    """An ISO 4217 currency code."""
    if raw not in currencies():
        raise Unfit(f"{raw!r} is not a currency{nearest(raw.upper(), currencies())}", "use its ISO 4217 code, e.g. EUR")
    return raw


def check_interval(place: Place, valid_from: date, valid_to: date, problems: list[Problem]) -> None:
    """Refuse an interval without a day in it; `valid_to` is the first day that no longer counts."""
    if valid_to <= valid_from:
        what = f"valid_to {valid_to} is not after valid_from {valid_from}"
        remedy = "valid_to is the first day after the last; leave it blank if open"
        problems.append(place.problem(what, remedy, "valid_to"))
