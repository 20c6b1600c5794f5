"""What a configuration says of single commitments and of the pools that share them, by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipelines.generator.truth_charges import PURCHASE, UNUSED, USAGE, USED, ChargeKey
from pipelines.generator.truth_records import Record, Span, document, records, span, text
from pipelines.generator.truth_terms import Policy, read_policy


class Commitment(NamedTuple):
    """A commitment's name: the provider and its own id of it, in lower case."""

    provider: str
    id: str


class Terms(NamedTuple):
    """What a seller's record says of one commitment; None where it leaves it to others."""

    span: Span
    seller: str
    owner: str | None
    policy: Policy | None


class CommitmentTerms:
    """The records on commitments, the members of pools, the rules on sharing."""

    def __init__(self, directory: Path, operator: str) -> None:
        self.spans: set[Span] = set()
        self._terms: dict[Commitment, list[Terms]] = defaultdict(list)
        self._members: dict[tuple[str, str], list[tuple[Span, str]]] = defaultdict(list)
        for record in records(directory, "commitments"):
            days, seller = self._seen(record), text(record, "seller") or operator
            terms = Terms(days, seller, text(record, "owner") or None, read_policy(record, "policy"))
            self._terms[Commitment(record["provider"].lower(), record["commitment"].lower())].append(terms)
        for record in records(directory, "commitment_pools"):
            place = (text(record, "seller") or operator, record["pool"])
            self._members[place].append((self._seen(record), record["tenant"]))
        self._rules = _sharing_rules(directory)

    def terms(self, commitment: Commitment, day: date) -> Iterable[Terms]:
        """Every seller's record of a commitment that holds on a day."""
        return (terms for terms in self._terms.get(commitment, ()) if terms.span.covers(day))

    def members(self, seller: str, pool: str, day: date) -> set[str]:
        """Who takes part in a pool on a day, with everyone below them."""
        return {tenant for days, tenant in self._members.get((seller, pool), ()) if days.covers(day)}

    def severity(self, provider: str, day: date) -> str:
        """How grave it is on a day that a commitment of this provider serves more than one end customer."""
        known = [(start, severity) for name, start, severity in self._rules if name == provider.lower()]
        return max((rule for rule in known if rule[0] <= day), default=(day, "allow"))[1]

    def _seen(self, record: Record) -> Span:
        days = span(record)
        self.spans.add(days)
        return days


def commitment_of(key: ChargeKey) -> Commitment | None:
    """The commitment of any row that names one."""
    return Commitment(key.provider.lower(), key.commitment_id.lower()) if key.commitment_id else None


def part_of(key: ChargeKey) -> str | None:
    """What a row is of its commitment: Used, Unused or Purchase; None for a row that is none of it."""
    if not key.commitment_id:
        return None
    if key.category == USAGE and key.status in (USED, UNUSED):
        return key.status
    return PURCHASE if key.category == PURCHASE and key.commitment else None


def _sharing_rules(directory: Path) -> list[tuple[str, date, str]]:
    """Provider, first day, severity. What an operator says of a provider stands in place of the rule of AWS."""
    said = document(directory / "operator.yaml").get("commitment_sharing") or ()
    own = [(str(rule["provider"]).lower(), span(rule).start, str(rule["severity"])) for rule in said]
    given = [("aws", date(2025, 6, 1), "warn")]
    return own + [rule for rule in given if rule[0] not in {name for name, _, _ in own}]
