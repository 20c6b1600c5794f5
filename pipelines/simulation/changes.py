"""What a simulation changes, as it is asked for: one word and value each, such as `sharing=off`.

A change is read before anything is built, and every unreadable one is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.config.commitments import BENEFIT_TO, BILLING_BASES, POLICIES
from pipelines.config.files import nearest
from pipelines.errors import Problem, RebillError

PLACE = "simulate"
CONFIG, SHARING, POLICY, BASIS = "config", "sharing", "policy", "basis"
EXPIRED, MOVED, BOUGHT = "expired", "moved", "bought"


class Change(NamedTuple):
    """One change. `value` and `detail` are what its kind makes of the text behind the equals sign."""

    text: str
    kind: str
    value: str
    detail: str | None = None

    def problem(self, what: str, remedy: str) -> Problem:
        return Problem(f"{PLACE} {self.text}", what, remedy)


def read_changes(texts: Sequence[str]) -> list[Change]:
    """The changes in the order given. Raises RebillError naming every one that cannot be understood."""
    changes, problems = [], []
    for text in texts:
        try:
            changes.append(_read(text.strip()))
        except RebillError as error:
            problems += error.problems
    problems += [
        change.problem(f"a second {change.kind} takes the first one's place", "give it once")
        for number, change in enumerate(changes)
        if change.kind in (CONFIG, BASIS) and any(earlier.kind == change.kind for earlier in changes[:number])
    ]
    if sum(change.kind in (SHARING, POLICY) for change in changes) > 1:
        problems.append(Problem(PLACE, "sharing and policy say the same thing twice", "give one of them, once"))
    if not texts:
        problems.append(Problem(PLACE, "nothing would change", f"say what: {', '.join(FORMS.values())}"))
    if problems:
        raise RebillError(problems)
    return changes


def _read(text: str) -> Change:
    kind, equals, value = (part.strip() for part in text.partition("="))
    if not equals or kind not in READERS or not value:
        what = f"this is no change{nearest(kind, READERS)}"
        raise RebillError(Problem(f"{PLACE} {text}", what, f"write one of {', '.join(FORMS.values())}"))
    try:
        return READERS[kind](text, value)
    except ValueError as error:
        raise RebillError(Problem(f"{PLACE} {text}", str(error), f"write {FORMS[kind]}")) from error


def _sharing(text: str, value: str) -> Change:
    state, _, benefit_to = value.partition(":")
    if state != "off" or benefit_to not in ("", *BENEFIT_TO):
        raise ValueError(f"{value!r} is not allowed")
    return Change(text, SHARING, "owner_only", benefit_to or "owner")


def _policy(text: str, value: str) -> Change:
    policy, _, detail = value.partition(":")
    if policy not in POLICIES:
        raise ValueError(f"{policy!r} is no policy{nearest(policy, POLICIES)}")
    if policy == "owner_only" and detail not in BENEFIT_TO:
        raise ValueError("it is not said who has the benefit of what others use")
    if policy == "pooled" and not detail:
        raise ValueError("it is not said which pool")
    if policy not in ("owner_only", "pooled") and detail:
        raise ValueError(f"{policy} takes nothing behind a colon")
    return Change(text, POLICY, policy, detail or None)


def _basis(text: str, value: str) -> Change:
    if value not in BILLING_BASES:
        raise ValueError(f"{value!r} is no billing basis{nearest(value, BILLING_BASES)}")
    return Change(text, BASIS, value)


def _expired(text: str, value: str) -> Change:
    return Change(text, EXPIRED, value.lower())


def _moved(text: str, value: str) -> Change:
    """A commitment's id may hold colons, a tenant's does not."""
    commitment, _, tenant = value.rpartition(":")
    if not commitment or not tenant:
        raise ValueError("it is not said which commitment moves to whom")
    return Change(text, MOVED, commitment.lower(), tenant)


def _bought(text: str, value: str) -> Change:
    if not Path(value).is_file():
        raise ValueError(f"there is no file {value}")
    return Change(text, BOUGHT, value)


def _config(text: str, value: str) -> Change:
    return Change(text, CONFIG, value)


READERS: dict[str, Callable[[str, str], Change]] = {
    CONFIG: _config,
    SHARING: _sharing,
    POLICY: _policy,
    BASIS: _basis,
    EXPIRED: _expired,
    MOVED: _moved,
    BOUGHT: _bought,
}
FORMS = {
    SHARING: "sharing=off[:operator]",
    POLICY: "policy=as_applied|owner_only:owner|owner_only:operator|retained|pooled:POOL",
    BASIS: "basis=as_invoiced|amortized",
    EXPIRED: "expired=COMMITMENT_ID",
    MOVED: "moved=COMMITMENT_ID:TENANT",
    BOUGHT: "bought=FILE.yaml",
    CONFIG: "config=DIRECTORY",
}
