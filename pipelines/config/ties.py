"""Ties: two rules of one plan that can match the same charge while nothing orders them.

Rules tie if priority and specificity are equal, their dates overlap and their values can meet in every
field. Rules with the same kinds of values are compared by hashing what both look at, never pair by pair:
10,000 rules in one plan take a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple

from pipelines.config.matching import EXACT, Form, Forms, forms, specificity
from pipelines.config.pricing import Rule

Length = int | None  # of one field's value as in Form; None where the rule does not look
Member = tuple[Rule, Forms]
Tie = tuple[Rule, Rule]


class Entry(NamedTuple):
    """A rule in a sweep: of the first or second kind, and its tag key."""

    rule: Rule
    is_first: bool
    key: str | None


def ties(rules: Iterable[Rule]) -> list[Tie]:
    """(one rule, another that nothing orders against it); each rule is the second of at most one tie."""
    equals: defaultdict[Hashable, list[Member]] = defaultdict(list)
    for rule in rules:
        wanted = forms(rule.match[1:])
        equals[rule.priority, specificity(wanted)].append((rule, wanted))
    found: dict[Rule, Rule] = {}
    for group in equals.values():
        if len(group) > 1:
            for earlier, later in _group_ties(group):
                found.setdefault(later, earlier)
    return [(earlier, later) for later, earlier in found.items()]


def _group_ties(group: list[Member]) -> Iterator[Tie]:
    """Two tags of one key meet like other values; two tags of different keys always do: a charge may have both."""
    kinds: defaultdict[tuple[Length, ...], list[Member]] = defaultdict(list)
    for rule, wanted in group:
        kinds[tuple(form.length if form else None for form in wanted)].append((rule, wanted))
    for one, other in combinations_with_replacement(kinds, 2):
        lengths = [_shared_length(left, right) for left, right in zip(one, other, strict=True)]
        yield from _meeting(kinds[one], kinds[other], lengths, apart=False)
        if one[-1] is not None:
            yield from _meeting(kinds[one], kinds[other], [*lengths[:-1], 0], apart=True)


def _meeting(ones: list[Member], others: list[Member], lengths: Sequence[Length], apart: bool) -> Iterator[Tie]:
    """Ties between rules of two kinds: equal in what both kinds determine, with one tag key or two (`apart`)."""
    buckets: defaultdict[Hashable, list[Entry]] = defaultdict(list)
    for members in (ones, others) if others is not ones else (ones,):
        for rule, wanted in members:
            key = wanted[-1].key if wanted[-1] else None
            parts = (None if apart else key, *map(_part, wanted, lengths))
            buckets[parts].append(Entry(rule, members is ones, key))
    for bucket in buckets.values():
        if len(bucket) > 1:
            yield from _overlapping(bucket, others is ones, apart)


def _shared_length(one: Length, other: Length) -> Length:
    """How many characters of a field must agree: None for the whole value, 0 where any two values meet."""
    if one is None or other is None:
        return 0
    if one == other == EXACT:
        return None
    return min(length for length in (one, other) if length != EXACT)


def _part(form: Form | None, length: Length) -> str:
    return form.text[:length] if form else ""


def _overlapping(bucket: list[Entry], within: bool, apart: bool) -> Iterator[Tie]:
    """Sweep by date: each rule against the longest-lived one before it that it can meet.

    Kept are the longest-lived rules of each kind: one, or two with different tag keys if keys must differ.
    """
    longest: dict[bool, list[Entry]] = {True: [], False: []}
    for entry in sorted(bucket, key=lambda entry: (entry.rule.valid_from, entry.rule.place)):
        others = longest[entry.is_first if within else not entry.is_first]
        before = next((other.rule for other in others if not apart or other.key != entry.key), None)
        if before is not None and entry.rule.valid_from < before.valid_to:
            yield before, entry.rule
        longest[entry.is_first] = _longest([*longest[entry.is_first], entry], apart)


def _longest(entries: list[Entry], apart: bool) -> list[Entry]:
    ordered = sorted(entries, key=lambda entry: entry.rule.valid_to, reverse=True)
    other = next((entry for entry in ordered if entry.key != ordered[0].key), None)
    return [ordered[0], other] if apart and other else ordered[:1]
