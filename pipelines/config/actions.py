"""Which fields an action needs, which mean nothing to it, and the numbers that make no sense.

A field that an action has no use for is refused rather than ignored: whoever wrote it expected an effect.
"""

from __future__ import annotations

from pipelines.config.pricing import BASES, BOUNDED_ACTIONS, PERCENT_ACTIONS, PERCENT_LIMIT, Rule
from pipelines.config.records import Record
from pipelines.config.tiers import check_tiers
from pipelines.errors import Problem
from pipelines.money import HUNDRED, ZERO, Decimal

TIER_FIELDS = ("mode", "measure", "value", "scope")
# action -> (required, optional) of the fields that not every rule has
FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(PERCENT_ACTIONS, (("percent", "basis"), ("floor", "cap"))),
    "unit_price": (("price", "currency"), ("unit", "floor", "cap")),
    "tiers": ((*TIER_FIELDS, "tiers"), ("unit", "basis", "currency", "continues")),
    "pass_through": ((), ()),
    "free": ((), ()),
}
SPECIAL = ("percent", "basis", "price", "currency", "unit", "floor", "cap", *TIER_FIELDS, "continues", "tiers")
REMEDIES = {
    "basis": f"name one of {', '.join(BASES)}: there is no default",
    "mode": "write graduated (each tier prices its own part) or volume (the reached tier prices all)",
    "measure": "write quantity or amount: what the bounds count",
    "value": "write price, discount or markup: what a tier sets",
    "scope": "write sku, service, buyer or subtree: whose charges accrue together",
    "tiers": "list them, e.g. tiers: [{from: 0, to: 100, price: 0.10}, {from: 100, price: 0.08}]",
}


def check_action(rule: Rule, record: Record, problems: list[Problem]) -> None:
    """The fields an action needs are there, those it has no use for are not, and the numbers make sense."""
    needed, optional = FIELDS[rule.action]
    for name in SPECIAL:
        present = bool(getattr(rule, name)) if name in ("tiers", "continues") else getattr(rule, name) is not None
        if name in needed and not present:
            remedy = REMEDIES.get(name, f"give the {name}")
            problems.append(rule.place.problem(f"{rule.action} without {name}", remedy, name))
        elif present and name not in (*needed, *optional):
            remedy = "remove the field"
            if name in ("floor", "cap"):
                remedy = f"remove the field: only {', '.join(BOUNDED_ACTIONS)} have one"
            problems.append(record.at(name).problem(f"{rule.action} has no {name}", remedy, name))
    if rule.action == "margin" and rule.basis not in (None, "parent"):
        what = f"margin is a share of the sell price over what the seller paid, not over {rule.basis}"
        problems.append(record.at("basis").problem(what, "write basis: parent, or use markup or uplift", "basis"))
    if rule.action in PERCENT_ACTIONS and rule.percent is not None:
        check_percent(rule.action, rule.percent, record, problems)
    if rule.action == "tiers":
        check_tiers(rule, record, problems)


def check_percent(action: str, percent: Decimal, record: Record, problems: list[Problem]) -> None:
    """A percent that its action can mean."""
    place = record.at("percent")
    if percent < ZERO:
        problems.append(place.problem(f"{action} of {percent} percent", "use the opposite action", "percent"))
    elif action == "margin" and percent >= HUNDRED:
        what = f"a margin of {percent} percent of the sell price has no price"
        problems.append(place.problem(what, "stay below 100, or use markup", "percent"))
    elif action == "discount" and percent > HUNDRED:
        problems.append(place.problem(f"a discount of {percent} percent", "stay at 100 or below", "percent"))
    elif percent > PERCENT_LIMIT:
        problems.append(place.problem(f"{percent} percent", f"stay at {PERCENT_LIMIT} or below", "percent"))
