"""Whose a commitment is, and by which policy each seller bills its use."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from pipelines.generator.truth_charges import PURCHASE, UNUSED, ChargeKey
from pipelines.generator.truth_commitments import Commitment, commitment_of, part_of
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_owners import owner
from pipelines.generator.truth_terms import Contract, Policy

SCOPES = ("sub_account", "customer", "billing_account")


class Policies:
    """Owners and policies of a month's commitments; `observe` all of its rows before asking."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._said: dict[Commitment, set[str]] = defaultdict(set)
        self._holders: dict[Commitment, set[str]] = defaultdict(set)

    def observe(self, key: ChargeKey) -> None:
        """Note what a row says of who bought its commitment."""
        commitment = commitment_of(key)
        if commitment is None:
            return
        if key.commitment_owner:
            self._said[commitment].add(key.commitment_owner)
        if part_of(key) in (PURCHASE, UNUSED):
            tenant, _ = owner(self._config, key)
            self._holders[commitment] |= {tenant} if tenant else set()

    def owner(self, commitment: Commitment, day: date) -> tuple[str, str]:
        """The tenant that a commitment belongs to on a day, and what says so."""
        named = [terms.owner for terms in self._config.commitments.terms(commitment, day) if terms.owner]
        if named:
            return named[0], "commitment record"
        if commitment in self._said:
            name = min(self._said[commitment], key=str.encode)
            links = (self._config.link(commitment.provider, scope, name, day) for scope in SCOPES)
            linked = next((link.tenant for link in links if link is not None), None)
            if linked:
                return linked, "account link"
        if self._holders.get(commitment):
            return min(self._holders[commitment], key=str.encode), "charges"
        return self._config.operator, "operator"

    def on_owners_side(self, owner: str, buyer: str, day: date) -> bool:
        """Whether the owner is a buyer or stands below it."""
        return buyer in {name for _, name in self._config.path(owner, day) or ()}

    def agreed(self, commitment: Commitment, owner: str, seller: str, day: date) -> Policy | None:
        """What a seller does with a commitment whoever uses it: its own record, else its pool with the owner."""
        for terms in self._config.commitments.terms(commitment, day):
            if terms.seller == seller and terms.policy is not None:
                return terms.policy
        edge = next((edge for edge in self._config.path(owner, day) or () if edge[0] == seller), None)
        contract = self._config.contract(*edge, day) if edge else None
        return contract.policy if contract is not None and contract.policy.name == "pooled" else None

    def policy(self, commitment: Commitment, owner: str, contract: Contract, day: date) -> Policy:
        """What holds for the use of a commitment on the edge of a contract."""
        agreed = self.agreed(commitment, owner, contract.seller, day)
        if agreed is not None:
            return agreed
        return Policy() if contract.policy.name == "pooled" else contract.policy

    def is_member(self, seller: str, pool: str, tenant: str, day: date) -> bool:
        """Whether a tenant, or one above it, takes part in a pool."""
        around = {tenant, *(buyer for _, buyer in self._config.path(tenant, day) or ())}
        return bool(around & self._config.commitments.members(seller, pool, day))
