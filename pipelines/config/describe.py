"""Rules in words: what an action does and what a rule looks at, for a person who reads an explanation."""

from __future__ import annotations

from pipelines.config.matching import FIELDS
from pipelines.config.pricing import Rule, Tier
from pipelines.money import Decimal


def action_text(rule: Rule) -> str:
    """An action with its numbers: `discount of 10 % of list, floor cost`."""
    bounds = "".join(f", {name} {basis}" for name, basis in (("floor", rule.floor), ("cap", rule.cap)) if basis)
    return _action(rule) + bounds


def match_text(rule: Rule) -> str:
    """The match fields as written, or `all charges`."""
    given = ((name, getattr(rule.match, name)) for name in FIELDS)
    return ", ".join(f"{name} {value}" for name, value in given if value) or "all charges"


def _action(rule: Rule) -> str:
    percent = f"{digits(rule.percent)} %" if rule.percent is not None else ""
    sentences = {
        "discount": f"discount of {percent} of {rule.basis}",
        "markup": f"markup of {percent} on {rule.basis}",
        "margin": f"margin of {percent} of the sell price over {rule.basis}",
        "uplift": f"uplift: parent plus {percent} of {rule.basis}",
        "unit_price": f"unit price {digits(rule.price)} {rule.currency} per {rule.unit or 'pricing unit'}",
        "pass_through": "pass through: the parent's price",
        "free": "free",
    }
    return sentences.get(rule.action) or _tiers(rule)


def _tiers(rule: Rule) -> str:
    counted = f"quantity in {rule.unit}" if rule.measure == "quantity" else f"amount of {rule.basis} in {rule.currency}"
    steps = "; ".join(_tier(rule, tier) for tier in rule.tiers)
    return f"{rule.mode} tiers by {counted} per {rule.scope}: {steps}"


def _tier(rule: Rule, tier: Tier) -> str:
    span = f"above {digits(tier.lower)}" if tier.upper is None else f"{digits(tier.lower)} to {digits(tier.upper)}"
    if rule.value == "price":
        return f"{span}: {digits(tier.price)} {rule.currency}"
    return f"{span}: {rule.value} of {digits(tier.percent)} % {'of' if rule.value == 'discount' else 'on'} {rule.basis}"


def digits(number: Decimal | None) -> str:
    """A number as people write it: exact, without trailing zeros."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
