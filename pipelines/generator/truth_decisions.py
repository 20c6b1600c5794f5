"""What becomes of a row's money.

The questions are asked in this order, and the first answer that takes the row out ends them:
the partner's own benefit -> the operator's own rows -> unknown owner -> an edge without contract ->
tax and credit policy of the whole path -> a commitment that the operator keeps or pools -> an edge without a
rule -> use of a commitment on demand whose list price nobody knows -> billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from pipelines.generator.truth_benefits import Passed, passed
from pipelines.generator.truth_charges import ADJUSTMENT, CREDIT, TAX, USED, Charge, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_fx import Conversion
from pipelines.generator.truth_owners import chain, holder, owner
from pipelines.generator.truth_policies import Policies
from pipelines.generator.truth_rules import Coefficients, choose
from pipelines.generator.truth_states import GONE, ON_DEMAND, POOLED, Place, States
from pipelines.generator.truth_tags import tags
from pipelines.generator.truth_terms import Card, Contract, Rule
from pipelines.generator.truth_tiers import GroupKey, group_key, measured_by

BILLED = "billed"
ABSORBED = "absorbed"
QUARANTINED = "quarantined"
EXCLUDED = "excluded"
KEPT = {"retained": "retained commitment", "pooled": "pooled commitment"}


class Step(NamedTuple):
    """One edge of a row's path: its contract, the rule there (None passes the seller's cost on), conversions."""

    contract: Contract
    rule: Rule | None
    card: Card | None
    into: Conversion
    group: GroupKey | None
    measure: Coefficients
    """What a row adds to its group."""


class EdgePrice(NamedTuple):
    """What one edge charges for a row: coefficients at the real rates and had all rates been the table's."""

    step: Step
    coefficients: Coefficients
    pinned: Coefficients
    listed: Coefficients
    place: Place | None
    """How the edge bills a row of a commitment; None for any other row."""
    passed: Passed


@dataclass
class Decision:
    """The fate of all rows with one key in one stretch of days."""

    disposition: str
    reason: str
    tenant: str | None = None
    steps: tuple[Step, ...] = ()
    """The edges on which the row is what the provider says it is."""
    demand: tuple[Step, ...] = ()
    """All edges once more, had no commitment covered the row; only where some edge bills it so."""
    places: tuple[Place, ...] = ()
    passed: tuple[Passed, ...] = ()
    priced: tuple[EdgePrice, ...] | None = None
    """The prices that all rows share, once they are known; where bounds compare rows there are none."""

    @property
    def billing(self) -> Iterator[tuple[Step, Place | None, Passed]]:
        """The edges that bill the row, each by the terms that hold there."""
        for number, step in enumerate(self.demand or self.steps):
            place = self.places[number] if self.places else None
            is_demand = place is not None and place.state == ON_DEMAND
            yield (step if is_demand else self.steps[number]), place, self.passed[number]


class Judge:
    """The fates of a month's rows; `observe` all of them before asking."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.policies = Policies(config)
        self.states = States(config, self.policies)
        self._unlisted: set[tuple[object, ...]] = set()
        self._decisions: dict[tuple[object, ...], Decision] = {}

    def observe(self, charge: Charge) -> None:
        """Note what a row says of its commitment: who owns it, what it costs, whether its list price is known."""
        if charge.key.commitment_id:
            self.policies.observe(charge.key)
            self.states.add(charge)
            if charge.key.status == USED and not charge.list_cost and charge.quantity:
                self._unlisted.add(self._rated_alike(charge.key))

    def decision(self, key: ChargeKey) -> Decision:
        """Owner, disposition and terms of a row."""
        known = (self.config.segment(key.day), key._replace(day=self.config.month.start))
        decision = self._decisions.get(known)
        if decision is None:
            decision = self._decisions[known] = self._decide(key)
        return decision

    def pooled_with(self, tenant: str, sellers: Iterable[str], day: date) -> set[tuple[str, str]]:
        """Every edge of whoever shares a pool of these sellers with one of its members."""
        is_member = self.policies.is_member
        return {
            edge
            for (seller, pool), edges in self._pool_edges.items()
            if seller in sellers and is_member(seller, pool, tenant, day)
            for edge in edges
        }

    @cached_property
    def _pool_edges(self) -> dict[tuple[str, str], set[tuple[str, str]]]:
        """Seller and pool -> the edges that bill what is used from it."""
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for charge in self.states.charges:
            decision = self.decision(charge.key)
            edges = {(step.contract.seller, step.contract.buyer) for step, _, _ in decision.billing}
            for pool in {place.pool for place in decision.places if place.pool is not None and place.state == POOLED}:
                found.setdefault((pool.seller, pool.pool), set()).update(edges)
        return found

    def _rated_alike(self, key: ChargeKey) -> tuple[object, ...]:
        """What rows that are rated together have in common: of their tags only those that the configuration names."""
        carried = tags(key.tags)
        said = tuple(carried.get(name) or "" for name in self.config.tag_names)
        return (self.config.segment(key.day), key._replace(day=self.config.month.start, tags=None), said)

    def _decide(self, key: ChargeKey) -> Decision:
        config = self.config
        if key.benefit_row:
            return Decision(ABSORBED, "partner benefit", owner(config, key)[0])
        if key.customer is None and key.sub_account is None:
            return Decision(ABSORBED, "no customer key", owner(config, key)[0])
        tenant, missing = owner(config, key)
        if tenant is None:
            return Decision(QUARANTINED, missing, holder(config, key))
        if tenant == config.operator:
            return Decision(ABSORBED, "operator usage")
        contracts = config.agreed(tenant, key.day)
        if contracts is None:
            return Decision(QUARANTINED, "no contract", tenant)
        if key.category == TAX and not all(contract.tax == "at_cost" for contract in contracts):
            return Decision(EXCLUDED, "provider tax", tenant)
        if key.category == CREDIT and not all(contract.passes(key.credit_kind) for contract in contracts):
            return Decision(ABSORBED, "credit kept by operator", tenant)
        return self._price(key, tenant, contracts)

    def _price(self, key: ChargeKey, tenant: str, contracts: Sequence[Contract]) -> Decision:
        """The terms of every edge, unless one has none."""
        places = self.states.along(key)
        if places and places[0].state == GONE and places[0].turned_by is not None:
            return Decision(ABSORBED, KEPT[places[0].turned_by.name], tenant)
        states = [place.state for place in places]
        covered = [number for number, state in enumerate(states) if state not in (ON_DEMAND, GONE)]
        length = len(covered) if places else len(contracts)
        steps = _steps(self.config, key, tenant, contracts[:length])
        # Without its commitment the row is usage like any other.
        usage = key._replace(status=None)
        demand = _steps(self.config, usage, tenant, contracts) if ON_DEMAND in states else ()
        if steps is None or demand is None:
            return Decision(QUARANTINED, "no price rule", tenant)
        if demand and self._rated_alike(key) in self._unlisted:
            return Decision(QUARANTINED, "no on-demand price", tenant)
        shares = tuple(passed(self.config, key, contracts))
        return Decision(BILLED, "priced", tenant, steps, demand, places, shares)


def accruing(decision: Decision) -> Iterator[tuple[Step, Place | None, bool]]:
    """The edges whose prices tiers make, and whether the row counts there: on demand only where it is billed so."""
    for number, step in enumerate(decision.steps):
        if step.group is not None:
            yield step, decision.places[number] if decision.places else None, True
    for step, place in zip(decision.demand, decision.places, strict=False):
        if step.group is not None:
            yield step, place, place.state == ON_DEMAND


def _steps(config: Config, key: ChargeKey, tenant: str, contracts: Sequence[Contract]) -> tuple[Step, ...] | None:
    """The terms of every edge of the path, top down; None if a rule is missing on one."""
    steps: list[Step] = []
    above: str | None = None
    tenants = chain(config, key)
    for depth, contract in enumerate(contracts):
        into = Conversion(config.rates, contract, above, key)
        above = contract.currency
        if key.category in (TAX, CREDIT, ADJUSTMENT):
            steps.append(Step(contract, None, None, into._replace(kind="plain"), None, Coefficients()))
            continue
        # The tenants below this edge: the buyer and everyone down to the owner of the row.
        layers = config.plans.layers(contract, tenants[: len(tenants) - 1 - depth], key.day)
        rule = choose(layers.rules, key, key.day)
        if rule is None:
            return None
        card = config.plans.card(layers.card, key)
        if rule.tiers is None:
            steps.append(Step(contract, rule, card, into, None, Coefficients()))
        else:
            group = group_key(rule, contract, tenant, key, config.month.start)
            steps.append(Step(contract, rule, card, into, group, measured_by(rule.tiers, into, card)))
    return tuple(steps)
