"""What the oracle knows of one booked provider row: who and what it is (key) and its amounts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

USAGE = "Usage"
PURCHASE = "Purchase"
ADJUSTMENT = "Adjustment"
CREDIT = "Credit"
TAX = "Tax"
USED = "Used"
UNUSED = "Unused"
EARNED = "earned"
MISSED = "missed"
CORRECTION = "Correction"


class ChargeKey(NamedTuple):
    """Everything about a row that owners, rules and invoice lines can see; texts as the provider writes them."""

    provider: str
    account: str
    invoice: str | None
    currency: str
    day: date
    category: str
    charge_class: str | None = None
    corrected_invoice: str | None = None
    customer: str | None = None
    sub_account: str | None = None
    resource_group: str | None = None
    service_category: str | None = None
    service: str | None = None
    sku: str | None = None
    sku_price: str | None = None
    region: str | None = None
    pricing_unit: str | None = None
    publisher: str | None = None
    commitment: str | None = None
    """Kind of commitment the row buys, uses or wastes; None on every other row."""
    status: str | None = None
    """Used or Unused on rows that a commitment covers or leaves idle."""
    benefit_row: bool = False
    """The provider's own row for a benefit of the partner (SPP, EDP, reseller margin)."""
    tags: str | None = None
    """A JSON object as text."""
    credit_kind: str | None = None
    invoice_type: str | None = None
    pricing_currency: str | None = None
    exchange_rate: Decimal | None = None
    """Units of `currency` per 1 `pricing_currency`, as the provider says on the row."""
    commitment_id: str | None = None
    """The commitment that the row buys, uses or wastes."""
    commitment_owner: str | None = None
    """The provider's id of who bought it."""
    benefit_kind: str | None = None
    """PEC, SPP, EDP, PRIVATE_RATE or RESELLER_MARGIN, earned or missed."""
    benefit_status: str | None = None


class Charge(NamedTuple):
    """One booked row: amounts in the row's currency at 12 decimals, `stated` as the source has it."""

    key: ChargeKey
    list_cost: Decimal
    contracted: Decimal
    billed: Decimal
    effective: Decimal
    benefit: Decimal
    quantity: Decimal
    stated: Decimal
    """The provider's amount before rounding to 12 decimals."""
    end: date | None = None
    """The first day after the charge's period; None is the day after its first. No row of 24 hours or less is
    longer than its first day."""
    missed: Decimal = Decimal(0)
    """What a benefit that was missed would have been."""


def day_after(start: datetime, end: datetime) -> date:
    """The first day after a period: a part of a day counts whole, 24 hours or less are one day."""
    if end - start <= timedelta(days=1):
        return start.date() + timedelta(days=1)
    return end.date() if end.time() == time() else end.date() + timedelta(days=1)


def bought_ahead(key: ChargeKey) -> bool:
    """Rows of a commitment: its purchase, what it covers and what it leaves idle."""
    return key.status is not None or (key.category == PURCHASE and key.commitment is not None)
