"""Reports over the current build of a month: its commitments and its partner benefits, as the marts have them.

Read only. Nothing is computed that a mart does not say, but for sums of rows that a report shows together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.conformance import Finding, Waiver, examine, rules
from pipelines.errors import Problem, RebillError
from pipelines.gates import current_build
from pipelines.gates.evidence import open_marts
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod

Row = dict[str, Any]

COMMITMENTS = """
    select * from marts_commitments
    order by x_Provider, OwnerTenantId, CommitmentDiscountId, BillingCurrency
"""
SHARING = """
    select * from marts_commitment_sharing
    order by not IsShared, list_position(['block', 'warn', 'allow'], Severity), x_Provider, CommitmentDiscountId,
        ConsumerTenantId, BillingCurrency
"""
BILLS = """
    select * from marts_conformance where View = 'sell'
    order by RuleId, SellerTenantId, BuyerTenantId, x_Provider, BillingCurrency, WaivedBy
"""
BENEFITS = """
    select * from marts_partner_benefits
    order by MissedAmount desc, x_Provider, PartnerBenefitKind, TenantId nulls last, SubAccountId nulls last,
        BillingCurrency
"""
BENEFIT_TOTALS = """
    select x_Provider, PartnerBenefitKind, BillingCurrency,
        cast(sum(EarnedAmount) as decimal(38, 12)) as EarnedAmount,
        cast(sum(MissedAmount) as decimal(38, 12)) as MissedAmount,
        cast(sum(SharedAmount) as decimal(38, 12)) as SharedAmount
    from marts_partner_benefits
    group by x_Provider, PartnerBenefitKind, BillingCurrency
    order by x_Provider, PartnerBenefitKind, BillingCurrency
"""


@dataclass(frozen=True)
class CommitmentReport:
    """A month's commitments (columns of marts_commitments) and who used those of others (marts_commitment_sharing)."""

    period: BillingPeriod
    commitments: tuple[Row, ...]
    sharing: tuple[Row, ...]


@dataclass(frozen=True)
class BenefitReport:
    """A month's partner benefits by tenant and sub-account, the most missed first, and their totals per provider."""

    period: BillingPeriod
    totals: tuple[Row, ...]
    benefits: tuple[Row, ...]


@dataclass(frozen=True)
class ConformanceReport:
    """Every FOCUS rule with what breaks it: charges as they are now, bills as the current build has them.

    `rules`: id -> what must hold. Without a build there are no findings of the sell view.
    """

    period: BillingPeriod
    rules: dict[str, str]
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops the month or a bill."""
        return tuple(found for found in self.findings if found.blocks)


def commitments(lake: Lake, ledger: Ledger, period: BillingPeriod) -> CommitmentReport:
    """The commitments of the current build. Amounts are DECIMAL in the row's BillingCurrency or HomeCurrency.

    Raises RebillError if the period has no build.
    """
    tables = _read(lake, ledger, period, COMMITMENTS, SHARING)
    return CommitmentReport(period, *tables)


def benefits(lake: Lake, ledger: Ledger, period: BillingPeriod) -> BenefitReport:
    """The partner benefits of the current build. Amounts are DECIMAL in the provider's BillingCurrency.

    Raises RebillError if the period has no build.
    """
    tables = _read(lake, ledger, period, BENEFIT_TOTALS, BENEFITS)
    return BenefitReport(period, *tables)


def conformance(lake: Lake, ledger: Ledger, period: BillingPeriod, waivers: Sequence[Waiver] = ()) -> ConformanceReport:
    """Slices are looked at anew (their scans are kept); bills were, when they were built."""
    findings = list(examine(lake, ledger, period, waivers).findings)
    if ledger.current_build(period.label) is not None:
        (bills,) = _read(lake, ledger, period, BILLS)
        findings += [Finding(*row.values()) for row in bills]
    if not findings:
        remedy = f"run `rebill ingest {period}` first"
        raise RebillError(Problem(str(lake.root), f"no slice of {period} is in the lake", remedy))
    return ConformanceReport(period, {rule.id: rule.holds for rule in rules()}, tuple(findings))


def _read(lake: Lake, ledger: Ledger, period: BillingPeriod, *queries: str) -> list[tuple[Row, ...]]:
    directory, _ = current_build(lake, ledger, period)
    found = []
    with open_marts(directory) as con:
        for query in queries:
            result = con.execute(query)
            names = [column[0] for column in result.description or ()]
            found.append(tuple(dict(zip(names, row, strict=True)) for row in result.fetchall()))
    return found
