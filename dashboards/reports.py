"""What the operator asks about commitments and partner credits, of its own bundle: the latest run's, refused or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from dashboards.data import Bundle, Filter, Reader, Row, table
from pipelines.money import Decimal

COMMITMENTS, SHARING, BENEFITS = "commitments.parquet", "commitment_sharing.parquet", "partner_benefits.parquet"
BENEFIT_GROUPS = {
    "customer": ("TenantId", "TenantName"),
    "subscription": ("TenantId", "TenantName", "SubAccountId", "SubAccountName", "x_Provider", "PartnerBenefitKind"),
    "total": (),
}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
GRAVE = "list_position(['block', 'warn', 'allow'], Severity)"


def operator_bundle(reader: Reader, period: str, name: str) -> Bundle | None:
    """The bundle that has this file: the latest run's status, else what is published; None if neither does."""
    found = (reader.status(period), reader.operator(period))
    return next((bundle for bundle in found if bundle is not None and bundle.has(name)), None)


@dataclass(frozen=True)
class Reports:
    """Questions to one bundle. Amounts come as they are in the file, or as their exact sums."""

    reader: Reader
    bundle: Bundle

    def commitments(self, where: Filter) -> list[Row]:
        """Every commitment, the largest cost first; Cheaper is what on demand would have cost more."""
        clause, values = where.sql()
        return self.reader.rows(
            f"select * from {self._table(COMMITMENTS)}{clause} order by Used + Unused desc, CommitmentDiscountId",
            values,
        )

    def commitment_totals(self, where: Filter) -> list[Row]:
        """Used, unused and saved per billing currency, of the commitments whose cost is known."""
        clause, values = where.sql()
        return self.reader.rows(
            "select BillingCurrency, count(*) as Found, sum(Used) as Used, sum(Unused) as Unused,"
            f" coalesce(sum(Saving), 0) as Saving from {self._table(COMMITMENTS)}{clause}"
            " group by BillingCurrency order by sum(Used) + sum(Unused) desc, BillingCurrency",
            values,
        )

    def margin_totals(self, where: Filter) -> list[Row]:
        """What the operator earns on commitments, in its home currency."""
        clause, values = where.sql()
        return self.reader.rows(
            f"select HomeCurrency, sum(Margin) as Margin from {self._table(COMMITMENTS)}{clause} group by HomeCurrency",
            values,
        )

    def sharing(self, where: Filter) -> list[Row]:
        """Who used a commitment of somebody else: those that reached several end customers first, the gravest first."""
        clause, values = where.sql()
        return self.reader.rows(
            f"select * from {self._table(SHARING)}{clause} order by not IsShared, {GRAVE}, abs(Saving) desc nulls last,"
            " CommitmentDiscountId, ConsumerTenantId",
            values,
        )

    def benefits(self, by: str, where: Filter) -> list[Row]:
        """Earned, missed and passed on, by one of BENEFIT_GROUPS and currency, the most missed first."""
        keys = ", ".join((*BENEFIT_GROUPS[by], "BillingCurrency"))
        clause, values = where.sql()
        return self.reader.rows(
            f"select {keys}, sum(EarnedAmount) as Earned, sum(MissedAmount) as Missed, sum(SharedAmount) as Shared,"
            " sum(EarnedAmount) - sum(SharedAmount) as Kept, sum(EligibleListCost) as Eligible,"
            " cast(sum(MissedLineCount) as bigint) as MissedLines"
            f" from {self._table(BENEFITS)}{clause} group by {keys} order by Missed desc, Earned desc, {keys}",
            values,
        )

    def choices(self, file: str, name: str) -> list[str]:
        """The distinct values of one column of one of the files."""
        return self.reader.choices(self.bundle.file(file), name)

    def _table(self, file: str) -> str:
        return table(self.bundle.file(file))


def short_id(identifier: str) -> str:
    """The end of a long provider id, which is what people know it by; of a GUID its first part."""
    end = identifier.rstrip("/").replace(":", "/").rsplit("/", maxsplit=1)[-1]
    return end.split("-")[0] if GUID.fullmatch(end) else end


def labels(rows: list[Row]) -> list[str]:
    """A name for each commitment: the end of its id; the whole of it where two would be called the same."""
    short = [short_id(row["CommitmentDiscountId"]) for row in rows]
    return [
        name if short.count(name) == 1 else str(row["CommitmentDiscountId"])
        for name, row in zip(short, rows, strict=True)
    ]


def percent(ratio: Decimal | None) -> str:
    """`0.666666666667` as `66.7 %`."""
    return "—" if ratio is None else f"{ratio * 100:.1f} %"


def days(first: date, last: date) -> str:
    """`2-28 Oct`, or the one day."""
    if first == last:
        return f"{first.day} {first:%b}"
    return f"{first.day}-{last.day} {last:%b}" if first.month == last.month else f"{first:%-d %b} - {last:%-d %b}"
