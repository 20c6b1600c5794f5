"""The shape of a billed month as the oracle states it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ZERO
from pipelines.generator.truth_deliveries import Control
from pipelines.generator.truth_reports import Reports


class LineKey(NamedTuple):
    """The grain of an invoice line within a billing period."""

    seller: str
    buyer: str
    currency: str
    tenant: str
    provider: str | None
    sub_account: str | None
    service: str | None
    sku: str | None
    pricing_unit: str | None
    category: str
    charge_class: str | None
    corrected_invoice: str | None
    custom_line: str | None = None


@dataclass
class InvoiceLine:
    """One invoice line: exact sum, the amount after its one rounding, the amortized sum, charges in it.

    The rounding is that of the contract of the edge; of two in one period, the later one's. `moved` is what the
    exact sum differs from one at the period's table rates, `centres` what the rows weigh per cost centre.
    """

    exact: Decimal = ZERO
    billed: Decimal = ZERO
    amortized: Decimal = ZERO
    listed: Decimal = ZERO
    moved: Decimal = ZERO
    charges: int = 0
    mode: str = "half_up"
    mode_since: date = date.min
    name: str | None = None
    """What a custom line is called."""
    is_payment: bool = False
    """Drawn from a prepaid balance: it pays for other lines and earns nothing."""
    categories: set[str | None] = field(default_factory=set)
    publishers: set[str | None] = field(default_factory=set)
    centres: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))


@dataclass
class Edge:
    """One invoice: the sums over its lines, in the edge's currency."""

    exact: Decimal = ZERO
    billed: Decimal = ZERO
    amortized: Decimal = ZERO
    charges: int = 0
    held: bool = False


@dataclass
class Coverage:
    """What one disposition holds of one provider invoice: buy-side cost, partner benefit, booked rows."""

    billed: Decimal = ZERO
    benefit: Decimal = ZERO
    charges: int = 0


@dataclass
class RawTotal:
    """One provider invoice as its lines state it: net and tax before, all of it after 12 decimals."""

    net: Decimal = ZERO
    tax: Decimal = ZERO
    kept: Decimal = ZERO
    charges: int = 0


class CoverageKey(NamedTuple):
    """The grain of the coverage ledger; `invoice` is empty where the provider gives rows none."""

    disposition: str
    reason: str
    provider: str
    invoice: str
    currency: str


class Hold(NamedTuple):
    """A reason to hold: the tenant held (None keeps the period open only) and one edge on its path."""

    tenant: str | None
    seller: str | None
    buyer: str | None
    reason: str
    provider: str
    currency: str


@dataclass
class Balance:
    """What a balance had, by how much the month changed it, and what it has; in its contract's currency."""

    opening: Decimal
    moved: Decimal
    closing: Decimal


class MarginKey(NamedTuple):
    """The grain of margin: who sells, to whom, for which end customer, and what."""

    seller: str
    buyer: str
    tenant: str
    provider: str | None
    service: str | None


@dataclass
class Margin:
    """Revenue, cost and what exchange rates and rounding did, in the seller's home currency.

    `benefit` is what the operator saved, `shared` what the seller passed on of its benefits: its revenue is net of it.
    """

    revenue: Decimal = ZERO
    cost: Decimal = ZERO
    benefit: Decimal = ZERO
    shared: Decimal = ZERO
    fx: Decimal = ZERO
    rounding: Decimal = ZERO


@dataclass
class Truth:
    """A billed month. Lines and edges in the edge's currency, coverage and raw in the provider's."""

    period: str
    lines: dict[LineKey, InvoiceLine] = field(default_factory=lambda: defaultdict(InvoiceLine))
    edges: dict[tuple[str, str, str], Edge] = field(default_factory=lambda: defaultdict(Edge))
    coverage: dict[CoverageKey, Coverage] = field(default_factory=lambda: defaultdict(Coverage))
    holds: dict[Hold, Coverage] = field(default_factory=lambda: defaultdict(Coverage))
    raw: dict[tuple[str, str, str, str], RawTotal] = field(default_factory=lambda: defaultdict(RawTotal))
    margin: dict[MarginKey, Margin] = field(default_factory=lambda: defaultdict(Margin))
    passed_on: dict[tuple[str, MarginKey], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    """What contracts pass on of benefits, in their currencies."""
    centres: dict[tuple[LineKey, str], Decimal] = field(default_factory=dict)
    balances: dict[str, Balance] = field(default_factory=dict)
    reports: Reports = field(default_factory=Reports)
    controls: list[Control] = field(default_factory=list)
