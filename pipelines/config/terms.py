"""The words of contract terms and links: credits, line grains, FX, fixed rates, tags as scopes.

A fixed rate is units of the contract's currency per 1 `from_currency`. Dates are half-open.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pipelines import schemas
from pipelines.config import fields
from pipelines.config.fields import Field, Shape, Unfit
from pipelines.config.files import nearest
from pipelines.config.records import Place
from pipelines.config.vocabulary import INTERVAL
from pipelines.money import HUNDRED, ONE, Decimal, r12

# Most specific first; a tag rule limited to one account goes before all of them.
SCOPES = ("tag", "resource_group", "sub_account", "customer", "billing_account")
LINE_GRAINS = ("sku", "service", "account", "provider", "customer")
PARENT_PRICE, BENEFIT, NOTHING = "parent_price", "benefit", "none"
CREDIT_KINDS = next(column.values for column in schemas.extensions() if column.id == "x_CreditKind")


class ContractRate(NamedTuple):
    """An exchange rate that a contract fixes: units of its currency per 1 `from_currency`, for one interval."""

    place: Place
    contract: str
    from_currency: str
    rate: Decimal
    source: str
    valid_from: date
    valid_to: date


def passed_credits(raw: str) -> str:
    """keep, pass, or kinds of credit with a semicolon between them; the kinds come back sorted."""
    if raw in ("keep", "pass"):
        return raw
    kinds = sorted({kind.strip() for kind in raw.split(";")})
    for kind in kinds:
        if kind not in CREDIT_KINDS:
            close = nearest(kind, ("keep", "pass", *CREDIT_KINDS))
            remedy = f"write keep, pass, or kinds separated by ';' out of {', '.join(CREDIT_KINDS)}"
            raise Unfit(f"{kind!r} is no kind of credit{close}", remedy)
    return ";".join(kinds)


def disclosures(raw: str) -> str:
    """none, or what a contract tells with a semicolon between; it comes back sorted."""
    words = sorted({word.strip() for word in raw.split(";")})
    if words != [NOTHING] and not set(words) <= {PARENT_PRICE, BENEFIT}:
        remedy = f"write {NOTHING}, {PARENT_PRICE}, {BENEFIT} or {PARENT_PRICE};{BENEFIT}"
        raise Unfit(f"{raw!r} is nothing that a contract discloses", remedy)
    return ";".join(words)


def markup(raw: str) -> Decimal:
    """A percent from 0 to 100 on an exchange rate."""
    percent = fields.number(raw)
    if not 0 <= percent <= HUNDRED:
        raise Unfit(f"an FX markup of {raw} percent", "write 0 to 100; 2.5 is two and a half percent")
    return percent


def markup_factor(percent: Decimal) -> Decimal:
    """What a rate is multiplied with: R12(1 + percent / 100)."""
    return r12(ONE + percent.scaleb(-2))


def fixed_rate(raw: str) -> Decimal:
    """A rate that two parties agreed on; its direction is fixed, so it may be as small as it is."""
    rate = fields.number(raw)
    if rate <= 0:
        raise Unfit(f"the rate {raw} is not above 0", "write units of the contract's currency per 1 from_currency")
    return rate


def comparable_scope(scope: str, scope_id: str) -> str:
    """A scope's id as it compares: lower case, but for the key of a tag."""
    if scope != "tag":
        return scope_id.lower()
    key, _, value = scope_id.partition("=")
    return f"{key.strip()}={value.strip().lower()}"


CONTRACT_RATE = Shape(
    ContractRate,
    (
        Field("contract", fields.identifier),
        Field("from_currency", fields.currency),
        Field("rate", fixed_rate),
        Field("source", fields.text, remedy="name the agreement that fixes the rate"),
        *INTERVAL,
    ),
)
TERMS = (
    Field("line_grain", fields.choice(*LINE_GRAINS), required=False, default="sku"),
    Field("fx", fields.choice("table", "provider"), required=False, default="table"),
    Field("fx_markup", markup, required=False, default=Decimal(0)),
    Field("move_proration", fields.choice("whole", "daily"), required=False, default="whole"),
)
