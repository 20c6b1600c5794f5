"""Account links of a generated month: which provider scope belongs to which tenant, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from pipelines.generator import names
from pipelines.generator.tenants import Tenant, Tree
from pipelines.period import BillingPeriod

LINK_MOVE_DAY = 11


class Linked(Protocol):
    """What a link needs to know of an account."""

    @property
    def provider(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def owner(self) -> Tenant: ...
    @property
    def billing(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def customer(self) -> str: ...
    @property
    def quota(self) -> int: ...


@dataclass(frozen=True)
class Link:
    """One account link of the configuration; `covers` blank takes the default."""

    provider: str
    scope: str
    scope_id: str
    tenant: str
    covers: str = ""
    within: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


def all_links(
    tree: Tree, period: BillingPeriod, owners: Iterable[tuple[str, str, str]], accounts: Sequence[Linked]
) -> tuple[Link, ...]:
    """Billing accounts name who answers for them (`owners`: provider, id, tenant); the rest names who pays."""
    links = [Link(provider, "billing_account", scope_id, tenant, "own") for provider, scope_id, tenant in owners]
    seen = set()
    for account in accounts:
        scope, key = ("sub_account", account.id) if account.provider == "aws" else ("customer", account.customer)
        if (account.provider, key) not in seen:
            seen.add((account.provider, key))
            links.append(Link(account.provider, scope, key, account.owner.id))
    links += _lent(tree, accounts)
    return tuple(_handed_over(tree, period, accounts, links))


def _lent(tree: Tree, accounts: Sequence[Linked]) -> list[Link]:
    """A subscription, a resource group and what carries a tag in an account that a customer runs for somebody else."""
    big = sorted((a for a in accounts if a.provider == "azure"), key=lambda a: (-a.quota, a.number))
    lent, shared = big[0], next(account for account in big if account.owner is not big[0].owner)
    others = [tenant for tenant in tree.direct if tenant not in (lent.owner, shared.owner)] or list(tree.direct)
    second = next((account for account in big if account.customer == lent.customer and account is not lent), lent)
    return [
        Link("azure", "sub_account", second.id, others[0].id),
        Link("azure", "resource_group", f"{shared.id}/rg-{names.SYSTEMS[0]}-prod", others[-1].id),
        Link("azure", "tag", "env=dev", others[-1].id, within=lent.id),
    ]


def _handed_over(tree: Tree, period: BillingPeriod, accounts: Sequence[Linked], links: list[Link]) -> Iterable[Link]:
    """The biggest AWS account of the operator's payer gets another owner in the middle of the month."""
    payer = next(link.scope_id for link in links if link.provider == "aws")
    used = [account for account in accounts if account.provider == "aws" and account.billing == payer]
    handed = max(used, key=lambda account: (account.quota, -account.number))
    heir = next(tenant for tenant in tree.direct if tenant is not handed.owner)
    day = period.start + timedelta(days=LINK_MOVE_DAY - 1)
    for link in links:
        if link.scope_id == handed.id:
            yield replace(link, valid_to=day)
            yield replace(link, tenant=heir.id, valid_from=day)
        else:
            yield link
