"""The records that price: plans with their rules and tiers, rate cards, and overrides of a plan.

Dates are half-open, [valid_from, valid_to). Percents (10 is ten percent), prices (per pricing unit) and
tier bounds are exact decimals. Each record knows its place in the files.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from pipelines.config import fields
from pipelines.config.fields import Field, Shape
from pipelines.config.matching import exact_text, tag_condition, value_or_form
from pipelines.config.records import Place
from pipelines.config.vocabulary import INTERVAL, PRICED_CATEGORIES, SERVICE_CATEGORIES, UNPRICED_CATEGORIES, provider
from pipelines.money import Decimal

PERCENT_ACTIONS = ("discount", "markup", "margin", "uplift")
BOUNDED_ACTIONS = (*PERCENT_ACTIONS, "unit_price")
ACTIONS = (*BOUNDED_ACTIONS, "tiers", "pass_through", "free")
BASES = ("list", "contracted", "parent", "cost")
TIER_MODES = ("graduated", "volume")
TIER_MEASURES = ("quantity", "amount")
TIER_VALUES = ("price", "discount", "markup")
PERCENT_LIMIT = Decimal(100_000)  # a typo guard: a thousandfold price
TIER_SCOPES = ("sku", "service", "buyer", "subtree")


class Match(NamedTuple):
    """What a rule applies to: the value of each of 13 fields as written, None for anything.

    The field order is that of MatchValue. A rule's `unit` stands here as its pricing unit.
    """

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
    invoice_type: str | None
    pricing_unit: str | None
    tag: str | None


class Tier(NamedTuple):
    """A price or percent for what lies above `lower`, up to and including `upper` (None: without end)."""

    place: Place
    lower: Decimal
    upper: Decimal | None
    price: Decimal | None
    percent: Decimal | None


class Rule(NamedTuple):
    """One version of a price rule: an action on a named basis, for the charges that `match` describes."""

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
    unit: str | None
    floor: str | None
    cap: str | None
    mode: str | None
    measure: str | None
    value: str | None
    scope: str | None
    continues: bool
    match: Match
    tiers: tuple[Tier, ...]


class Plan(NamedTuple):
    """A price plan: its own rules, the plan whose rules lie one layer further, and its list prices."""

    place: Place
    plan: str
    extends: str | None
    rate_card: str | None
    rules: tuple[Rule, ...]


class RateCardPrice(NamedTuple):
    """The operator's own list price of one SKU per pricing unit; without `sku_price` for all of its prices."""

    place: Place
    rate_card: str
    provider: str
    sku: str
    sku_price: str | None
    unit: str
    price: Decimal
    currency: str
    valid_from: date
    valid_to: date


class Override(NamedTuple):
    """A plan that comes before the contract's own for the charges of one tenant and those below it."""

    place: Place
    contract: str
    tenant: str
    plan: str
    valid_from: date
    valid_to: date


def _charge_category(raw: str) -> str:
    if raw in UNPRICED_CATEGORIES:
        raise fields.Unfit(f"rules do not price {raw} charges", "use the contract's fields tax and credits")
    return fields.choice(*PRICED_CATEGORIES)(raw)


def _bound(raw: str) -> Decimal:
    bound = fields.number(raw)
    if bound < 0:
        raise fields.Unfit(f"the bound {raw} is negative", "begin with from: 0; what lies below belongs to that tier")
    return bound


def _tier(**values: Any) -> Tier:
    """`from` and `to` are the words of the files; `from` is none of Python's names."""
    return Tier(lower=values.pop("from"), upper=values.pop("to"), **values)


MATCH = Shape(
    Match,
    (
        Field("provider", provider, required=False),
        Field("service_category", fields.choice(*SERVICE_CATEGORIES), required=False),
        Field("service", value_or_form, required=False),
        Field("sku", value_or_form, required=False),
        Field("sku_price", value_or_form, required=False),
        Field("region", value_or_form, required=False),
        Field("charge_category", _charge_category, required=False),
        Field("publisher", value_or_form, required=False),
        Field("commitment", value_or_form, required=False),
        Field("sub_account", value_or_form, required=False),
        Field("invoice_type", value_or_form, required=False),
        Field("pricing_unit", value_or_form, required=False),
        Field("tag", tag_condition, required=False),
    ),
)
TIER = Shape(
    _tier,
    (
        Field("from", _bound, remedy="begin with 0, then with the tier before"),
        Field("to", _bound, required=False),
        Field("price", fields.price, required=False),
        Field("percent", fields.number, required=False),
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
        Field("unit", exact_text, required=False),
        Field("floor", fields.choice(*BASES), required=False),
        Field("cap", fields.choice(*BASES), required=False),
        Field("mode", fields.choice(*TIER_MODES), required=False),
        Field("measure", fields.choice(*TIER_MEASURES), required=False),
        Field("value", fields.choice(*TIER_VALUES), required=False),
        Field("scope", fields.choice(*TIER_SCOPES), required=False),
        Field("continues", lambda raw: fields.choice("true", "false")(raw) == "true", required=False, default=False),
    ),
    nested=("match", "tiers"),
)
PLAN = Shape(
    Plan,
    (
        Field("plan", fields.identifier),
        Field("extends", fields.identifier, required=False),
        Field("rate_card", fields.identifier, required=False),
    ),
    nested=("rules",),
)
RATE_CARD_PRICE = Shape(
    RateCardPrice,
    (
        Field("rate_card", fields.identifier),
        Field("provider", provider),
        Field("sku", exact_text),
        Field("sku_price", exact_text, required=False),
        Field("unit", exact_text, remedy="name the pricing unit that the price is for"),
        Field("price", fields.price),
        Field("currency", fields.currency),
        *INTERVAL,
    ),
)
OVERRIDE = Shape(
    Override,
    (
        Field("contract", fields.identifier),
        Field("tenant", fields.identifier),
        Field("plan", fields.identifier),
        *INTERVAL,
    ),
)
