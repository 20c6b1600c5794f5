"""A commitment that nobody has bought: the file that describes it, and what it costs.

Amounts are in `currency`, the billing currency of the charges that it can cover. What it costs per hour is either
said (`hourly`, an amount of money) or a quantity of the covered unit at a price per unit.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pipelines.config import fields
from pipelines.config.fields import Field, Shape, Unfit, read_row
from pipelines.config.files import read_records
from pipelines.config.matching import value_or_form
from pipelines.config.records import Place, Record, Unreadable
from pipelines.config.vocabulary import PROVIDERS
from pipelines.errors import BadConfig, Problem
from pipelines.money import CONTEXT, HUNDRED, ONE, ZERO, Decimal, parse, r12
from pipelines.period import BillingPeriod

HOURS = 24
MATCHED = {
    "service_category": "ServiceCategory",
    "service": "ServiceName",
    "sku": "SkuId",
    "sku_price": "SkuPriceId",
    "region": "RegionId",
    "pricing_unit": "PricingUnit",
}
PAYMENTS = ("no_upfront", "partial_upfront", "all_upfront")


class Matched(NamedTuple):
    """Which usage a commitment can cover; None for any value."""

    place: Place
    service_category: str | None
    service: str | None
    sku: str | None
    sku_price: str | None
    region: str | None
    pricing_unit: str | None


class Offer(NamedTuple):
    """A hypothetical commitment. Exactly one of owner and account, of hourly and quantity, of percent and rate."""

    place: Place
    commitment: str | None
    provider: str
    kind: str
    owner: str | None
    account: str | None
    scope: str
    hourly: Decimal | None
    quantity: Decimal | None
    percent: Decimal | None
    rate: Decimal | None
    currency: str
    term: int
    payment: str
    upfront_percent: Decimal
    starts: date | None
    match: Matched

    def begins(self, period: BillingPeriod) -> date:
        """The first day of its term; the period's if none is said."""
        return self.starts or period.start

    def ends(self, period: BillingPeriod) -> date:
        """The first day after its term."""
        begin = self.begins(period)
        month = begin.month - 1 + self.term
        year, month = begin.year + month // 12, month % 12 + 1
        return date(year, month, min(begin.day, monthrange(year, month)[1]))

    def days(self, period: BillingPeriod) -> tuple[date, date]:
        """Its part of the period: first day, and the day after the last."""
        return max(self.begins(period), period.start), min(self.ends(period), period.end)

    @property
    def upfront(self) -> Decimal:
        """The part of the whole cost that is paid when the term begins."""
        shares = {"no_upfront": ZERO, "all_upfront": ONE}
        return shares.get(self.payment, r12(CONTEXT.divide(self.upfront_percent, HUNDRED)))


class Payment(NamedTuple):
    """One purchase charge: [since, until), and the amount in the offer's currency."""

    since: date
    until: date
    amount: Decimal
    is_upfront: bool


def payments(offer: Offer, period: BillingPeriod, per_hour: Decimal) -> list[Payment]:
    """What is paid for it in a period: the upfront part if its term begins in it, then the hours of the period."""
    begin, end = offer.begins(period), offer.ends(period)
    since, until = offer.days(period)
    found = []
    if offer.upfront and begin >= period.start:
        amount = r12(CONTEXT.multiply(cost_of(begin, end, per_hour), offer.upfront))
        found.append(Payment(begin, begin + timedelta(days=1), amount, True))
    rest = CONTEXT.subtract(ONE, offer.upfront)
    if rest:
        found.append(Payment(since, until, r12(CONTEXT.multiply(cost_of(since, until, per_hour), rest)), False))
    return found


def cost_of(since: date, until: date, per_hour: Decimal) -> Decimal:
    """The cost of [since, until), exact to 12 decimals."""
    return r12(CONTEXT.multiply(per_hour, Decimal(HOURS * (until - since).days)))


def read_offer(path: Path, period: BillingPeriod) -> Offer:
    """The offer of a file. Raises BadConfig with every problem of it."""
    problems: list[Problem] = []
    try:
        records = read_records(path, path.parent, OFFER.names, OFFER.required, problems)
    except Unreadable as stop:
        raise BadConfig(stop.problem) from stop
    if len(records) != 1:
        problems.append(Problem(path.name, f"it describes {len(records)} commitments", "write one mapping in a file"))
    offers = [_read(record, problems) for record in records]
    offer = offers[0] if offers else None
    if offer is not None and not problems:
        problems += _contradictions(offer, period)
    if problems or offer is None:
        raise BadConfig(problems)
    return offer


def _read(record: Record, problems: list[Problem]) -> Offer | None:
    nested = record.values.get("match")
    if not isinstance(nested, Record):
        remedy = "write match: {service: ..., sku: ...}"
        problems.append(record.at("match").problem("it is not said which usage it covers", remedy, "match"))
        return None
    match = read_row(MATCH, nested, problems)
    return read_row(OFFER, record, problems, match=match)


def _contradictions(offer: Offer, period: BillingPeriod) -> list[Problem]:
    found = []
    for one, other in (("owner", "account"), ("hourly", "quantity"), ("percent", "rate")):
        if (getattr(offer, one) is None) == (getattr(offer, other) is None):
            found.append(offer.place.problem(f"give one of {one} and {other}", "keep one, remove the other", one))
    since, until = offer.days(period)
    if since >= until:
        what = f"its term from {offer.begins(period)} holds no day of {period}"
        found.append(offer.place.problem(what, "correct starts or term, or simulate another period", "starts"))
    if not any(offer.match[1:]):
        found.append(offer.place.problem("it covers nothing in particular", "name at least a service", "match"))
    return found


def _percent(raw: str) -> Decimal:
    percent = fields.number(raw)
    if not 0 <= percent <= HUNDRED:
        raise Unfit(f"{raw} percent", "write a percent from 0 to 100")
    return percent


def _positive(raw: str) -> Decimal:
    if (value := fields.number(raw)) <= 0 or value >= parse("1000000000"):
        raise Unfit(f"{raw} is no commitment", "write a number above 0")
    return value


def _months(raw: str) -> int:
    if not 1 <= (months := fields.integer(raw)) <= 120:
        raise Unfit(f"a term of {raw} months", "write 1 to 120")
    return months


MATCH = Shape(Matched, tuple(Field(name, value_or_form, required=False) for name in MATCHED))
OFFER = Shape(
    Offer,
    (
        Field("commitment", fields.text, required=False),
        Field("provider", fields.choice(*PROVIDERS)),
        Field("kind", fields.text, remedy="name it as price rules do in match: {commitment: ...}"),
        Field("owner", fields.identifier, required=False),
        Field("account", fields.text, required=False),
        Field("scope", fields.choice("own", "shared"), required=False, default="own"),
        Field("hourly", _positive, required=False),
        Field("quantity", _positive, required=False),
        Field("percent", _percent, required=False),
        Field("rate", _positive, required=False),
        Field("currency", fields.currency),
        Field("term", _months, remedy="give its months, e.g. 12"),
        Field("payment", fields.choice(*PAYMENTS), required=False, default="no_upfront"),
        Field("upfront_percent", _percent, required=False, default=Decimal(50)),
        Field("starts", fields.day, required=False),
    ),
    nested=("match",),
)
