"""The records of a configuration: tenants, account links, contracts, plans with their rules, FX rates.

Dates are half-open, [valid_from, valid_to); blank ends are read as OPEN_START and OPEN_END. Amounts,
percents and rates are exact decimals. Each record knows its place in the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pipelines import schemas
from pipelines.config import fields
from pipelines.config.fields import OPEN_END, OPEN_START, Field, Shape
from pipelines.config.records import Place
from pipelines.money import ZERO, Decimal
from pipelines.period import BillingPeriod

# A room is a folder: taking the names from there spares a check of text files the import of every room.
PROVIDERS = tuple(sorted(path.parent.name for path in (schemas.ROOT / "pipelines/providers").glob("*/__init__.py")))
SCOPES = ("resource_group", "sub_account", "customer", "billing_account")  # most specific first
SERVICE_CATEGORIES = next(c.values for c in schemas.dataset("cost_and_usage") if c.id == "ServiceCategory")
PRICED_CATEGORIES = ("Usage", "Purchase")
UNPRICED_CATEGORIES = ("Tax", "Credit", "Adjustment")
PERCENT_ACTIONS = ("discount", "markup", "margin", "uplift")
ACTIONS = (*PERCENT_ACTIONS, "unit_price", "pass_through", "free")
BASES = ("list", "contracted", "parent", "cost")
ANY_PUBLISHER = "*any"


class Operator(NamedTuple):
    """operator.yaml: who receives the provider bills, and the currency of its margin."""

    place: Place
    operator: str
    home_currency: str


class Tenant(NamedTuple):
    """One tenant under one parent for one interval."""

    place: Place
    tenant: str
    name: str
    kind: str
    parent: str | None
    home_currency: str | None
    valid_from: date
    valid_to: date


class AccountLink(NamedTuple):
    """A provider scope that belongs to a tenant for one interval; `scope_id` is lower case."""

    place: Place
    provider: str
    scope: str
    scope_id: str
    tenant: str
    covers: str | None
    valid_from: date
    valid_to: date

    @property
    def covers_narrower(self) -> bool:
        return self.covers == "all" if self.covers else self.scope != "billing_account"


class Contract(NamedTuple):
    """The terms on which a seller bills a buyer for one interval."""

    place: Place
    contract: str
    seller: str
    buyer: str
    currency: str
    plan: str
    rounding: str
    tax: str
    credits: str
    partner_benefit_share: Decimal
    commitments: str
    billing_basis: str
    payment_terms: str
    purchase_order: str | None
    valid_from: date
    valid_to: date


class Match(NamedTuple):
    """What a rule applies to: exact values, None for any. The field order is that of MatchValue."""

    place: Place
    provider: str | None
    service_category: str | None
    service: str | None
    sku: str | None
    sku_price: str | None
    region: str | None
    charge_category: str | None
    publisher: str | None
    commitment: str | None
    sub_account: str | None

    @property
    def values(self) -> tuple[str | None, ...]:
        """The ten values in their order, lower case, without the place."""
        return tuple(value.lower() if value else None for value in self[1:])


class Rule(NamedTuple):
    """How one kind of charge is priced: an action on a named basis. `percent` 10 is ten percent."""

    place: Place
    rule: str
    priority: int
    valid_from: date
    valid_to: date
    action: str
    basis: str | None
    percent: Decimal | None
    price: Decimal | None
    currency: str | None
    match: Match


class Plan(NamedTuple):
    """A price plan: its own rules in order, and the plan whose rules follow them."""

    place: Place
    plan: str
    extends: str | None
    rules: tuple[Rule, ...]


class FxRate(NamedTuple):
    """Units of `to_currency` per 1 `from_currency` in one billing period."""

    place: Place
    billing_period: BillingPeriod
    from_currency: str
    to_currency: str
    rate: Decimal
    source: str
    as_of: date


@dataclass(frozen=True)
class Config:
    """A valid configuration. `hash` is the content hash of its files."""

    hash: str
    operator: Operator
    tenants: tuple[Tenant, ...]
    account_links: tuple[AccountLink, ...]
    contracts: tuple[Contract, ...]
    plans: tuple[Plan, ...]
    fx_rates: tuple[FxRate, ...]


INTERVAL = (
    Field("valid_from", fields.day, required=False, default=OPEN_START),
    Field("valid_to", fields.day, required=False, default=OPEN_END),
)
OPERATOR = Shape(Operator, (Field("operator", fields.identifier), Field("home_currency", fields.currency)))
TENANT = Shape(
    Tenant,
    (
        Field("tenant", fields.identifier),
        Field("name", fields.text),
        Field("kind", fields.choice("operator", "reseller", "customer")),
        Field("parent", fields.identifier, required=False),
        Field("home_currency", fields.currency, required=False),
        *INTERVAL,
    ),
)
ACCOUNT_LINK = Shape(
    AccountLink,
    (
        Field("provider", fields.choice(*PROVIDERS)),
        Field("scope", fields.choice(*SCOPES)),
        Field("scope_id", lambda raw: fields.text(raw).lower()),
        Field("tenant", fields.identifier),
        Field("covers", fields.choice("all", "own"), required=False),
        *INTERVAL,
    ),
)
CONTRACT = Shape(
    Contract,
    (
        Field("contract", fields.identifier),
        Field("seller", fields.identifier),
        Field("buyer", fields.identifier),
        Field("currency", fields.currency),
        Field("plan", fields.identifier),
        Field("rounding", fields.choice("half_up", "half_even", "down"), required=False, default="half_up"),
        Field("tax", fields.choice("exclude", "at_cost"), required=False, default="exclude"),
        Field("credits", fields.choice("keep", "pass"), required=False, default="keep"),
        Field("partner_benefit_share", fields.no_share, required=False, default=ZERO),
        Field(
            "commitments",
            fields.only("as_applied", ("owner_only", "retained", "pooled")),
            required=False,
            default="as_applied",
        ),
        Field("billing_basis", fields.only("as_invoiced", ("amortized",)), required=False, default="as_invoiced"),
        Field("payment_terms", fields.text, required=False, default="Net 30"),
        Field("purchase_order", fields.text, required=False),
        *INTERVAL,
    ),
)
FX_RATE = Shape(
    FxRate,
    (
        Field("billing_period", fields.period),
        Field("from_currency", fields.currency),
        Field("to_currency", fields.currency),
        Field("rate", fields.rate),
        Field("source", fields.text, remedy="name who published the rate"),
        Field("as_of", fields.day, remedy="give the date of the rate"),
    ),
)


def _matched(raw: str) -> str:
    if raw == "*":
        raise fields.Unfit("'*' is no value to match", "leave the field out to match anything")
    return fields.text(raw)


def _charge_category(raw: str) -> str:
    if raw in UNPRICED_CATEGORIES:
        raise fields.Unfit(f"rules do not price {raw} charges", "use the contract's fields tax and credits")
    return fields.choice(*PRICED_CATEGORIES)(raw)


MATCH = Shape(
    Match,
    (
        Field("provider", fields.choice(*PROVIDERS), required=False),
        Field("service_category", fields.choice(*SERVICE_CATEGORIES), required=False),
        Field("service", _matched, required=False),
        Field("sku", _matched, required=False),
        Field("sku_price", _matched, required=False),
        Field("region", _matched, required=False),
        Field("charge_category", _charge_category, required=False),
        Field("publisher", _matched, required=False),
        Field("commitment", _matched, required=False),
        Field("sub_account", _matched, required=False),
    ),
)
RULE = Shape(
    Rule,
    (
        Field("rule", fields.identifier),
        Field("priority", fields.integer, required=False, default=0),
        *INTERVAL,
        Field("action", fields.choice(*ACTIONS)),
        Field("basis", fields.choice(*BASES), required=False),
        Field("percent", fields.number, required=False),
        Field("price", fields.price, required=False),
        Field("currency", fields.currency, required=False),
    ),
    nested=("match",),
)
PLAN = Shape(
    Plan,
    (Field("plan", fields.identifier), Field("extends", fields.identifier, required=False)),
    nested=("rules",),
)
