"""What each edge does with a commitment's fee and the usage it covers, in words, and which record says so.

A record of the commitment itself goes before the owner's pool, and that before the contract of the edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pipelines.config.explained import Charge
from pipelines.config.models import Config
from pipelines.config.records import Place

WORDS = {
    "as_applied": "as the provider applied it",
    "retained": "what it covers is on demand, its fee and what stays unused are not billed",
    "pooled": "members share what it costs, what it covers of others is on demand",
}
Edge = Mapping[str, Any]


class Said(NamedTuple):
    """A policy and who says it."""

    policy: str
    benefit_to: str | None
    pool: str | None
    source: str


class CommitmentExplainer:
    """Explains commitments of one day under one configuration."""

    def __init__(self, config: Config, day: date) -> None:
        self.operator = config.operator.operator
        self.contracts = {row.contract: row for row in config.contracts}
        self.records = [row for row in config.commitments if row.valid_from <= day < row.valid_to]
        terms = [row for row in config.contracts if row.valid_from <= day < row.valid_to]
        self.pooling = {row.seller for row in terms if row.commitments == "pooled"}

    def owner(self, charge: Charge) -> str | None:
        """Whose the commitment is, as far as it is known: a record's word goes before that of the charge."""
        stated = (row.owner for row in self._records(charge) if row.owner)
        return next(stated, charge.commitment_owner)

    def treatments(self, edges: Sequence[Edge], owner_edges: Sequence[Edge], charge: Charge) -> Iterator[str]:
        """One sentence per edge of a chain, from the operator down; `owner_edges` is the chain of the owner."""
        owner, settled = self.owner(charge), ""
        side = {edge["BuyerTenantId"] for edge in owner_edges}
        for edge in edges:
            contract = self.contracts.get(edge["ContractId"] or "")
            if contract is None:
                yield ""
                continue
            if settled:
                yield settled
                continue
            said = self._said(edge, owner_edges, charge)
            basis = ", at amortized cost" if contract.billing_basis == "amortized" else ""
            words = _owner_words(owner, edge["BuyerTenantId"] in side) if said.policy == "owner_only" else None
            yield f"{_name(said)}: {words or WORDS[said.policy]}{basis} ({said.source})"
            is_others = said.policy == "owner_only" and owner is not None and edge["BuyerTenantId"] not in side
            if said.policy in ("retained", "pooled") or is_others:
                settled = f"{said.policy} on edge {edge['Depth']}: what holds there holds here"

    def _said(self, edge: Edge, owner_edges: Sequence[Edge], charge: Charge) -> Said:
        seller = edge["SellerTenantId"]
        for row in self._records(charge):
            if row.policy and (row.seller or self.operator) == seller:
                return Said(row.policy, row.benefit_to, row.commitment_pool, _place("commitment", row.place))
        for other in owner_edges:
            pooled = self.contracts.get(other["ContractId"] or "")
            if other["SellerTenantId"] == seller and pooled is not None and pooled.commitments == "pooled":
                source = _place(f"the owner's contract {pooled.contract}", pooled.place)
                return Said("pooled", None, pooled.commitment_pool, source)
        contract = self.contracts[edge["ContractId"]]
        source = _place(f"contract {contract.contract}", contract.place)
        if seller in self.pooling and self.owner(charge) is None:
            source += f", unless {seller} pools what its owner buys"
        if contract.commitments == "pooled":  # it speaks of its own buyer's commitments only
            return Said("as_applied", None, None, source)
        return Said(contract.commitments, contract.benefit_to, contract.commitment_pool, source)

    def _records(self, charge: Charge) -> list[Any]:
        wanted = (charge.values.get("provider"), charge.commitment_id)
        return [row for row in self.records if (row.provider, row.commitment) == wanted]


def _name(said: Said) -> str:
    details = [f"benefit to {said.benefit_to}"] if said.benefit_to else []
    details += [f"pool {said.pool}"] if said.pool else []
    return ", ".join([said.policy, *details])


def _owner_words(owner: str | None, is_on_side: bool) -> str:
    if owner is None:
        return "as the provider applied it if the owner is the buyer or below it, else what it covers is on demand"
    return f"{owner} owns it, so {'as the provider applied it' if is_on_side else 'what it covers here is on demand'}"


def _place(name: str, place: Place) -> str:
    return f"{name}, {place.file}:{place.line}"
