"""How each edge bills a row of a commitment: as it is covered, from a pool, on demand, or not at all.

Each edge's policy would do something with a row; which of these events count depends on those above. A pool's rate
depends on the events of all its rows, not on their states, so that no pool depends on another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ZERO, divided
from pipelines.generator.truth_charges import USED, Charge, ChargeKey
from pipelines.generator.truth_commitments import Commitment, commitment_of, part_of
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_owners import owner
from pipelines.generator.truth_policies import Policies
from pipelines.generator.truth_terms import Contract, Policy

COVERED = "covered"
POOLED = "pooled"
ON_DEMAND = "on_demand"
GONE = "none"
DEMAND, POOL, OUTSIDER = "demand", "pool", "outsider"


class PoolKey(NamedTuple):
    """What shares one rate: charges dated before the month form a pool of their own."""

    pool: str
    seller: str
    provider: str
    currency: str
    earlier: bool


class Place(NamedTuple):
    """The state of a row on one edge and, where it changed there, by which policy; `rate` of its pool."""

    state: str = COVERED
    rate: Decimal = ZERO
    pool: PoolKey | None = None
    turned_by: Policy | None = None


class Event(NamedTuple):
    """What a seller's policy does with a row that reaches it covered; an empty kind leaves it so.

    `pool` is the one that takes the row in.
    """

    seller: str
    kind: str
    policy: Policy
    pool: PoolKey | None


class States:
    """The states of a month's commitment rows; `add` all of them before asking."""

    def __init__(self, config: Config, policies: Policies) -> None:
        self._config, self._policies = config, policies
        self._charges: list[Charge] = []
        self._weights: dict[PoolKey, Decimal] = {}
        self._rates: dict[PoolKey, Decimal] = {}
        self._known: dict[tuple[int, ChargeKey], tuple[Place, ...]] = {}

    def add(self, charge: Charge) -> None:
        """Take in one row of a commitment."""
        self._charges.append(charge)

    @property
    def charges(self) -> Sequence[Charge]:
        return self._charges

    def owner(self, key: ChargeKey) -> str:
        """Whom a row's commitment belongs to on its day. Raises ValueError for a row of no commitment."""
        return self._policies.owner(_named(key), key.day)[0]

    def along(self, key: ChargeKey) -> tuple[Place, ...]:
        """The states of a row on the edges of its tenant's path, top down; none without contracts on all of it."""
        known = (self._config.segment(key.day), key._replace(day=self._config.month.start))
        if known not in self._known:
            walk = self._used if part_of(key) == USED else self._paid
            self._known[known] = tuple(walk(key)) if part_of(key) else ()
        return self._known[known]

    def _used(self, key: ChargeKey) -> Iterator[Place]:
        """Use: of a pool or outside one only where it first meets any; on demand for good wherever it turns so."""
        place, met_pool = Place(), False
        for event in self._events(key):
            place = place._replace(turned_by=None)
            is_first = place.state == COVERED and not met_pool
            if place.state != ON_DEMAND and (event.kind == DEMAND or (is_first and event.kind == OUTSIDER)):
                place = Place(ON_DEMAND, turned_by=event.policy)
            elif is_first and event.pool is not None:
                met_pool = True
                if self._weight(event.pool) > 0:
                    place = Place(POOLED, self._rate(event.pool), event.pool, event.policy)
            yield place

    def _paid(self, key: ChargeKey) -> Iterator[Place]:
        """What a commitment costs, used or not: it is gone from where a seller keeps it or pools it."""
        place = Place()
        for event in self._events(key):
            place = place._replace(turned_by=None)
            if place.state == COVERED and self._takes(event):
                place = Place(GONE, turned_by=event.policy)
            yield place

    def _events(self, key: ChargeKey) -> Iterator[Event]:
        """What the policy of each edge would do with a row, whatever happened above."""
        commitment, holder, is_use = _named(key), self.owner(key), part_of(key) == USED
        for contract in self._contracts(key):
            policy = self._policies.policy(commitment, holder, contract, key.day)
            kind, pool = "", None
            if policy.name == "retained":
                kind = DEMAND
            elif policy.name == "owner_only" and is_use:
                kind = "" if self._policies.on_owners_side(holder, contract.buyer, key.day) else DEMAND
            elif policy.name == "pooled":
                mine = self._pool(key, policy.pool, contract.seller)
                pool = mine if not is_use or self._takes_part(key, mine) else None
                kind = POOL if pool else OUTSIDER
            yield Event(contract.seller, kind, policy, pool)

    def _contracts(self, key: ChargeKey) -> list[Contract]:
        tenant, _ = owner(self._config, key)
        return (self._config.agreed(tenant, key.day) if tenant else None) or []

    def _pool(self, key: ChargeKey, pool: str, seller: str) -> PoolKey:
        return PoolKey(pool, seller, key.provider, key.currency, key.day < self._config.month.start)

    def _takes_part(self, key: ChargeKey, pool: PoolKey) -> bool:
        tenant, _ = owner(self._config, key)
        return bool(tenant) and self._policies.is_member(pool.seller, pool.pool, tenant or "", key.day)

    def _takes(self, event: Event) -> bool:
        """Whether a seller takes a commitment's cost upon itself or into a pool that is used."""
        return event.kind == DEMAND or (event.pool is not None and self._weight(event.pool) > 0)

    def _weight(self, pool: PoolKey) -> Decimal:
        """The list price of what members use of a pool."""
        if pool not in self._weights:
            used = [charge for charge in self._charges if part_of(charge.key) == USED]
            self._weights[pool] = sum((c.list_cost for c in used if self._is_used(c.key, pool)), ZERO)
        return self._weights[pool]

    def _rate(self, pool: PoolKey) -> Decimal:
        """Cost of a pool per unit of list price."""
        if pool not in self._rates:
            costs = (charge.effective for charge in self._charges if self._belongs(charge.key, pool))
            self._rates[pool] = divided(sum(costs, ZERO), self._weight(pool))
        return self._rates[pool]

    def _is_used(self, key: ChargeKey, pool: PoolKey) -> bool:
        """Whether a pool is the first thing that use meets."""
        first = next((event for event in self._events(key) if event.kind), None)
        return first is not None and (first.kind, first.pool) == (POOL, pool)

    def _belongs(self, key: ChargeKey, pool: PoolKey) -> bool:
        """Whether a row is used from a pool, or paid or left idle in it."""
        if part_of(key) in (None, USED):
            return part_of(key) == USED and self._is_used(key, pool)
        events = list(self._events(key))
        if any(event.seller == pool.seller for event in events):
            first = next((event for event in events if self._takes(event)), None)
            return first is not None and first.pool == pool
        agreed = self._policies.agreed(_named(key), self.owner(key), pool.seller, key.day)
        is_here = agreed is not None and (agreed.name, agreed.pool) == ("pooled", pool.pool)
        return is_here and self._pool(key, pool.pool, pool.seller) == pool


def _named(key: ChargeKey) -> Commitment:
    commitment = commitment_of(key)
    if commitment is None:
        raise ValueError("the row names no commitment")
    return commitment
