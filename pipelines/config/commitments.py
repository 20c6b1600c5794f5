"""Commitments and partner benefits: what contracts say of them, single commitments, pools, rules on sharing.

A commitment is named by the provider's own id and compares in lower case. Dates are half-open. Who bought a
commitment, and whose use of it is billed how, is decided on the day of each charge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import import_module
from typing import NamedTuple

from pipelines.config import fields
from pipelines.config.fields import OPEN_END, OPEN_START, Field, Shape, Unfit, read_row
from pipelines.config.records import Place, Record
from pipelines.config.vocabulary import INTERVAL, PROVIDERS, provider
from pipelines.errors import Problem
from pipelines.money import HUNDRED, ZERO, Decimal, r12

POLICIES = ("as_applied", "owner_only", "retained", "pooled")
BENEFIT_TO = ("owner", "operator")
BENEFIT_SHOWN = ("credit_line", "price")
BILLING_BASES = ("as_invoiced", "amortized")
SEVERITIES = ("block", "warn", "allow")
NO_PLACE = Place("", 0)


class Commitment(NamedTuple):
    """What is said of one commitment on the contracts of one seller, for one interval.

    `owner` is who bought it, whatever the provider's ids say. A blank `policy` leaves it to the contracts; a
    blank `seller` is the operator.
    """

    place: Place
    commitment: str
    provider: str
    seller: str | None
    owner: str | None
    policy: str | None
    benefit_to: str | None
    commitment_pool: str | None
    valid_from: date
    valid_to: date


class PoolMember(NamedTuple):
    """A tenant that takes part in a pool of one seller for one interval, with everyone below it."""

    place: Place
    pool: str
    seller: str | None
    tenant: str
    valid_from: date
    valid_to: date


class SharingRule(NamedTuple):
    """How grave it is from a day on that a provider's commitment reaches more than one end customer."""

    place: Place
    provider: str
    severity: str
    valid_from: date


class SharingSpan(NamedTuple):
    """A severity with its first day and the day after its last."""

    place: Place
    provider: str
    severity: str
    valid_from: date
    valid_to: date


def share(raw: str) -> Decimal:
    """A percent from 0 to 100 of the operator's benefits."""
    percent = fields.number(raw)
    if not 0 <= percent <= HUNDRED:
        raise Unfit(f"a partner benefit share of {raw} percent", "write 0 to 100: nobody passes on more than it gets")
    return percent


def share_factor(percent: Decimal) -> Decimal:
    """What a benefit is multiplied with on the way down: R12(percent / 100)."""
    return r12(percent.scaleb(-2))


TERMS = (
    Field("partner_benefit_share", share, required=False, default=ZERO),
    Field("partner_benefit_shown", fields.choice(*BENEFIT_SHOWN), required=False, default="credit_line"),
    Field("commitments", fields.choice(*POLICIES), required=False, default="as_applied"),
    Field("benefit_to", fields.choice(*BENEFIT_TO), required=False),
    Field("commitment_pool", fields.identifier, required=False),
    Field("billing_basis", fields.choice(*BILLING_BASES), required=False, default="as_invoiced"),
)
COMMITMENT = Shape(
    Commitment,
    (
        Field("commitment", lambda raw: fields.text(raw).lower(), remedy="give the provider's id of the commitment"),
        Field("provider", provider),
        Field("seller", fields.identifier, required=False),
        Field("owner", fields.identifier, required=False),
        Field("policy", fields.choice(*POLICIES), required=False),
        Field("benefit_to", fields.choice(*BENEFIT_TO), required=False),
        Field("commitment_pool", fields.identifier, required=False),
        *INTERVAL,
    ),
)
POOL_MEMBER = Shape(
    PoolMember,
    (
        Field("pool", fields.identifier),
        Field("seller", fields.identifier, required=False),
        Field("tenant", fields.identifier),
        *INTERVAL,
    ),
)
SHARING_RULE = Shape(
    SharingRule,
    (
        Field("provider", provider),
        Field("severity", fields.choice(*SEVERITIES)),
        Field("valid_from", fields.day, required=False, default=OPEN_START),
    ),
)


def read_sharing(record: Record, problems: list[Problem]) -> tuple[SharingRule, ...]:
    """The rules on sharing of operator.yaml; every problem is reported."""
    value = record.values.get("commitment_sharing")
    items = value if isinstance(value, list) else [] if value is None else [value]
    found: dict[tuple[str, date], SharingRule] = {}
    for item in items:
        if not isinstance(value, list) or not isinstance(item, Record):
            remedy = "write a list of {provider: ..., severity: ..., valid_from: ...}"
            what = "commitment_sharing is not a list of rules"
            problems.append(record.at("commitment_sharing").problem(what, remedy, "commitment_sharing"))
            break
        row = read_row(SHARING_RULE, item, problems)
        if row is not None and found.setdefault((row.provider, row.valid_from), row) is not row:
            what = f"{row.provider} has two severities from {row.valid_from} on"
            problems.append(row.place.problem(what, "keep one of them", "severity"))
    return tuple(found.values())


@cache
def room_rules() -> dict[str, tuple[tuple[str, date], ...]]:
    """What holds for each provider where operator.yaml says nothing: severities with their first days.

    Only the settings of a room are imported, never what reads its deliveries.
    """
    return {name: import_module(f"pipelines.providers.{name}.config").SHARING for name in PROVIDERS}


def sharing_spans(rules: Sequence[SharingRule]) -> list[SharingSpan]:
    """The severity of every provider on every day; a provider's own rules take the place of its room's.

    A vendor whose FOCUS files are read has spans only where it has rules.
    """
    given: defaultdict[str, list[SharingRule]] = defaultdict(list)
    for rule in rules:
        given[rule.provider].append(rule)
    spans = []
    for name in sorted({*PROVIDERS, *given}):
        room = [SharingRule(NO_PLACE, name, *entry) for entry in room_rules().get(name, ())]
        steps = sorted(given[name] or room, key=lambda rule: rule.valid_from)
        if not steps or steps[0].valid_from > OPEN_START:
            steps = [SharingRule(NO_PLACE, name, "allow", OPEN_START), *steps]
        ends = [*(step.valid_from for step in steps[1:]), OPEN_END]
        spans += [SharingSpan(*step, end) for step, end in zip(steps, ends, strict=True)]
    return spans
