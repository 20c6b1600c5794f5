"""What an explained price consists of: the charge, and per edge the rules with what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WINS, MAY_WIN, LOSES = "wins", "may win", "loses"


@dataclass(frozen=True)
class Charge:
    """What rules see of a charge, lower case; an empty value is none, a missing one is unknown.

    `values` has the names of the match fields but tag, and always a SKU; `tags` holds values by key. Contracts also see
    of which commitment it is, and whose that is.
    """

    values: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    is_commitment: bool = False
    commitment_id: str | None = None
    commitment_owner: str | None = None

    def value(self, name: str, tag_key: str | None) -> str | None:
        """The value of a match field; None if it is unknown."""
        if name == "tag" and tag_key is not None:
            return self.tags.get(tag_key)
        return self.values.get(name)


@dataclass(frozen=True)
class Candidate:
    """One rule on one edge and what became of it."""

    rule: str
    outcome: str
    reason: str
    action: str
    match: str
    priority: int
    plan: str
    layer: int
    place: str
    basis: str | None
    floor: str | None
    cap: str | None
    factors: dict[str, str]


@dataclass(frozen=True)
class EdgeExplanation:
    """One edge: its contract, the combination of plans and the rules in their order, the winner first.

    `omitted` counts the rules that lose and are not shown; `list_prices` are those of the rate card. `commitment` says
    what becomes of a commitment's charge here; it is empty for others.
    """

    depth: int
    seller: str
    buyer: str
    contract: str | None
    currency: str | None
    plan: str | None
    note: str
    list_prices: list[str]
    candidates: list[Candidate]
    omitted: int
    commitment: str = ""

    @property
    def winner(self) -> Candidate | None:
        return next((candidate for candidate in self.candidates if candidate.outcome == WINS), None)
