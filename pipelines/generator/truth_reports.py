"""What the operator reads of its commitments and benefits: whom they serve, what they save, what they bring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ZERO
from pipelines.generator.truth_charges import EARNED, MISSED, UNUSED, USED, Charge
from pipelines.generator.truth_commitments import Commitment, commitment_of, part_of
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_policies import Policies


class CommitmentKey(NamedTuple):
    """A commitment in one of the provider's currencies."""

    provider: str
    commitment: str
    currency: str


@dataclass
class CommitmentFigures:
    """The provider's side in the provider's currency; the operator's sale and its cost in its home currency."""

    billed: Decimal = ZERO
    effective: Decimal = ZERO
    used: Decimal = ZERO
    unused: Decimal = ZERO
    listed: Decimal = ZERO
    owner_revenue: Decimal = ZERO
    consumer_revenue: Decimal = ZERO
    unused_revenue: Decimal = ZERO
    cost: Decimal = ZERO
    open_cost: Decimal = ZERO
    """Of charges that nobody is billed yet."""
    earned: Decimal = ZERO
    """What every single charge brings over its cost."""


class SharingKey(NamedTuple):
    """An end customer that uses somebody else's commitment."""

    provider: str
    commitment: str
    currency: str
    owner: str
    consumer: str
    severity: str


@dataclass
class SharingFigures:
    """How much of it, in the provider's currency."""

    effective: Decimal = ZERO
    listed: Decimal = ZERO
    quantity: Decimal = ZERO
    charges: int = 0
    first: date = date.max
    last: date = date.min


class BenefitKey(NamedTuple):
    """A kind of benefit on the charges of one account."""

    provider: str
    kind: str
    currency: str
    tenant: str | None
    sub_account: str | None


@dataclass
class BenefitFigures:
    """What was earned, missed and passed on to the operator's buyers, in the provider's currency."""

    earned: Decimal = ZERO
    missed: Decimal = ZERO
    earned_charges: int = 0
    missed_charges: int = 0
    listed: Decimal = ZERO
    shared: Decimal = ZERO


@dataclass
class Reports:
    """The three reports of a month."""

    commitments: dict[CommitmentKey, CommitmentFigures] = field(default_factory=lambda: defaultdict(CommitmentFigures))
    returned: dict[Commitment, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    """What the operator credits owners for the use by others, in its home currency, negative."""
    sharing: dict[SharingKey, SharingFigures] = field(default_factory=lambda: defaultdict(SharingFigures))
    benefits: dict[BenefitKey, BenefitFigures] = field(default_factory=lambda: defaultdict(BenefitFigures))

    def gaps(self) -> list[str]:
        """The law: owners + consumers + unused - margin is what the provider charges for it, whatever the policy."""
        return [
            f"{' '.join(key)}: {paid} - {item.earned} + {item.open_cost} is not {item.cost + item.open_cost}"
            for key, item in self.commitments.items()
            if (paid := item.owner_revenue + item.consumer_revenue + item.unused_revenue) - item.earned != item.cost
        ]


def note_commitment(
    reports: Reports, config: Config, policies: Policies, charge: Charge, tenant: str | None, price: Decimal | None
) -> None:
    """Take in one row of a commitment: `price` is what the operator's buyer pays, None where it is not placed yet."""
    key, commitment = charge.key, commitment_of(charge.key)
    if commitment is None or part_of(key) is None:
        return
    item = reports.commitments[CommitmentKey(*commitment, key.currency)]
    owner, _ = policies.owner(commitment, key.day)
    item.billed += charge.billed
    item.effective += charge.effective
    if part_of(key) == USED:
        item.used += charge.effective
        item.listed += charge.list_cost
        _note_use(reports, config, commitment, owner, charge, tenant)
    elif part_of(key) == UNUSED:
        item.unused += charge.effective
    cost = charge.billed * config.rates.table(key.currency, config.home[config.operator])
    if price is None:
        item.open_cost += cost
        return
    item.cost += cost
    item.earned += price - cost
    if part_of(key) == UNUSED:
        item.unused_revenue += price
    elif tenant == owner:
        item.owner_revenue += price
    else:
        item.consumer_revenue += price


def _note_use(
    reports: Reports, config: Config, commitment: Commitment, owner: str, charge: Charge, tenant: str | None
) -> None:
    key = charge.key
    if tenant is None or tenant == owner or config.kinds[tenant] != "customer":
        return
    severity = config.commitments.severity(key.provider, key.day)
    item = reports.sharing[SharingKey(*commitment, key.currency, owner, tenant, severity)]
    item.effective += charge.effective
    item.listed += charge.list_cost
    item.quantity += charge.quantity
    item.charges += 1
    item.first, item.last = min(item.first, key.day), max(item.last, key.day)


def note_benefit(reports: Reports, charge: Charge, tenant: str | None, share: Decimal) -> None:
    """Take in one row with a benefit, or one that missed its own; `share` of it goes to the operator's buyer."""
    key = charge.key
    if key.benefit_status not in (EARNED, MISSED):
        return
    item = reports.benefits[BenefitKey(key.provider, key.benefit_kind or "", key.currency, tenant, key.sub_account)]
    item.listed += charge.list_cost
    if key.benefit_status == EARNED:
        item.earned += charge.benefit
        item.earned_charges += 1
        item.shared += charge.benefit * share
    else:
        item.missed += charge.missed
        item.missed_charges += 1
