"""Configuration as Arrow tables, one per kind of record, for the compiler's SQL.

Grain: one row per record. Text, dates and exact decimals only. What prices stands in price_staging.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from pipelines.config.arrow import DAY, FLAG, INTEGER, TEXT, table
from pipelines.config.centre_tables import centre_tables
from pipelines.config.commitment_tables import commitment_tables
from pipelines.config.commitments import sharing_spans
from pipelines.config.custom_tables import custom_pairs
from pipelines.config.fields import OPEN_END, OPEN_START, currencies
from pipelines.config.intervals import Dated, grouped, latest
from pipelines.config.models import Config
from pipelines.config.price_staging import price_tables
from pipelines.config.staged_terms import term_tables
from pipelines.period import BillingPeriod


def boundaries(config: Config, period: BillingPeriod, charge_min: date, charge_max: date) -> list[date]:
    """Every date that divides the charge dates: some record starts or ends on it, or the billing period begins."""
    dated: tuple[Dated, ...] = (
        *config.tenants,
        *config.account_links,
        *config.contracts,
        *config.overrides,
        *config.rate_cards,
        *config.cost_centres,
        *config.commitments,
        *config.commitment_pools,
        *sharing_spans(config.operator.commitment_sharing),
        *(rule for plan in config.plans for rule in plan.rules),
    )
    days = {period.start} | {row.valid_from for row in dated} | {row.valid_to for row in dated}
    return sorted(day for day in days if charge_min < day <= charge_max)


def staged_tables(config: Config, period: BillingPeriod, days: Sequence[date], charge_min: date) -> dict[str, pa.Table]:
    """Every input of the compiler by its name in SQL."""
    return {
        "in_segments": _segments(days, charge_min, period),
        "in_tenants": _tenants(config),
        "in_names": _names(config, period),
        **term_tables(config, period),
        **commitment_tables(config),
        **price_tables(config),
        "in_custom_pairs": custom_pairs(config, period),
        **centre_tables(config, period),
        "in_currencies": table([("Currency", TEXT), ("MinorUnits", INTEGER)], sorted(currencies().items())),
    }


def _segments(days: Sequence[date], charge_min: date, period: BillingPeriod) -> pa.Table:
    """OnDay is the first day of a segment with charges; IsEarlier says that they lie before the billing period."""
    starts = [OPEN_START, *days]
    firsts = ((start, end, max(start, charge_min)) for start, end in zip(starts, [*days, OPEN_END], strict=True))
    rows = [(*segment, segment[-1] < period.start) for segment in firsts]
    return table([("SegmentStart", DAY), ("SegmentEnd", DAY), ("OnDay", DAY), ("IsEarlier", FLAG)], rows)


def _tenants(config: Config) -> pa.Table:
    columns = [("TenantId", TEXT), ("ParentId", TEXT), ("ValidFrom", DAY), ("ValidTo", DAY)]
    return table(columns, [(row.tenant, row.parent, row.valid_from, row.valid_to) for row in config.tenants])


def _names(config: Config, period: BillingPeriod) -> pa.Table:
    """One row per tenant: its name is the last one it had in the period, else the nearest."""
    rows, home = [], config.operator.home_currency
    for tenant, group in sorted(grouped(config.tenants, lambda row: row.tenant).items(), key=lambda item: str(item[0])):
        current = latest(group, period.end)
        rows.append(
            (tenant, current.name, current.legal_name or current.name, current.kind, current.home_currency or home)
        )
    names = ("TenantId", "TenantName", "LegalName", "TenantKind", "HomeCurrency")
    return table([(name, TEXT) for name in names], rows)
