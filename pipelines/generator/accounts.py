"""The provider accounts of a generated month: whose they are, how many usage rows each gets, how they are linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.generator import names
from pipelines.generator.dice import Dice
from pipelines.generator.links import Link, all_links
from pipelines.generator.tenants import OPERATOR, Tenant, Tree
from pipelines.period import BillingPeriod

# Percent of the lines, tenths; and how many lines per customer are fees, purchases and the like.
SHARES = {"azure": 500, "aws": 294, "gcp": 199}
FEES_PER_CUSTOMER = {"azure": 4, "aws": 20, "gcp": 8}
UNLINKED_ROWS = 12


@dataclass(frozen=True)
class Account:
    """One place where usage happens: Azure subscription, AWS account or Google project.

    `billing` is the CSP invoice currency, the payer or the parent account; `customer` the provider's own
    key of the customer (CSP tenant, Google sub-account; empty on AWS); `plan` the Azure plan's id. An account
    that nobody has linked has weight 0.
    """

    provider: str
    number: int
    owner: Tenant
    billing: str
    id: str
    name: str
    customer: str = ""
    plan: str = ""
    weight: int = 0
    quota: int = 0


@dataclass(frozen=True)
class Payer:
    """One AWS payer account; `owner` is the tenant its own charges belong to."""

    id: str
    name: str
    owner: str
    exports: tuple[str, ...]


@dataclass(frozen=True)
class Estate:
    """All provider accounts of the month and their links. `unlinked` is the AWS account without an owner."""

    partner: str
    payers: tuple[Payer, ...]
    parent: str
    accounts: tuple[Account, ...]
    links: tuple[Link, ...]
    unlinked: str | None

    def of(self, provider: str) -> tuple[Account, ...]:
        """The accounts of one provider, numbered from 0."""
        return tuple(account for account in self.accounts if account.provider == provider)


def build_estate(tree: Tree, period: BillingPeriod, lines: int, dice: Dice, *, unlinked: bool) -> Estate:
    """Give every customer its accounts and every account its share of the lines."""
    payers = _payers(tree, dice)
    parent = f"01{dice.code(4, 'parent')}-{dice.code(6, 'parent2')}-{dice.code(6, 'parent3')}"
    accounts: list[Account] = []
    for provider, found in (
        ("azure", _azure(tree, dice)),
        ("aws", _aws(tree, payers, dice)),
        ("gcp", _gcp(tree, parent, dice)),
    ):
        accounts += _with_quotas(found, _usage_rows(provider, lines, len(tree.customers)))
    stray = _stray(tree, payers[1], accounts, dice) if unlinked else None
    if stray:
        accounts.append(stray)
    partner = dice.guid("partner")
    owners = [
        ("azure", partner, OPERATOR),
        *(("aws", payer.id, payer.owner) for payer in payers),
        ("gcp", parent, OPERATOR),
    ]
    return Estate(
        partner,
        payers,
        parent,
        tuple(accounts),
        all_links(tree, period, owners, [account for account in accounts if account is not stray]),
        stray.id if stray else None,
    )


def _payers(tree: Tree, dice: Dice) -> tuple[Payer, ...]:
    """The operator's payer, one dedicated to the second reseller, and one that a direct customer brought along."""
    reseller = tree.resellers[1]
    payers = [
        Payer(dice.digits(12, "payer", 1), "Nordlicht Distribution", OPERATOR, ("cur2",)),
        Payer(dice.digits(12, "payer", 2), reseller.name, reseller.id, ("cur2", "cur")),
    ]
    if len(tree.direct) > 1:
        owner = tree.direct[1]
        payers.append(Payer(dice.digits(12, "payer", 3), owner.name, owner.id, ("cur",)))
    return tuple(payers)


def _azure(tree: Tree, dice: Dice) -> list[Account]:
    found: list[Account] = []
    for index, owner in enumerate(tree.customers):
        customer, plan = dice.guid("azure customer", index), dice.guid("azure plan", index)
        for part in range(1 + dice.integer("azure accounts", index, high=3)):
            system, stage = names.SYSTEMS[(index + part * 3) % len(names.SYSTEMS)], names.STAGES[part]
            found.append(
                Account(
                    "azure", len(found), owner, owner.azure_currency, dice.guid("subscription", index, part),
                    f"{owner.name} {system} {stage}", customer, plan, owner.weight // (1 + part),
                )
            )  # fmt: skip
    return found


def _aws(tree: Tree, payers: tuple[Payer, ...], dice: Dice) -> list[Account]:
    found: list[Account] = []
    for index, owner in enumerate(tree.customers):
        payer = _payer_of(owner, tree, payers)
        if index > 5 and dice.chance("no aws", index, percent=35) and payer is not payers[-1]:
            continue
        for part in range(1 + dice.integer("aws accounts", index, high=2)):
            number = dice.digits(12, "aws account", index, part)
            name = f"{owner.id}-{names.SYSTEMS[(index + part * 5) % len(names.SYSTEMS)]}-{names.STAGES[part]}"
            weight = owner.weight // (1 + part)
            found.append(Account("aws", len(found), owner, payer.id, number, name, weight=weight))
    return found


def _payer_of(owner: Tenant, tree: Tree, payers: tuple[Payer, ...]) -> Payer:
    if len(payers) > 2 and owner.id == payers[2].owner:
        return payers[2]
    return payers[1] if owner.parent == tree.resellers[1].id else payers[0]


def _gcp(tree: Tree, parent: str, dice: Dice) -> list[Account]:
    found: list[Account] = []
    for index, owner in enumerate(tree.customers):
        if index > 5 and dice.chance("no gcp", index, percent=50):
            continue
        account = f"{dice.code(6, 'g', index)}-{dice.code(6, 'gg', index)}-{dice.code(6, 'ggg', index)}"
        for part in range(1 + dice.integer("projects", index, high=2)):
            name = f"{owner.id}-{names.SYSTEMS[(index + part * 7) % len(names.SYSTEMS)]}"
            project = f"{name[:22]}-{dice.hexadecimal(6, 'project', index, part)}"
            weight = owner.weight // (1 + part)
            found.append(Account("gcp", len(found), owner, parent, project, name, account, weight=weight))
    return found


def _usage_rows(provider: str, lines: int, customers: int) -> int:
    """How many rows of plain usage are left when fees are counted, at least half of the provider's share."""
    rows = lines * SHARES[provider] // 1000
    return max(rows // 2, rows - FEES_PER_CUSTOMER[provider] * customers)


def _with_quotas(accounts: Sequence[Account], rows: int) -> list[Account]:
    """Split the usage rows by weight; the rows that rounding leaves go to the first accounts."""
    total = sum(account.weight for account in accounts)
    quotas = [rows * account.weight // total for account in accounts]
    left = rows - sum(quotas)
    return [
        replace(account, quota=quota + (1 if index < left else 0))
        for index, (account, quota) in enumerate(zip(accounts, quotas, strict=True))
    ]


def _stray(tree: Tree, payer: Payer, accounts: Sequence[Account], dice: Dice) -> Account:
    """An account in the reseller's payer that nobody has linked yet; its owner here is only a name."""
    number = sum(account.provider == "aws" for account in accounts)
    owner = next(customer for customer in tree.customers if customer.parent == payer.owner)
    return Account("aws", number, owner, payer.id, dice.digits(12, "stray"), "sandbox-unknown", quota=UNLINKED_ROWS)
