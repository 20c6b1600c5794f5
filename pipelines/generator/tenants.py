"""The resale tree of a generated month: operator, resellers, customers, and who sells to whom on what terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from pipelines.generator import names
from pipelines.generator.dice import Dice
from pipelines.period import BillingPeriod

OPERATOR = "nordlicht-distribution"
RESELLER_CURRENCIES = ("EUR", "GBP", "EUR", "USD")
RESELLER_PLANS = ("distribution-list", "distribution-cost-plus")
CUSTOMER_PLANS = ("resale-list", "resale-margin", "resale-uplift")
MOVE_DAY = 16
WHITELIST = "promotional;free_tier;sla"


@dataclass(frozen=True)
class Tenant:
    """One party of the tree. `azure_currency` is the currency of the CSP invoice that carries a customer."""

    id: str
    name: str
    kind: str
    parent: str
    currency: str
    country: str = ""
    azure_currency: str = ""
    weight: int = 0


@dataclass(frozen=True)
class Contract:
    """One edge seller -> buyer and its terms; blanks take the defaults."""

    seller: str
    buyer: str
    currency: str
    plan: str
    rounding: str = ""
    tax: str = ""
    credits: str = ""
    line_grain: str = ""
    fx: str = ""
    fx_markup: str = ""
    move_proration: str = ""
    terms: str = ""
    order: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Tree:
    """Resellers, customers (`biggest` is the index of the largest), the one move, and the contracts."""

    resellers: tuple[Tenant, ...]
    customers: tuple[Tenant, ...]
    biggest: int
    mover: Tenant
    new_parent: str
    move_date: date
    contracts: tuple[Contract, ...]

    @property
    def operator(self) -> Tenant:
        return Tenant(OPERATOR, "Nordlicht Distribution", "operator", "", "EUR", "DE")

    @property
    def direct(self) -> tuple[Tenant, ...]:
        """Customers that the operator sells to itself."""
        return tuple(customer for customer in self.customers if customer.parent == OPERATOR)


def build_tree(period: BillingPeriod, customers: int, dice: Dice) -> Tree:
    """A distributor with about one reseller per 15 customers; one customer in five is direct."""
    resellers = _resellers(max(2, round(customers / 15)))
    people = _customers(customers, resellers, dice)
    mover = next(customer for customer in people if customer.parent == resellers[0].id)
    target = resellers[2] if len(resellers) > 2 else resellers[1]
    move_date = period.start + timedelta(days=MOVE_DAY - 1)
    edges = [_reseller_contract(number, reseller) for number, reseller in enumerate(resellers)]
    for number, customer in enumerate(people):
        contract = _customer_contract(number, customer, dice)
        if customer is mover:
            moved = replace(contract, move_proration="daily")
            edges.append(replace(moved, valid_to=move_date))
            edges.append(replace(moved, seller=target.id, valid_from=move_date))
        else:
            edges.append(contract)
    biggest = max(range(customers), key=lambda number: people[number].weight)
    return Tree(resellers, people, biggest, mover, target.id, move_date, tuple(edges))


def _resellers(count: int) -> tuple[Tenant, ...]:
    ids = [names.slug(names.reseller(number)) for number in range(count)]
    return tuple(
        Tenant(
            ids[number],
            names.reseller(number),
            "reseller",
            # From four resellers on, the last one buys from the first: a third tier.
            ids[0] if count >= 4 and number == count - 1 else OPERATOR,
            RESELLER_CURRENCIES[number % len(RESELLER_CURRENCIES)],
        )
        for number in range(count)
    )


def _customers(count: int, resellers: tuple[Tenant, ...], dice: Dice) -> tuple[Tenant, ...]:
    """Customers with weights 1/rank (Zipf); every reseller gets some, the first most."""
    first = dice.integer("company", high=len(names.PREFIXES) * len(names.TRADES) - 1)
    ranks = sorted(range(count), key=lambda number: dice.integer("rank", number))
    found = []
    for number in range(count):
        name = names.company(first + number)
        country, currency, azure = names.COUNTRIES[number % len(names.COUNTRIES)]
        parent = OPERATOR if number % 5 == 0 else _parent(number, resellers, dice)
        weight = 10**9 // (1 + ranks[number])
        found.append(Tenant(names.slug(name), name, "customer", parent, currency, country, azure, weight))
    return tuple(found)


def _parent(number: int, resellers: tuple[Tenant, ...], dice: Dice) -> str:
    turn = number - number // 5 - 1
    if turn < 2 * len(resellers):
        return resellers[turn % len(resellers)].id
    spread = dice.integer("reseller", number, high=len(resellers) ** 2 - 1)
    return resellers[len(resellers) - 1 - int(spread**0.5)].id


def _reseller_contract(number: int, reseller: Tenant) -> Contract:
    return Contract(
        reseller.parent,
        reseller.id,
        reseller.currency,
        RESELLER_PLANS[number % 2] if reseller.parent == OPERATOR else "resale-margin",
        credits="pass" if number % 2 else "",
        terms="Net 14",
        order=f"PO-{2026000 + number}",
    )


def _customer_contract(number: int, customer: Tenant, dice: Dice) -> Contract:
    if customer.parent == OPERATOR:
        plan = "direct-enterprise" if number % 2 else "direct-standard"
    elif customer.currency == "USD":
        # Sold off the list at Microsoft's own rate, such a customer sees Microsoft's USD prices again.
        plan = "resale-list"
    else:
        plan = CUSTOMER_PLANS[number % len(CUSTOMER_PLANS)]
    whitelist = WHITELIST if customer.parent == OPERATOR else ""
    return Contract(
        customer.parent,
        customer.id,
        customer.currency,
        plan,
        rounding=("", "", "half_even", "", "down")[number % 5],
        tax="at_cost" if number % 4 == 0 else "",
        credits="pass" if number % 6 == 0 else whitelist,
        line_grain={4: "service", 6: "account"}.get(number % 8, ""),
        fx="provider" if customer.currency == "USD" else "",
        fx_markup="1.5" if customer.currency == "JPY" else "",
        order=f"{dice.digits(6, 'order', number)}" if number % 3 == 0 else "",
    )
