"""Configuration as Arrow tables, one per kind of record, for the compiler's SQL.

Grain: one row per record. Text, dates and exact decimals only; rules arrive with their factors and match
pattern already worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.config.fields import OPEN_END, OPEN_START, currencies
from pipelines.config.intervals import Dated, grouped
from pipelines.config.models import ANY_PUBLISHER, SCOPES, Config, Match, Tenant
from pipelines.config.rules import factors
from pipelines.config.validate import plan_chain
from pipelines.period import BillingPeriod

TEXT, DAY, INTEGER, FLAG, NUMBER = pa.string(), pa.date32(), pa.int32(), pa.bool_(), pa.decimal128(38, 12)
SEPARATOR = "\x1f"
UNUSED = "*"
USES = (
    "UsesProvider",
    "UsesServiceCategory",
    "UsesService",
    "UsesSku",
    "UsesSkuPrice",
    "UsesRegion",
    "UsesChargeCategory",
    "UsesPublisher",
    "UsesCommitment",
    "UsesSubAccount",
    "AnyPublisher",
)
Pattern = tuple[bool, ...]


def boundaries(config: Config, charge_min: date, charge_max: date) -> list[date]:
    """Every date on which some record starts or ends, as far as it divides the charge dates."""
    dated: tuple[Dated, ...] = (
        *config.tenants,
        *config.account_links,
        *config.contracts,
        *(rule for plan in config.plans for rule in plan.rules),
    )
    days = {row.valid_from for row in dated} | {row.valid_to for row in dated}
    return sorted(day for day in days if charge_min < day <= charge_max)


def table(columns: Sequence[tuple[str, Any]], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table with the given column names and types."""
    schema = pa.schema(list(columns))
    values = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, entry.type) for column, entry in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def staged_tables(config: Config, period: BillingPeriod, days: Sequence[date], charge_min: date) -> dict[str, pa.Table]:
    """Every input of the compiler by its name in SQL."""
    return {
        "in_segments": _segments(days, charge_min),
        "in_tenants": _tenants(config),
        "in_names": _names(config, period),
        "in_links": _links(config),
        "in_contracts": _contracts(config),
        **_rules(config),
        "in_chains": _chains(config),
        "in_currencies": table([("Currency", TEXT), ("MinorUnits", INTEGER)], sorted(currencies().items())),
    }


def _segments(days: Sequence[date], charge_min: date) -> pa.Table:
    starts = [OPEN_START, *days]
    rows = [(start, end, max(start, charge_min)) for start, end in zip(starts, [*days, OPEN_END], strict=True)]
    return table([("SegmentStart", DAY), ("SegmentEnd", DAY), ("OnDay", DAY)], rows)


def _tenants(config: Config) -> pa.Table:
    columns = [("TenantId", TEXT), ("ParentId", TEXT), ("ValidFrom", DAY), ("ValidTo", DAY)]
    return table(columns, [(row.tenant, row.parent, row.valid_from, row.valid_to) for row in config.tenants])


def _names(config: Config, period: BillingPeriod) -> pa.Table:
    """One row per tenant: its name is the last one it had in the period, else the nearest."""
    rows = []
    for tenant, group in sorted(grouped(config.tenants, lambda row: row.tenant).items(), key=lambda item: str(item[0])):
        current: Tenant = next((row for row in reversed(group) if row.valid_from < period.end), group[0])
        rows.append((tenant, current.name, current.kind, current.home_currency or config.operator.home_currency))
    return table([("TenantId", TEXT), ("TenantName", TEXT), ("TenantKind", TEXT), ("HomeCurrency", TEXT)], rows)


def _links(config: Config) -> pa.Table:
    columns = [
        ("Provider", TEXT),
        ("ScopeType", TEXT),
        ("ScopeId", TEXT),
        ("TenantId", TEXT),
        ("CoversNarrower", FLAG),
        ("Specificity", INTEGER),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    specificity = {scope: number for number, scope in enumerate(SCOPES, start=1)}
    rows = [
        (
            row.provider,
            row.scope,
            row.scope_id,
            row.tenant,
            row.covers_narrower,
            specificity[row.scope],
            row.valid_from,
            row.valid_to,
        )
        for row in config.account_links
    ]
    return table(columns, rows)


def _contracts(config: Config) -> pa.Table:
    columns = [
        ("ContractId", TEXT),
        ("SellerTenantId", TEXT),
        ("BuyerTenantId", TEXT),
        ("BillingCurrency", TEXT),
        ("PlanId", TEXT),
        ("RoundingMode", TEXT),
        ("TaxPolicy", TEXT),
        ("CreditPolicy", TEXT),
        ("PaymentTerms", TEXT),
        ("PurchaseOrderNumber", TEXT),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    rows = [
        (
            row.contract,
            row.seller,
            row.buyer,
            row.currency,
            row.plan,
            row.rounding,
            row.tax,
            row.credits,
            row.payment_terms,
            row.purchase_order,
            row.valid_from,
            row.valid_to,
        )
        for row in config.contracts
    ]
    return table(columns, rows)


def _chains(config: Config) -> pa.Table:
    """For each plan itself (level 0) and those it extends, nearest first."""
    plans = {plan.plan: plan for plan in config.plans}
    chains = ((plan.plan, enumerate(plan_chain(plan, plans))) for plan in config.plans)
    rows = [(name, link.plan, level) for name, chain in chains for level, link in chain]
    return table([("PlanId", TEXT), ("SourcePlanId", TEXT), ("Level", INTEGER)], rows)


def _pattern(match: Match) -> Pattern:
    return (*(value is not None for value in match.values), match.publisher == ANY_PUBLISHER)


def _rules(config: Config) -> dict[str, pa.Table]:
    """Rules by the plan that holds them, and the distinct patterns of used match fields."""
    columns = [
        ("SourcePlanId", TEXT),
        ("Position", INTEGER),
        ("RuleId", TEXT),
        ("PatternId", INTEGER),
        ("MatchValue", TEXT),
        ("RulePriority", INTEGER),
        ("MatchedFields", INTEGER),
        ("RuleAction", TEXT),
        ("RuleBasis", TEXT),
        ("FactorParent", NUMBER),
        ("FactorList", NUMBER),
        ("FactorContracted", NUMBER),
        ("FactorCost", NUMBER),
        ("UnitPrice", NUMBER),
        ("UnitPriceCurrency", TEXT),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    ids: dict[Pattern, int] = {}
    for pattern in sorted({_pattern(rule.match) for plan in config.plans for rule in plan.rules}):
        ids[pattern] = len(ids)
    rows = [
        (
            plan.plan,
            position,
            rule.rule,
            ids[_pattern(rule.match)],
            SEPARATOR.join(value or UNUSED for value in rule.match.values),
            rule.priority,
            sum(value is not None for value in rule.match.values),
            rule.action,
            rule.basis,
            *factors(rule),
            rule.currency,
            rule.valid_from,
            rule.valid_to,
        )
        for plan in config.plans
        for position, rule in enumerate(plan.rules)
    ]
    patterns = [(number, *pattern) for pattern, number in ids.items()]
    pattern_columns = [("PatternId", INTEGER), *((name, FLAG) for name in USES)]
    return {"in_rules": table(columns, rows), "in_patterns": table(pattern_columns, patterns)}
