"""Whose a row is: the tenant of its most specific link, and what a move in the middle of a row does to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from pipelines.generator.truth_amounts import GRID_12, WIDE, ZERO
from pipelines.generator.truth_charges import Charge, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_terms import Link

AMBIGUOUS = "ambiguous account link"
UNLINKED = "unlinked account"
MONEY = ("list_cost", "contracted", "billed", "effective", "benefit", "missed", "quantity")


def _scopes(key: ChargeKey) -> tuple[tuple[str, str | None, bool], ...]:
    """Scopes of a row, most specific first: kind, id, and whether the row has a narrower key than that."""
    grouped = key.sub_account is not None and key.resource_group is not None
    own_account = key.sub_account is None or key.sub_account.lower() == key.account.lower()
    return (
        ("resource_group", f"{key.sub_account}/{key.resource_group}" if grouped else None, False),
        ("sub_account", key.sub_account, key.resource_group is not None),
        ("customer", key.customer, key.sub_account is not None),
        ("billing_account", key.account, key.customer is not None or not own_account),
    )


def _levels(config: Config, key: ChargeKey) -> Iterator[tuple[list[Link], bool]]:
    """The links of a row's day, most specific level first, and whether the row has a narrower key than that."""
    yield list(config.tag_links(key, within=True)), False
    yield list(config.tag_links(key, within=False)), False
    for scope, scope_id, narrower in _scopes(key):
        link = config.link(key.provider, scope, scope_id, key.day) if scope_id else None
        yield [link] if link else [], narrower


def owner(config: Config, key: ChargeKey) -> tuple[str | None, str]:
    """The tenant linked to a row on its day, else why there is none."""
    for links, narrower in _levels(config, key):
        tenants = {link.tenant for link in links if not (link.own_only and narrower)}
        if len(tenants) > 1:
            return None, AMBIGUOUS
        if tenants:
            return tenants.pop(), ""
    return None, UNLINKED


def holder(config: Config, key: ChargeKey) -> str | None:
    """Whom a row without owner holds: the tenant of the nearest link around it that names one, whatever it covers."""
    for links, _ in _levels(config, key):
        tenants = {link.tenant for link in links}
        if len(tenants) == 1:
            tenant = tenants.pop()
            return None if tenant == config.operator else tenant
    return None


def chain(config: Config, key: ChargeKey) -> tuple[str, ...]:
    """A row's tenant and everyone above it; none without owner."""
    tenant, _ = owner(config, key)
    edges = config.path(tenant, key.day) if tenant else None
    return (tenant, *(seller for seller, _ in reversed(edges or ()))) if tenant else ()


def cut(config: Config, charge: Charge) -> Iterator[Charge]:
    """The row itself or, where its contract divides moves by days, its parts on each side of every move."""
    start, end = charge.key.day, charge.end or charge.key.day + timedelta(days=1)
    if (end - start).days < 2 or not config.moves(start, end) or not _is_daily(config, charge.key):
        yield charge
        return
    cuts, last = [start], chain(config, charge.key)
    for day in config.moves(start, end):
        now = chain(config, charge.key._replace(day=day))
        if now != last:
            cuts.append(day)
        last = now
    yield from _parts(charge, [*cuts, end])


def _is_daily(config: Config, key: ChargeKey) -> bool:
    """Whether the contract by which a row's owner buys says so."""
    if key.customer is None and key.sub_account is None:
        return False
    tenant, _ = owner(config, key)
    edges = config.path(tenant, key.day) if tenant else None
    contract = config.contract(*edges[-1], key.day) if edges else None
    return contract is not None and contract.daily_moves


def _parts(charge: Charge, days: list[date]) -> Iterator[Charge]:
    """Each part by its days, toward zero; the last takes what is left."""
    whole = Decimal((days[-1] - days[0]).days)
    left = {name: getattr(charge, name) for name in MONEY}
    for first, after in pairwise(days):
        length = Decimal((after - first).days)
        taken = {
            name: left[name] if after == days[-1] else _portion(getattr(charge, name), length, whole) for name in MONEY
        }
        left = {name: left[name] - taken[name] for name in MONEY}
        yield charge._replace(key=charge.key._replace(day=first), end=after, stated=ZERO, **taken)


def _portion(amount: Decimal, days: Decimal, whole: Decimal) -> Decimal:
    return WIDE.divide(amount * days, whole).quantize(GRID_12, rounding=ROUND_DOWN, context=WIDE)
