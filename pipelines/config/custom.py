"""The records beside prices: custom lines of a contract, the subtotals they refer to, and a buyer's balances.

Amounts are in the record's own currency, percents as people say them (10 is ten percent); both are exact
decimals. Dates are half-open, [valid_from, valid_to).
"""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.config import fields, files
from pipelines.config.fields import Field, Shape, Table, read_row
from pipelines.config.records import Place, Record, Unreadable
from pipelines.config.vocabulary import INTERVAL, PRICED_CATEGORIES, SERVICE_CATEGORIES, UNPRICED_CATEGORIES, provider
from pipelines.config.yaml_text import read_yaml
from pipelines.errors import Problem
from pipelines.money import ONE, Decimal
from pipelines.period import BillingPeriod

LINE_KINDS = ("fee", "support", "managed_service", "bundle", "minimum", "credit_note")
BALANCE_KINDS = ("prepaid", "commitment")
BUYER, EACH_CUSTOMER = "buyer", "each_customer"
CHARGES = "charges"  # the subtotal that is always there: all charge lines


class CustomLine(NamedTuple):
    """A line that a contract adds to the bill: a flat amount, a percent of a subtotal, or what a minimum lacks."""

    place: Place
    line: str
    contract: str
    name: str
    kind: str
    audience: tuple[str, ...]
    amount: Decimal | None
    currency: str | None
    quantity: Decimal | None
    percent: Decimal | None
    of: str | None
    frequency: str
    on: date | None
    prorate: str
    valid_from: date
    valid_to: date

    @property
    def is_per_tenant(self) -> bool:
        """Whether each tenant has a line of its own, measured on its own charges."""
        return self.audience != (BUYER,)

    @property
    def units(self) -> Decimal:
        return ONE if self.quantity is None else self.quantity


class SubtotalMatch(NamedTuple):
    """The charge lines of a subtotal: exact values, None for any; compared in lower case."""

    place: Place
    provider: str | None
    service_category: str | None
    service: str | None
    sku: str | None
    publisher: str | None
    sub_account: str | None
    charge_category: str | None


class Subtotal(NamedTuple):
    """A named sum of an edge's rounded lines: charge lines that match, and custom lines by id."""

    place: Place
    subtotal: str
    charges: bool
    match: SubtotalMatch
    lines: tuple[str, ...]


class Balance(NamedTuple):
    """What a buyer has paid ahead or promised to spend in a term of whole months."""

    place: Place
    balance: str
    contract: str
    name: str | None
    kind: str
    amount: Decimal
    currency: str
    of: str
    valid_from: date
    valid_to: date
    opening: Decimal | None
    opening_period: BillingPeriod | None


def _custom_line(**values: Any) -> CustomLine:
    audience = values.pop("for")  # a word of the language, so no field of a class can have it
    return CustomLine(audience=audience, **values)


def _audience(raw: str) -> tuple[str, ...]:
    """buyer, each_customer, or tenant ids separated by semicolons."""
    found = tuple(part.strip() for part in raw.split(";"))
    for part in found:
        fields.identifier(part)
    if len(set(found)) < len(found):
        raise fields.Unfit(f"{raw!r} names a tenant twice", "name each tenant once")
    if len(found) > 1 and {BUYER, EACH_CUSTOMER} & set(found):
        raise fields.Unfit(f"{raw!r} mixes tenants with a group", "write buyer, each_customer or tenant ids")
    return found


def _subtotal_name(raw: str) -> str:
    if raw == CHARGES:
        raise fields.Unfit("charges is the name of all charge lines", "choose another name, or use charges as it is")
    return fields.identifier(raw)


CUSTOM_LINE: Shape[CustomLine] = Shape(
    _custom_line,
    (
        Field("line", fields.identifier),
        Field("contract", fields.identifier),
        Field("name", fields.text, remedy="say what the invoice shall show"),
        Field("kind", fields.choice(*LINE_KINDS)),
        Field("for", _audience, required=False, default=(BUYER,)),
        Field("amount", fields.price, required=False),
        Field("currency", fields.currency, required=False),
        Field("quantity", fields.price, required=False),
        Field("percent", fields.number, required=False),
        Field("of", fields.identifier, required=False),
        Field("frequency", fields.choice("monthly", "once"), required=False, default="monthly"),
        Field("on", fields.day, required=False),
        Field("prorate", fields.choice("none", "daily"), required=False, default="none"),
        *INTERVAL,
    ),
)
SUBTOTAL_MATCH = Shape(
    SubtotalMatch,
    (
        Field("provider", provider, required=False),
        Field("service_category", fields.choice(*SERVICE_CATEGORIES), required=False),
        Field("service", fields.text, required=False),
        Field("sku", fields.text, required=False),
        Field("publisher", fields.text, required=False),
        Field("sub_account", fields.text, required=False),
        Field("charge_category", fields.choice(*PRICED_CATEGORIES, *UNPRICED_CATEGORIES), required=False),
    ),
)
SUBTOTAL = Shape(
    Subtotal,
    (
        Field("subtotal", _subtotal_name),
        Field("charges", lambda raw: fields.choice("true", "false")(raw) == "true", required=False, default=True),
    ),
    nested=("match", "lines"),
)
BALANCE = Shape(
    Balance,
    (
        Field("balance", fields.identifier),
        Field("contract", fields.identifier),
        Field("name", fields.text, required=False),
        Field("kind", fields.choice(*BALANCE_KINDS)),
        Field("amount", fields.price),
        Field("currency", fields.currency),
        Field("of", fields.identifier, required=False, default=CHARGES),
        Field("valid_from", fields.day, remedy="give the first day of the term's first month"),
        Field("valid_to", fields.day, remedy="give the first day of the month after the term"),
        Field("opening", fields.price, required=False),
        Field("opening_period", fields.period, required=False),
    ),
)


def read_subtotal_file(table: Table[Subtotal], path: Path, root: Path, problems: list[Problem]) -> None:
    """Add the subtotals of one YAML file to `table`; every problem is reported."""
    name = path.relative_to(root).as_posix()
    if path.suffix == ".csv":
        raise Unreadable(Problem(name, "subtotals are not written as CSV", "write a list of subtotals in a .yaml file"))
    value = read_yaml(files.read_text(path, name), name, problems)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Record):
            _read_subtotal(item, table, problems)
        elif item is not None:
            remedy = "write one `- subtotal: <id>` block for each"
            raise Unreadable(Problem(name, "the file is not a list of subtotals", remedy, 1))


def _read_subtotal(record: Record, table: Table[Subtotal], problems: list[Problem]) -> None:
    before = len(problems)
    wanted, lines = record.values.get("match"), record.values.get("lines")
    refuse = partial(_refuse, record, problems)
    if wanted is not None and not isinstance(wanted, Record):
        refuse("match", "match is not a mapping", "write match: {field: value}")
    if lines is not None and not (isinstance(lines, list) and all(isinstance(item, str) for item in lines)):
        refuse("lines", "lines is not a list of ids", "write lines: [id, id]")
    match = read_row(SUBTOTAL_MATCH, wanted if isinstance(wanted, Record) else Record(record.place, {}, {}), problems)
    listed = tuple(str(item) for item in lines) if isinstance(lines, list) else ()
    row = read_row(SUBTOTAL, record, problems, match=match, lines=listed)
    if row is not None and not row.charges and not listed:
        refuse("charges", "the subtotal sums nothing", "leave charges true, or name custom lines in lines")
    if row is not None and match is not None and not row.charges and any(match[1:]):
        refuse("match", "match without charges selects nothing", "leave charges true, or remove match")
    if row is not None and len(problems) == before:
        table.rows.append(row)
    elif isinstance(broken := record.values.get("subtotal"), str):
        table.broken.add(broken)


def _refuse(record: Record, problems: list[Problem], field: str, what: str, remedy: str) -> None:
    problems.append(record.at(field).problem(what, remedy, field))
