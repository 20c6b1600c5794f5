"""Random price plans: every action, wildcard, bound and tier, and no two rules of a plan that tie."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.random_worlds import pools
from tests.properties.random_worlds.pools import Draw, given, on, one, sometimes

Record = dict[str, Any]
BASES = ("list", "contracted", "parent")
MATCHED: dict[str, tuple[str, ...]] = {
    "sku": ("SKU-1", "sku-*", "sku-2*", "*any", "SKU-20"),
    "service": ("Virtual Machines", "v*", "blob*", "ÄRGER*", "*any"),
    "provider": ("azure", "aws"),
    "service_category": ("Compute", "Storage"),
    "charge_category": ("Usage", "Purchase"),
    "region": ("eu-1", "eu-*", "*any"),
    "sku_price": ("sku-1/a", "SKU-1/*", "*any"),
    "publisher": ("*any", "acme*", "Zebra"),
    "commitment": ("*any", "Reservation", "sav*"),
    "sub_account": ("@acc-1", "@acc-*", "*any"),
    "invoice_type": ("*any", "anni*", "PURCHASE"),
    "pricing_unit": ("hours", "GB*", "*any"),
    "tag": ("Env=prod", "Env=*any", "Env=pr*", "Team=Ä", "Team=7"),
}
EXACT_ONLY = ("provider", "service_category", "charge_category")


@st.composite
def plans(draw: Draw, prefix: str, seller: str) -> list[Record]:
    """One or two plans of one kind of seller, the first extending a base that prices everything."""
    own_cost = seller == "operator"
    base = plan(draw, f"{prefix}-base", own_cost=own_cost, rules=1)
    if not (on("gaps") and sometimes(draw, 1)):
        base["rules"].append({"rule": f"{prefix}-base-rest"} | action(draw, own_cost=own_cost, whole=True))
    first = plan(draw, f"{prefix}-one", own_cost=own_cost, rules=3) | {"extends": base["plan"]}
    second = plan(draw, f"{prefix}-two", own_cost=own_cost, rules=2) | {"extends": first["plan"]}
    if not sometimes(draw, 3):
        second["extends"] = base["plan"]
    return [first, base, second]


def plan(draw: Draw, name: str, *, own_cost: bool, rules: int, card: bool = True) -> Record:
    """One plan of up to so many rules; a rule that could tie with one before it is left out."""
    found: list[Record] = []
    taken: set[object] = set()
    for number in range(draw(st.integers(0, rules))):
        record = rule(draw, f"{name}-{number}", own_cost=own_cost)
        place = _place(record)
        if place in taken or not place[1]:
            continue
        taken.add(place)
        found += versions(draw, record)
    record = {"plan": name, "rules": found}
    if card and on("rate_cards") and sometimes(draw, 2):
        record["rate_card"] = "@card"
    return record


def _place(record: Record) -> tuple[object, ...]:
    """Rules of one plan that differ in this never tie."""
    match = dict(record.get("match") or {})
    if "unit" in record:
        match["pricing_unit"] = record["unit"]
    values = [value.partition("=")[2] if name == "tag" else value for name, value in match.items()]
    beginnings = [value for value in values if value.endswith("*")]
    exact = len([value for value in values if value != "*any"]) - len(beginnings)
    return (record.get("priority"), frozenset(match), exact, sum(len(value) - 1 for value in beginnings))


def rule(draw: Draw, name: str, *, own_cost: bool) -> Record:
    """A rule with one to three match fields."""
    terms = action(draw, own_cost=own_cost)
    fields = [name for name in MATCHED if on("tag_rules") or name != "tag"]
    if "unit" in terms:
        fields.remove("pricing_unit")
    chosen = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True))
    match = {field: _value(draw, field) for field in chosen}
    record = given(rule=name, match=match, priority=one(draw, (None, None, "1", "2")), **terms)
    if on("rule_dates") and sometimes(draw, 2):
        record |= given(valid_from=one(draw, pools.PERIOD_DAYS))
    elif on("rule_dates") and sometimes(draw, 2):
        record |= given(valid_to=one(draw, pools.PERIOD_DAYS))
    return record


def _value(draw: Draw, field: str) -> str:
    values = MATCHED[field]
    if not on("wildcards"):
        values = tuple(value for value in values if not value.endswith("*") and "*any" not in value)
    return one(draw, values or ("none",))


def action(draw: Draw, *, own_cost: bool, whole: bool = False) -> Record:
    """What a rule does, with all that it needs; `whole` leaves out what asks for a unit."""
    bases = (*BASES, "cost") if own_cost else BASES
    kinds = ["discount"]
    if on("actions"):
        kinds += ["markup", "margin", "uplift", "unit_price", "pass_through", "free"]
    if on("tiers") and not whole:
        kinds += ["tiers", "tiers", "tiers"]
    kind = one(draw, kinds)
    if kind in ("pass_through", "free"):
        return {"action": kind}
    if kind == "tiers":
        return tiers(draw, bases)
    bounds: Record = {}
    if on("bounds") and sometimes(draw, 3):
        bounds["floor"] = one(draw, bases)
    if on("bounds") and sometimes(draw, 2):
        bounds["cap"] = one(draw, bases)
    if kind == "unit_price":
        price, currency = one(draw, pools.AMOUNTS), one(draw, pools.CURRENCIES)
        return (
            given(action=kind, price=price, currency=currency, unit=one(draw, (None,) if whole else (None, "Hours")))
            | bounds
        )
    percents = tuple(value for value in pools.PERCENTS if kind != "margin" or value != "100")
    basis = "parent" if kind == "margin" else one(draw, bases)
    return {"action": kind, "basis": basis, "percent": one(draw, percents)} | bounds


def tiers(draw: Draw, bases: tuple[str, ...]) -> Record:
    """Tiers of every measure, value, mode and scope that go together."""
    measure = one(draw, ("quantity", "amount"))
    value = one(draw, ("price", "discount", "markup") if measure == "quantity" else ("discount", "markup"))
    linear = measure == "quantity" and value != "price"
    record: Record = {
        "action": "tiers",
        "mode": "volume" if linear else one(draw, ("graduated", "volume")),
        "measure": measure,
        "value": value,
        "scope": one(draw, ("sku", "service", "buyer", "subtree")),
        "tiers": steps(draw, value),
    }
    if measure == "quantity":
        record["unit"] = one(draw, ("Hours", "gb-month"))
    if measure == "amount" or value == "price":
        record["currency"] = one(draw, pools.CURRENCIES)
    if value != "price":
        record["basis"] = one(draw, tuple(basis for basis in bases if basis != "parent"))
    return record


def steps(draw: Draw, value: str) -> list[Record]:
    """One to four tiers."""
    field, amounts = ("price", pools.AMOUNTS) if value == "price" else ("percent", pools.PERCENTS)
    edges = sorted(draw(st.sets(st.sampled_from((1, 2, 5, 10, 100)), max_size=3)))
    lows = ["0", *(str(edge) for edge in edges)]
    highs = [*lows[1:], None]
    return [
        given(**{"from": low, "to": high, field: one(draw, amounts)}) for low, high in zip(lows, highs, strict=True)
    ]


def versions(draw: Draw, record: Record) -> list[Record]:
    """A rule with tiers, and sometimes what follows it within the month."""
    if record["action"] != "tiers" or not on("versions") or "valid_to" in record or not sometimes(draw, 3):
        return [record]
    starts = [day for day in pools.PERIOD_DAYS if day > record.get("valid_from", "")]
    if not starts:
        return [record]
    day = one(draw, starts)
    later = record | {"tiers": steps(draw, record["value"]), "valid_from": day}
    if sometimes(draw, 7):
        later["continues"] = "true"
    return [record | {"valid_to": day}, later]
