"""Google rows that are not usage: commitment fees, tax, corrections of the month before, the rounding row.

Amounts are in EUR with 9 decimals. The rounding row brings the invoice to whole cents; it and one tax row
belong to the parent account, which pays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from pipelines.generator.accounts import Account
from pipelines.generator.catalog import code
from pipelines.generator.dice import Dice
from pipelines.money import CONTEXT, ONE, ZERO, Decimal, parse, round_to
from pipelines.period import BillingPeriod

Line = dict[str, Any]
COMPUTE = "6F81-5844-456A"
FEE_PER_HOUR = parse("0.0239")
PRICE_PER_HOUR = parse("0.0379")
COVERED_SHARE = parse("0.37")
HOURS = 24
VAT = parse("0.19")


class Total(NamedTuple):
    """What one account's rows of one file add up to; see gcp_totals.sql."""

    account_no: int
    day: date | None
    line_count: int
    net: Decimal
    covered: Decimal
    flexible: Decimal


@dataclass(frozen=True)
class Books:
    """The month's accounts and totals; `commitments` and `flexible` give the ids per account number."""

    period: BillingPeriod
    pacific_hours: int
    accounts: Sequence[Account]
    commitments: Mapping[int, str]
    flexible: Mapping[int, str]
    totals: Sequence[Total]
    dice: Dice

    def line(self, account_no: int, cost_type: str, cost: Decimal, first: int, last: int, **values: object) -> Line:
        """A row of the Pacific days [first, last)."""
        base: Line = {
            "account_no": account_no, "cost_type": cost_type, "cost": cost, "cost_at_list": cost,
            "starts_at": self.at(first), "ends_at": self.at(last),
        }  # fmt: skip
        return base | values

    def at(self, day: int) -> datetime:
        """When the day-th Pacific day begins, from 0."""
        start = self.period.start
        midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
        return midnight + timedelta(days=day, hours=self.pacific_hours)


def all_fees(books: Books) -> list[Line]:
    """Every row that is not usage, in a fixed order."""
    lines = [*commitments(books), *flexible(books), *corrections(books)]
    net = sum((total.net for total in books.totals), ZERO)
    net += sum((line["cost"] + line.get("utilized", ZERO) for line in lines), ZERO)
    lines.append(rounding(books, net))
    return lines + list(taxes(books))


def commitments(books: Books) -> Iterator[Line]:
    """A fee per commitment and day, for about as many cores as it covers on an average day."""
    days = (books.period.end - books.period.start).days
    covered: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for total in books.totals:
        covered[total.account_no] += total.covered
    for account_no, commitment in books.commitments.items():
        hours = CONTEXT.divide(covered[account_no] * COVERED_SHARE, PRICE_PER_HOUR)
        cores = 1 + max(int(hours) // (HOURS * days), 0) + books.dice.integer("cores", commitment, high=1)
        quantity = Decimal(cores * HOURS)
        for day in range(days):
            yield books.line(
                account_no, "regular", round_to(quantity * FEE_PER_HOUR, 9, "half_up"), day, day + 1,
                quantity=quantity, service_id=COMPUTE, service="Compute Engine",
                sku_id=_sku("commitment"), sku="Commitment v1: N2 Cpu in Frankfurt for 1 Year", unit="hour",
                subscription=commitment,
            )  # fmt: skip


def flexible(books: Books) -> Iterator[Line]:
    """The newer model: a fee per commitment and day for the busiest day's use, offset by what was used."""
    used: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for total in books.totals:
        if total.day:
            used[total.account_no][total.day] += total.flexible
    days = (books.period.end - books.period.start).days
    for account_no, commitment in books.flexible.items():
        if account_no not in used:
            continue
        fee = round_to(max([*used[account_no].values(), ZERO]), 2, "half_up") + ONE
        for day in range(days):
            yield books.line(
                account_no, "regular", fee, day, day + 1, utilized=-used[account_no][books.at(day).date()],
                quantity=Decimal(HOURS), service_id=COMPUTE, service="Compute Engine", sku_id=_sku("flexible"),
                sku="Commitment - dollar based v1: Compute flexible CUD for 1 year", unit="hour",
                subscription=commitment,
            )  # fmt: skip


def corrections(books: Books) -> Iterator[Line]:
    """Usage of the month before that Google took back, in one account of six."""
    for account in books.accounts:
        if account.quota and account.number % 6 == 1:
            amount = parse(books.dice.integer("correction", account.id, low=10_000_000, high=9_999_999_999)).scaleb(-9)
            yield books.line(
                account.number, "adjustment", -amount, -4, -3, service_id=COMPUTE, service="Compute Engine",
                sku_id=_sku("correction"), sku="N2 Instance Core running in Frankfurt",
                adjustment_id=books.dice.guid("adjustment", account.id), adjustment="Usage was reported twice",
                adjustment_type="USAGE_CORRECTION", adjustment_mode="COMPLETE_NEGATION",
            )  # fmt: skip


def rounding(books: Books, net: Decimal) -> Line:
    """What is missing from whole cents."""
    return books.line(
        books.accounts[0].number, "rounding_error", round_to(net, 2, "half_up") - net, 0, 1, for_parent=True,
        service_id="rounding", service="Invoice", sku_id=_sku("rounding"), sku="Rounding error",
    )  # fmt: skip


def taxes(books: Books) -> Iterator[Line]:
    """Tax per sub-account of a domestic customer, and a small one on the parent account itself."""
    sums: dict[str, Decimal] = {}
    first: dict[str, int] = {}
    numbers = {account.number: account for account in books.accounts}
    for total in books.totals:
        account = numbers[total.account_no]
        if account.owner.country == "DE":
            sums[account.customer] = sums.get(account.customer, ZERO) + total.net
            first.setdefault(account.customer, account.number)
    texts = {"service_id": "tax", "service": "Invoice", "sku_id": _sku("tax"), "sku": "Tax", "without_project": True}
    days = (books.period.end - books.period.start).days
    for customer, amount in sums.items():
        yield books.line(first[customer], "tax", round_to(amount * VAT, 2, "half_up"), 0, days, **texts)
    yield books.line(books.accounts[0].number, "tax", parse("0.01"), 0, days, **texts, for_parent=True)


def _sku(name: str) -> str:
    return "-".join(code("gcp", 4, name, part) for part in range(3))
