"""The engine's reports on commitments and benefits against the oracle's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from pipelines.generator.truth_reports import BenefitFigures, Reports, SharingFigures

Row = dict[str, Any]
Key = tuple[object, ...]
Check = tuple[str, Mapping[Key, Decimal], Mapping[Key, Decimal]]
COMMITMENT = ("x_Provider", "CommitmentDiscountId", "BillingCurrency")
SHARING = (*COMMITMENT, "OwnerTenantId", "ConsumerTenantId", "Severity")
BENEFIT = ("x_Provider", "PartnerBenefitKind", "BillingCurrency", "TenantId", "SubAccountId")
PROVIDER_SIDE = {
    "ProviderBilled": "billed",
    "ProviderEffective": "effective",
    "Used": "used",
    "Unused": "unused",
    "ListCovered": "listed",
}
SALE = {
    "OwnerRevenue": "owner_revenue",
    "ConsumerRevenue": "consumer_revenue",
    "UnusedRevenue": "unused_revenue",
    "Cost": "cost",
    "OpenCost": "open_cost",
}
# The engine rounds what it sums in the home currency to 12 decimals, once per stretch of like charges.
NEAR = Decimal("0.000000001")


def checks(reports: Reports, read: Callable[[str], list[Row]]) -> list[Check]:
    """Every figure of the three reports; engine first."""
    return [
        *_commitments(reports, read("marts_commitments")),
        *_sharing(reports, read("marts_commitment_sharing")),
        *_benefits(reports, read("marts_partner_benefits")),
    ]


def provider_side(rows: Iterable[Row]) -> dict[tuple[Key, str], Decimal]:
    """What no price and no policy can change in the report on commitments."""
    return {(_key(row, COMMITMENT), column): row[column] for row in rows for column in PROVIDER_SIDE}


def _key(row: Row, columns: tuple[str, ...]) -> Key:
    """Commitments compare in lower case."""
    values = (row[name] or "" for name in columns)
    return tuple(
        value.lower() if name == "CommitmentDiscountId" else value for name, value in zip(columns, values, strict=True)
    )


def _sums(rows: Iterable[Row], columns: tuple[str, ...], amount: str) -> dict[Key, Decimal]:
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[_key(row, columns)] += Decimal(row[amount])
    return sums


def _near(engine: Mapping[Key, Decimal], oracle: Mapping[Key, Decimal]) -> Mapping[Key, Decimal]:
    """The engine's amounts, each as the oracle has it where they are as good as equal."""
    zero = Decimal(0)
    return {
        key: oracle.get(key, zero) if abs(engine.get(key, zero) - oracle.get(key, zero)) < NEAR else engine[key]
        for key in engine
    }


def _commitments(reports: Reports, rows: list[Row]) -> list[Check]:
    found: list[Check] = []
    for column, name in PROVIDER_SIDE.items():
        expected: dict[Key, Decimal] = {tuple(key): getattr(item, name) for key, item in reports.commitments.items()}
        found.append((f"commitment {column}", _sums(rows, COMMITMENT, column), expected))
    for column, name in SALE.items():
        expected = {tuple(key): getattr(item, name) for key, item in reports.commitments.items()}
        found.append((f"commitment {column}", _near(_sums(rows, COMMITMENT, column), expected), expected))
    returned: Mapping[Key, Decimal] = {tuple(key): amount for key, amount in reports.returned.items()}
    credited = _sums(rows, COMMITMENT[:2], "CreditRevenue")
    return [*found, ("commitment CreditRevenue", _near(credited, returned), returned)]


def _sharing(reports: Reports, rows: list[Row]) -> list[Check]:
    items: dict[Key, SharingFigures] = {tuple(key): item for key, item in reports.sharing.items()}
    days = [row | {name: row[name].toordinal() for name in ("FirstDay", "LastDay")} | _known(row) for row in rows]
    found: list[Check] = [
        (f"sharing {column}", _sums(days, SHARING, column), expected)
        for column, expected in (
            ("EffectiveCost", {key: item.effective for key, item in items.items()}),
            ("ListCost", {key: item.listed for key, item in items.items()}),
            ("Saving", {key: item.listed - item.effective for key, item in items.items()}),
            ("LineCount", {key: Decimal(item.charges) for key, item in items.items()}),
            ("FirstDay", {key: Decimal(item.first.toordinal()) for key, item in items.items()}),
            ("LastDay", {key: Decimal(item.last.toordinal()) for key, item in items.items()}),
        )
    ]
    return found


def _known(row: Row) -> Row:
    """What was saved, also where the report does not say so because nothing was amortized."""
    return {"Saving": row["ListCost"] - row["EffectiveCost"]} if row["Saving"] is None else {}


def _benefits(reports: Reports, rows: list[Row]) -> list[Check]:
    items: dict[Key, BenefitFigures] = {tuple(part or "" for part in key): i for key, i in reports.benefits.items()}
    exact: list[Check] = [
        (f"benefit {column}", _sums(rows, BENEFIT, column), expected)
        for column, expected in (
            ("EarnedAmount", {key: item.earned for key, item in items.items()}),
            ("MissedAmount", {key: item.missed for key, item in items.items()}),
            ("EarnedLineCount", {key: Decimal(item.earned_charges) for key, item in items.items()}),
            ("MissedLineCount", {key: Decimal(item.missed_charges) for key, item in items.items()}),
            ("EligibleListCost", {key: item.listed for key, item in items.items()}),
        )
    ]
    shared = {key: item.shared for key, item in items.items()}
    return [*exact, ("benefit SharedAmount", _near(_sums(rows, BENEFIT, "SharedAmount"), shared), shared)]
