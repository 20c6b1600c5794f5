"""What the records of a configuration say, as far as it moves money: links, contracts, rules, tiers, cards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, number, r12
from pipelines.generator.truth_records import Record, Span, span, text


class Link(NamedTuple):
    """A provider scope's tenant; `own_only` leaves rows with a narrower key to other links."""

    span: Span
    tenant: str
    own_only: bool


class Policy(NamedTuple):
    """What becomes of a commitment's use on an edge; `pool` of its seller, `benefit_to` owner or operator."""

    name: str = "as_applied"
    benefit_to: str = ""
    pool: str = ""


class Contract(NamedTuple):
    """What a seller and a buyer agreed."""

    span: Span
    id: str
    seller: str
    buyer: str
    currency: str
    plan: str
    rounding: str
    tax: str
    credits: str
    grain: str
    own_rate: bool
    """Rows that state the provider's own rate into the contract's currency are converted at it."""
    fx_markup: Decimal
    daily_moves: bool
    policy: Policy
    spread: bool = False
    """Commitments are billed as they are used, not as they are bought."""
    benefit_share: Decimal = ZERO
    """What part of the benefit that the seller got goes on to the buyer, from 0 to 1."""
    benefit_in_price: bool = False

    def passes(self, credit_kind: str | None) -> bool:
        """Whether a provider credit of this kind goes on to the buyer."""
        kinds = [kind.strip().lower() for kind in self.credits.split(";")]
        return kinds == ["pass"] or (kinds != ["keep"] and (credit_kind or "").lower() in kinds)


class Pattern(NamedTuple):
    """What one match field asks for: an exact value, a beginning, or any value at all; in lower case."""

    kind: str
    text: str

    def fits(self, value: str | None) -> bool:
        if value is None:
            return False
        if self.kind == "any":
            return True
        return value.lower().startswith(self.text) if self.kind == "prefix" else value.lower() == self.text


class Tier(NamedTuple):
    """lower < x <= upper, and the price or the percent as written."""

    lower: Decimal
    upper: Decimal | None
    value: Decimal


class TierSet(NamedTuple):
    """The tiers of one version of a rule."""

    mode: str
    measure: str
    value: str
    basis: str | None
    currency: str | None
    scope: str
    tiers: tuple[Tier, ...]
    before: tuple[date, ...] = ()
    """The versions of the rule whose accrual this one continues, by their first day."""


class Rule(NamedTuple):
    """One price rule; `percent` as written (10 is a tenth), `price` in `currency`."""

    span: Span
    id: str
    match: dict[str, Pattern]
    tag: str | None
    priority: int
    order: int
    action: str
    basis: str | None
    percent: Decimal
    price: Decimal
    currency: str | None
    floor: str | None
    cap: str | None
    tiers: TierSet | None


class Card(NamedTuple):
    """The operator's own list price of one product, per pricing unit."""

    span: Span
    price: Decimal
    currency: str


def read_link(record: Record) -> Link:
    """A link; its own charges only for a billing account, unless it says otherwise."""
    covers = text(record, "covers") or ("own" if record["scope"] == "billing_account" else "all")
    return Link(span(record), record["tenant"], covers == "own")


def read_contract(record: Record) -> Contract:
    """A contract with its defaults."""
    return Contract(
        span=span(record),
        id=record["contract"],
        seller=record["seller"],
        buyer=record["buyer"],
        currency=record["currency"],
        plan=record["plan"],
        rounding=text(record, "rounding") or "half_up",
        tax=text(record, "tax") or "exclude",
        credits=text(record, "credits") or "keep",
        grain=text(record, "line_grain") or "sku",
        own_rate=text(record, "fx") == "provider",
        fx_markup=number(text(record, "fx_markup")),
        daily_moves=text(record, "move_proration") == "daily",
        policy=read_policy(record, "commitments") or Policy(),
        spread=text(record, "billing_basis") == "amortized",
        benefit_share=percents(text(record, "partner_benefit_share")),
        benefit_in_price=text(record, "partner_benefit_shown") == "price",
    )


def read_policy(record: Record, field: str) -> Policy | None:
    """The policy that a record states, if it states one."""
    name = text(record, field)
    return Policy(name, text(record, "benefit_to"), text(record, "commitment_pool")) if name else None


def percents(said: str) -> Decimal:
    """A percentage as a factor: 10 is a tenth."""
    return r12(WIDE.divide(number(said), ONE.scaleb(2)))


def pattern(value: str) -> Pattern:
    """`*any`, a beginning before a star, or the value itself."""
    value = value.lower()
    if value == "*any":
        return Pattern("any", "")
    return Pattern("prefix", value[:-1]) if value.endswith("*") and len(value) > 1 else Pattern("exact", value)


def read_rule(record: Record, order: int) -> Rule:
    """A rule; a unit is one of its match fields, a tag is told apart from its value."""
    asked = {name: str(value) for name, value in (record.get("match") or {}).items()}
    tag, _, wanted = asked.get("tag", "").partition("=")
    if tag:
        asked["tag"] = wanted
    if text(record, "unit"):
        asked["pricing_unit"] = text(record, "unit")
    return Rule(
        span=span(record),
        id=record["rule"],
        match={name: pattern(value) for name, value in asked.items()},
        tag=tag or None,
        priority=int(text(record, "priority") or 0),
        order=order,
        action=record["action"],
        basis=text(record, "basis") or None,
        percent=number(record.get("percent")),
        price=number(record.get("price")),
        currency=text(record, "currency") or None,
        floor=text(record, "floor") or None,
        cap=text(record, "cap") or None,
        tiers=_tier_set(record) if record["action"] == "tiers" else None,
    )


def _tier_set(record: Record) -> TierSet:
    tiers = tuple(
        Tier(
            number(tier["from"]),
            number(tier["to"]) if text(tier, "to") else None,
            number(tier["price"] if "price" in tier else tier["percent"]),
        )
        for tier in record["tiers"]
    )
    return TierSet(
        mode=record["mode"],
        measure=record["measure"],
        value=record["value"],
        basis=text(record, "basis") or None,
        currency=text(record, "currency") or None,
        scope=record["scope"],
        tiers=tiers,
    )
