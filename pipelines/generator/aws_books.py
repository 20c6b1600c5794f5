"""One AWS payer's month in figures: what its usage adds up to, and the form of every other line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from pipelines.generator.accounts import Account, Payer
from pipelines.generator.dice import Dice
from pipelines.money import ONE, Decimal
from pipelines.period import BillingPeriod

Line = dict[str, Any]


class Total(NamedTuple):
    """What the usage lines of one file add up to; see aws_totals.sql."""

    account_no: int
    service: str
    product_no: int
    sp_arn: str
    ri_arn: str
    day: date | None
    line_count: int
    quantity: Decimal
    billed: Decimal
    on_demand: Decimal
    sp_used: Decimal
    ri_recurring: Decimal
    ri_amortized: Decimal


@dataclass(frozen=True)
class Commitments:
    """Who owns a savings plan or a reservation: (account number of the owner, ARN) by owning customer."""

    plans: dict[str, tuple[int, str]]
    reservations: dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Books:
    """One payer and month: its accounts, commitments and what its usage adds up to."""

    period: BillingPeriod
    payer: Payer
    accounts: Sequence[Account]
    commitments: Commitments
    totals: Sequence[Total]
    discounted: bool
    dice: Dice

    def at(self, day: int) -> datetime:
        """Midnight of the day-th day of the month, from 0."""
        start = self.period.start
        return datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=day)

    @property
    def days(self) -> int:
        return (self.period.end - self.period.start).days

    def line(self, account_no: int, kind: str, cost: Decimal, first: int, last: int, **values: object) -> Line:
        """A line of [first, last) that costs `cost`, net as well where the payer has net amounts."""
        base: Line = {
            "account_no": account_no, "line_type": kind, "starts_at": self.at(first), "ends_at": self.at(last),
            "quantity": ONE, "unblended": cost, "net": cost if self.discounted else None, "public_cost": None,
            "on_payer": False, "from_marketplace": False, "refunded": False,
        }  # fmt: skip
        return base | values
