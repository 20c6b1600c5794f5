"""Random rate cards, agreed rates, overrides, custom lines, subtotals, balances and cost centres of a subtree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.properties.random_worlds import pools
from tests.properties.random_worlds.pools import Draw, given, on, one, sometimes
from tests.properties.random_worlds.trees import OPERATOR, Tree

Record = dict[str, Any]
Records = dict[str, list[Record]]
KINDS = ("fee", "support", "minimum", "credit_note", "managed_service", "bundle")
# What a subtotal may match, by the coarsest grain of lines that still says it.
MATCHES: tuple[tuple[str, Record], ...] = (
    ("customer", {"charge_category": "Usage"}),
    ("provider", {"provider": "azure"}),
    ("account", {"sub_account": "@acc-1"}),
    ("service", {"service": "Blob Storage"}),
    ("service", {"service_category": "Compute", "provider": "aws"}),
    ("sku", {"sku": "SKU-1"}),
)
GRAINS = ("sku", "service", "account", "provider", "customer")


def terms(draw: Draw, grown: Tree) -> Records:
    """Every kind of record that refers to the tree and its contracts."""
    found: Records = {}
    if on("rate_cards"):
        found["rate_cards"] = _cards(draw)
    if grown.contracts:
        if on("agreed_rates"):
            found["contract_rates"] = _agreed(draw, grown)
        if on("overrides"):
            found["overrides"] = _overrides(draw, grown)
        if on("custom_lines"):
            found |= _custom(draw, grown)
        if on("balances"):
            found["balances"] = _balances(draw, grown, found.get("custom_lines", []))
    if on("cost_centres"):
        found["cost_centres"] = [record for name in grown.customers for record in _centres(draw, name)]
    return found


def _cards(draw: Draw) -> list[Record]:
    """The card that plans name always has one price; a later price may follow an earlier one."""
    cards = []
    for sku, sku_price in (("sku-1", None), ("sku-1", "SKU-1/A"), ("SKU-20", None)):
        base = {"rate_card": "@card", "provider": one(draw, pools.PROVIDERS), "sku": sku, "unit": "Hours"}
        record = base | {"sku_price": sku_price or "", "price": one(draw, pools.AMOUNTS), "currency": "USD"}
        if not sometimes(draw, 3):
            cards.append(record)
            continue
        day = one(draw, pools.PERIOD_DAYS)
        cards += [record | {"valid_to": day}, record | {"valid_from": day, "price": one(draw, pools.AMOUNTS)}]
    return cards


def _agreed(draw: Draw, grown: Tree) -> list[Record]:
    rates = []
    for contract in grown.contracts:
        for currency in ("USD", "EUR", "KWD"):
            if currency != contract["currency"] and sometimes(draw, 1):
                base = {"contract": contract["contract"], "from_currency": currency, "source": "agreed"}
                days = one(draw, ({}, {"valid_to": "2026-10-02"}, {"valid_from": "2026-10-02"}))
                rates.append(base | {"rate": one(draw, ("0.9", "1.234567890123", "150"))} | days)
    return rates


def _overrides(draw: Draw, grown: Tree) -> list[Record]:
    found = []
    for contract in grown.contracts:
        if not sometimes(draw, 3):
            continue
        family = "@op" if contract["seller"] == OPERATOR else "@re"
        below = grown.below(contract["buyer"], always=True)
        for tenant in draw(st.lists(st.sampled_from(below), min_size=1, max_size=2, unique=True)):
            days = one(draw, _inside(contract, ({}, {"valid_from": "2026-10-11"}, {"valid_to": "2026-10-16"})))
            plan = f"{family}-{one(draw, ('two', 'base', 'one'))}"
            found.append({"contract": contract["contract"], "tenant": tenant, "plan": plan} | days)
    return found


def _inside(contract: Record, choices: Sequence[Record]) -> list[Record]:
    """Those days that lie within a contract's; its own days always do."""
    own = {name: contract[name] for name in ("valid_from", "valid_to") if name in contract}
    return [
        own,
        *(
            days
            for days in choices
            if days
            and own.get("valid_from", "") <= days.get("valid_from", "")
            and days.get("valid_to", "9") <= own.get("valid_to", "9")
        ),
    ]


def _meets(contract: Record, record: Record) -> bool:
    """Whether a line is ever billed: on some day of its contract."""
    start, end = contract.get("valid_from", ""), contract.get("valid_to", "9")
    if "on" in record:
        return bool(start <= record["on"] < end)
    return bool(max(start, record.get("valid_from", "")) < min(end, record.get("valid_to", "9")))


def _custom(draw: Draw, grown: Tree) -> Records:
    """Lines, and subtotals of charges and of the lines before them."""
    lines: list[Record] = []
    subtotals: list[Record] = []
    for number in range(draw(st.integers(0, 3))):
        contract = one(draw, grown.contracts)
        of = None
        if on("subtotals") and sometimes(draw, 5):
            of = f"@sub{number}"
            before = [line["line"] for line in lines if line["contract"] == contract["contract"]]
            if before and sometimes(draw, 3):
                subtotals.append({"subtotal": of, "charges": "false", "lines": before})
            else:
                match = one(draw, [None, *_matches(contract)])
                subtotals.append(given(subtotal=of, match=match, lines=before or None))
        lines.append(_line(draw, f"@line{number}", contract, of, grown))
    subtotals = [record for record in subtotals if any(line.get("of") == record["subtotal"] for line in lines)]
    return {"custom_lines": lines, "subtotals": subtotals} if subtotals else {"custom_lines": lines}


def _matches(contract: Record) -> list[Record]:
    """What lines of a contract's grain still say."""
    grain = GRAINS.index(contract.get("line_grain") or "sku")
    return [match for coarsest, match in MATCHES if GRAINS.index(coarsest) >= grain]


def _line(draw: Draw, name: str, contract: Record, of: str | None, grown: Tree) -> Record:
    kind = one(draw, KINDS)
    record: Record = {"line": name, "contract": contract["contract"], "name": f"{kind} {name.strip('@')}", "kind": kind}
    below = [tenant for tenant in grown.below(contract["buyer"], always=True) if tenant in grown.customers]
    wanted = [None, "each_customer", ";".join(below)] if below else [None, "each_customer"]
    record["for"] = one(draw, wanted)
    if kind != "minimum" and (of or sometimes(draw, 3)):
        return given(
            **record, percent=one(draw, ("10", "3.333333", "100")), of=of or "charges", **_when(draw, contract)
        )
    currency = one(draw, pools.CURRENCIES) if on("currencies") else "EUR"
    amount = one(draw, ("100", "9.99", "0.005", "1000000"))
    amounts = {"amount": amount, "currency": currency, "quantity": one(draw, (None, "3", "0.5"))}
    times = {} if "on" in (when := _when(draw, contract)) else {"prorate": one(draw, (None, "daily"))}
    return given(**record, **amounts, **when, **times, of=of or "charges" if kind == "minimum" else None)


def _when(draw: Draw, contract: Record) -> Record:
    times: tuple[Record, ...] = (
        {},
        {"valid_from": "2026-10-21"},
        {"valid_to": "2026-10-11"},
        {"frequency": "once", "on": "2026-10-16"},
        {"frequency": "once", "on": "2026-11-01"},
    )
    return one(draw, [record for record in times if _meets(contract, record)])


def _balances(draw: Draw, grown: Tree, lines: list[Record]) -> list[Record]:
    found = []
    lasting = [contract for contract in grown.contracts if not {"valid_from", "valid_to"} & {*contract}]
    for number in range(draw(st.integers(0, 2)) if lasting else 0):
        contract = one(draw, lasting)
        subtotals = [line["of"] for line in lines if line["contract"] == contract["contract"] and "of" in line]
        start, end = one(
            draw, (("2026-10-01", "2027-10-01"), ("2025-11-01", "2026-11-01"), ("2026-07-01", "2027-01-01"))
        )
        opening = {} if start == "2026-10-01" else {"opening": one(draw, ("40", "0", "5")), "opening_period": "2026-10"}
        record = {
            "balance": f"@bal{number}",
            "contract": contract["contract"],
            "kind": one(draw, ("prepaid", "commitment")),
        }
        record |= {"amount": one(draw, ("50", "1000")), "currency": contract["currency"]}
        days = {"valid_from": start, "valid_to": end}
        found.append(given(**record, **days, **opening, of=one(draw, (None, *subtotals))))
    return found


def _centres(draw: Draw, tenant: str) -> list[Record]:
    """None, percents that change within the month, or tags and a rest."""
    mode = one(draw, ("none", "percents", "tags"))
    bare = tenant.strip("@")

    def centre(name: str, **fields: str) -> Record:
        return {"cost_centre": f"@{bare}-{name}", "name": name, "tenant": tenant} | fields

    if mode == "percents":
        day = one(draw, pools.PERIOD_DAYS)
        before, after = one(draw, (("30", "70"), ("100", "0"), ("33.333333", "66.666667"))), ("12.5", "87.5")
        first = [centre(name, percent=part, valid_to=day) for name, part in zip("ab", before, strict=True)]
        return first + [centre(name, percent=part, valid_from=day) for name, part in zip("bc", after, strict=True)]
    if mode == "tags":
        rest = centre("b", default="true")
        return [centre("a", tag="Env=PROD"), rest, centre("c", tag="Team=a"), centre("d", tag="Env=prod-2")]
    return []
