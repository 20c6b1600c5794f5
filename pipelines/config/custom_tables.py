"""Custom lines, subtotals and balances of one billing period as compiled tables.

Everything that needs a calendar, a division or an exchange rate is done here, in Decimal: which lines are
in force, on how many days, and what a flat amount is in its contract's currency. What rests on invoice
lines (percents, minimums, balances) is left to the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from pipelines.config.arrow import DAY, FLAG, INTEGER, NUMBER, TEXT, table
from pipelines.config.custom import CHARGES, EACH_CUSTOMER, Balance, CustomLine, SubtotalMatch
from pipelines.config.custom_days import Span, Tree, balances_with_days, is_below, lines_in_force, tree_of
from pipelines.config.custom_order import graphs, levels
from pipelines.config.models import Config
from pipelines.money import CONTEXT, ONE, ZERO, Decimal, r12
from pipelines.period import BillingPeriod

# (contract, from currency) -> units of the contract's currency per 1: as prices are converted, and as pinned.
Rates = Mapping[tuple[str, str], tuple[Decimal, Decimal]]
SAME = (ONE, ONE)
# The compiled files, in the column order and types that the models read.
CUSTOM_TABLES = {
    "custom_lines": "select * from in_custom_lines order by ContractId, CustomLineId, TenantId",
    "subtotals": "select * from in_subtotals order by SubtotalId",
    "subtotal_lines": "select * from in_subtotal_lines order by SubtotalId, CustomLineId",
    "balances": "select * from in_balances order by ContractId, DrawOrder",
}
EDGE = [
    ("ContractId", TEXT),
    ("SellerTenantId", TEXT),
    ("BuyerTenantId", TEXT),
    ("Depth", INTEGER),
]


def custom_pairs(config: Config, period: BillingPeriod) -> pa.Table:
    """The contracts that need no charge to be billed, each with the currencies of its lines in the period."""
    lines = lines_in_force(config, period)
    pairs = {(span.contract.contract, row.currency or span.contract.currency) for row, span in lines}
    pairs |= {(span.contract.contract, row.currency) for row, span in balances_with_days(config, period)}
    return table([("ContractId", TEXT), ("FromCurrency", TEXT)], sorted(pairs))


def custom_tables(config: Config, period: BillingPeriod, rates: Rates) -> dict[str, pa.Table]:
    """The tables by their name in the compiler's SQL; `rates` holds every pair of `custom_pairs`."""
    listed = [(row.subtotal, line) for row in config.subtotals for line in row.lines]
    return {
        "in_custom_lines": _line_table(config, period, rates),
        "in_subtotals": _subtotal_table(config),
        "in_subtotal_lines": table([("SubtotalId", TEXT), ("CustomLineId", TEXT)], sorted(set(listed))),
        "in_balances": _balance_table(config, period),
    }


def _line_table(config: Config, period: BillingPeriod, rates: Rates) -> pa.Table:
    columns = [
        *EDGE,
        ("CustomLineId", TEXT),
        ("TenantId", TEXT),
        ("IsPerTenant", FLAG),
        ("LineName", TEXT),
        ("ChargeDescription", TEXT),
        ("ChargeCategory", TEXT),
        ("ChargeFrequency", TEXT),
        ("PricingQuantity", NUMBER),
        ("LineLevel", INTEGER),
        ("SubtotalId", TEXT),
        ("IsMinimum", FLAG),
        ("Factor", NUMBER),
        ("Amount", NUMBER),
        ("FxEffect", NUMBER),
        ("ChargeStart", DAY),
        ("ChargeEnd", DAY),
    ]
    order = {contract: levels(graph) for contract, graph in graphs(config.custom_lines, config.subtotals).items()}
    tree = tree_of(config)
    rows = [
        (
            *span.edge,
            row.line,
            tenant,
            row.is_per_tenant,
            row.name,
            _description(row, span, period),
            "Credit" if row.kind == "credit_note" else "Purchase",
            "One-Time" if row.frequency == "once" else "Recurring",
            row.units,
            order[row.contract][row.line],
            row.of,
            row.kind == "minimum",
            _signed(row, r12((row.percent or ZERO).scaleb(-2, CONTEXT))),
            *(_signed(row, amount) for amount in _amounts(row, span, period, rates)),
            span.start,
            span.end,
        )
        for row, span in lines_in_force(config, period)
        for tenant in _tenants(row, span, tree)
    ]
    return table(columns, sorted(rows, key=lambda found: (found[0], found[4], found[5] or "")))


def _tenants(row: CustomLine, span: Span, tree: Tree) -> list[str | None]:
    """Who has the line: null stands for each end customer with charges."""
    if not row.is_per_tenant:
        return [span.contract.buyer]
    if row.audience == (EACH_CUSTOMER,):
        return [None]
    return [name for name in row.audience if is_below(name, span.contract.buyer, span.start, span.end, tree)]


def _description(row: CustomLine, span: Span, period: BillingPeriod) -> str:
    if row.percent is not None:
        return f"{row.name}, {row.percent.normalize():f} percent"
    days = (period.end - period.start).days
    return f"{row.name}, {span.days} of {days} days" if row.prorate == "daily" else row.name


def _amounts(row: CustomLine, span: Span, period: BillingPeriod, rates: Rates) -> tuple[Decimal, Decimal]:
    """The flat amount, or the minimum, in the contract's currency, and what of it is due to the contract's own rate.

    Prorated to R12, times quantity, converted to R12. What a minimum lacks has no rate effect of its own.
    """
    amount = row.amount or ZERO
    if row.prorate == "daily":
        days = Decimal((period.end - period.start).days)
        amount = r12(CONTEXT.divide(CONTEXT.multiply(amount, Decimal(span.days)), days))
    total = CONTEXT.multiply(amount, row.units)
    rate, pinned = rates[row.contract, row.currency] if row.currency else SAME
    converted, at_pinned = r12(CONTEXT.multiply(total, rate)), r12(CONTEXT.multiply(total, pinned))
    return converted, ZERO if row.kind == "minimum" else CONTEXT.subtract(converted, at_pinned)


def _signed(row: CustomLine, value: Decimal) -> Decimal:
    return CONTEXT.minus(value) if row.kind == "credit_note" else value


def _subtotal_table(config: Config) -> pa.Table:
    columns = [
        ("SubtotalId", TEXT),
        ("HasCharges", FLAG),
        ("Provider", TEXT),
        ("ServiceCategory", TEXT),
        ("ServiceName", TEXT),
        ("SkuId", TEXT),
        ("PublisherName", TEXT),
        ("SubAccountId", TEXT),
        ("ChargeCategory", TEXT),
    ]
    named = [(row.subtotal, row.charges, *_values(row.match)) for row in config.subtotals]
    return table(columns, sorted([(CHARGES, True, *[None] * 7), *named], key=lambda found: str(found[0])))


def _values(match: SubtotalMatch) -> list[str | None]:
    return [value.lower() if value else None for value in match[1:]]


def _balance_table(config: Config, period: BillingPeriod) -> pa.Table:
    columns = [
        *EDGE,
        ("BalanceId", TEXT),
        ("BalanceName", TEXT),
        ("BalanceKind", TEXT),
        ("BillingCurrency", TEXT),
        ("Amount", NUMBER),
        ("SubtotalId", TEXT),
        ("TermStart", DAY),
        ("TermEnd", DAY),
        ("IsLastMonth", FLAG),
        ("DrawOrder", INTEGER),
        ("StatedOpening", NUMBER),
    ]
    found = sorted(balances_with_days(config, period), key=lambda item: (item[0].contract, *_draw_order(item[0])))
    rows = [
        (
            *span.edge,
            row.balance,
            row.name or {"prepaid": "Prepaid balance", "commitment": "Spend commitment"}[row.kind],
            row.kind,
            row.currency,
            row.amount,
            row.of,
            row.valid_from,
            row.valid_to,
            row.valid_to == period.end,
            number,
            stated_opening(row, period),
        )
        for number, (row, span) in enumerate(found, start=1)
    ]
    return table(columns, rows)


def _draw_order(row: Balance) -> tuple[date, str]:
    return row.valid_to, row.balance


def stated_opening(row: Balance, period: BillingPeriod) -> Decimal | None:
    """What the configuration says a balance opens with: as stated for the period, or as its term begins."""
    if row.opening_period == period:
        return row.opening
    if row.valid_from == period.start:
        return row.amount if row.kind == "prepaid" else ZERO
    return None
