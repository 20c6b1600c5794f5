"""The records of a configuration: tenants, account links, contracts, plans with their rules, FX rates.

Dates are half-open, [valid_from, valid_to); blank ends are read as OPEN_START and OPEN_END. Amounts,
percents and rates are exact decimals. Each record knows its place in the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from pipelines.config import commitments, entities, fields
from pipelines.config.commitments import Commitment, PoolMember, SharingRule
from pipelines.config.cost_centres import CostCentre
from pipelines.config.custom import Balance, CustomLine, Subtotal
from pipelines.config.fields import Field, Shape
from pipelines.config.pricing import Override, Plan, RateCardPrice
from pipelines.config.records import Place
from pipelines.config.terms import SCOPES, TERMS, ContractRate, comparable_scope, disclosures, passed_credits
from pipelines.config.vocabulary import INTERVAL, provider, vendor
from pipelines.config.waivers import OwnWaiver
from pipelines.money import Decimal
from pipelines.period import BillingPeriod


class Operator(NamedTuple):
    """operator.yaml: who receives the provider bills, the currency of its margin, the last plan of its contracts.

    `commitment_sharing` says how grave it is that a commitment reaches several end customers; `vendors` are providers
    beside those with a room of their own: their FOCUS files are read.
    """

    place: Place
    operator: str
    home_currency: str
    plan: str | None
    commitment_sharing: tuple[SharingRule, ...]
    vendors: tuple[str, ...] = ()


class Tenant(NamedTuple):
    """One tenant under one parent for one interval."""

    place: Place
    tenant: str
    name: str
    legal_name: str | None
    kind: str
    parent: str | None
    home_currency: str | None
    valid_from: date
    valid_to: date


class AccountLink(NamedTuple):
    """A provider scope that belongs to a tenant for one interval.

    `scope_id` is lower case but for a tag's key; `within` is the account that a tag is limited to.
    """

    place: Place
    provider: str
    scope: str
    scope_id: str
    within: str | None
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
    line_grain: str
    fx: str
    fx_markup: Decimal
    move_proration: str
    partner_benefit_share: Decimal
    partner_benefit_shown: str
    commitments: str
    benefit_to: str | None
    commitment_pool: str | None
    billing_basis: str
    discloses: str | None
    entities: str | None
    focus_versions: tuple[str, ...]
    payment_terms: str
    purchase_order: str | None
    valid_from: date
    valid_to: date

    @property
    def credit_policy(self) -> str:
        """keep, pass or listed: whether provider credits reach the buyer."""
        return self.credits if self.credits in ("keep", "pass") else "listed"

    @property
    def credit_kinds(self) -> tuple[str, ...]:
        """The kinds that pass where the policy is `listed`."""
        return tuple(self.credits.split(";")) if self.credit_policy == "listed" else ()


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
    contract_rates: tuple[ContractRate, ...]
    commitments: tuple[Commitment, ...]
    commitment_pools: tuple[PoolMember, ...]
    plans: tuple[Plan, ...]
    rate_cards: tuple[RateCardPrice, ...]
    overrides: tuple[Override, ...]
    cost_centres: tuple[CostCentre, ...]
    custom_lines: tuple[CustomLine, ...]
    subtotals: tuple[Subtotal, ...]
    balances: tuple[Balance, ...]
    fx_rates: tuple[FxRate, ...]
    waivers: tuple[OwnWaiver, ...] = ()


def _tenant_kind(raw: str) -> str:
    if raw == "unit":
        raise fields.Unfit("a unit is no party", "give its customer cost centres in the file cost_centres")
    return fields.choice("operator", "reseller", "customer")(raw)


OPERATOR = Shape(
    Operator,
    (
        Field("operator", fields.identifier),
        Field("home_currency", fields.currency),
        Field("plan", fields.identifier, required=False),
        Field("vendors", vendor, required=False, default=(), many=True),
    ),
    nested=("commitment_sharing",),
)
TENANT = Shape(
    Tenant,
    (
        Field("tenant", fields.identifier),
        Field("name", fields.text),
        Field("legal_name", fields.text, required=False),
        Field("kind", _tenant_kind),
        Field("parent", fields.identifier, required=False),
        Field("home_currency", fields.currency, required=False),
        *INTERVAL,
    ),
)


def _account_link(*, scope: str, scope_id: str, **values: Any) -> AccountLink:
    return AccountLink(scope=scope, scope_id=comparable_scope(scope, scope_id), **values)


ACCOUNT_LINK = Shape(
    _account_link,
    (
        Field("provider", provider),
        Field("scope", fields.choice(*SCOPES)),
        Field("scope_id", fields.text),
        Field("within", lambda raw: fields.text(raw).lower(), required=False),
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
        Field("credits", passed_credits, required=False, default="keep"),
        *TERMS,
        *commitments.TERMS,
        Field("discloses", disclosures, required=False),
        *entities.TERMS,
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
