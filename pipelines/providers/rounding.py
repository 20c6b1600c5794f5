"""A CSP invoice says its usage twice: by day and by month. What differs must be what rounding makes of it.

Microsoft bills the month's lines, cut to cents; the days are exact. The difference is booked as rounding, but
only where the documented formula, or half a cent per line, explains it.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.money import CONTEXT, ONE, ZERO, Decimal, parse, round_to

BATCH = 10_000
PROBLEMS_MAX = 20  # a broken month would repeat itself thousands of times
DIGITS = 2  # decimals that Microsoft keeps when it rounds down, in every currency
CENT = Decimal("0.01")
HALF = Decimal("0.5")
QUANTITY_GRID = Decimal("0.000001")  # monthly quantities are sums of daily ones to about this precision
COMPUTED_DECIMALS = 12  # a price with so many decimals is a rounded quotient; one with fewer is as agreed
KEY = ("CustomerKey", "PlanKey", "ProductKey", "SkuKey", "OfferKey")
REMEDY = "fetch both exports of the invoice again at the same time; if they still differ, ask Microsoft"
VIEWS = """
-- raw_days: one row per customer x plan x product x variant x offer of the daily usage.
create or replace table raw_days as
select
    coalesce(replace(lower(CustomerId), 'org:', ''), '') as CustomerKey,
    coalesce(lower(SubscriptionId), '') as PlanKey,
    coalesce(ProductId, '') as ProductKey,
    coalesce(SkuId, '') as SkuKey,
    coalesce(AvailabilityId, '') as OfferKey,
    count(*) as Rows,
    -- Amounts on Microsoft's own grid may have been rounded down one by one.
    count(*) filter (where length(split_part(BillingPreTaxTotal, '.', 2)) <= 2) as CentRows,
    cast(sum(money(Quantity)) as decimal(38,12)) as Quantity,
    -- Usage that a commitment or a free grant covers may have no line of the month: it costs nothing.
    coalesce(
        cast(sum(money(Quantity)) filter (where money(BillingPreTaxTotal) <> 0) as decimal(38,12)), 0
    ) as PaidQuantity,
    exact_total(BillingPreTaxTotal) as Total,
    min(x_SourceFile) as x_SourceFile,
    arg_min(x_SourceRow, (x_SourceFile, x_SourceRow)) as x_SourceRow
from raw_usage
group by CustomerKey, PlanKey, ProductKey, SkuKey, OfferKey;

-- raw_lines: one row per reconciliation line, with its keys and whether it only repeats daily usage.
create or replace view raw_lines as
select
    lines.*,
    coalesce(replace(lower(lines.CustomerId), 'org:', ''), '') as CustomerKey,
    coalesce(lower(lines.SubscriptionId), '') as PlanKey,
    coalesce(lines.ProductId, '') as ProductKey,
    coalesce(lines.SkuId, '') as SkuKey,
    coalesce(lines.AvailabilityId, '') as OfferKey,
    lines.MeterDescription is not null or exists (
        select 1
        from raw_days
        where
            raw_days.PlanKey = coalesce(lower(lines.SubscriptionId), '')
            and raw_days.ProductKey = coalesce(lines.ProductId, '')
            and raw_days.SkuKey = coalesce(lines.SkuId, '')
            and raw_days.OfferKey = coalesce(lines.AvailabilityId, '')
    ) as IsUsage
from raw_reconciliation as lines;

-- raw_rounding: one row per key whose reconciliation and daily usage differ; Amount is what Microsoft's
-- rounding added to (or took from) the days. Nothing is rounded while there is no invoice, or it has no
-- reconciliation.
create or replace table raw_rounding as
with line_sums as (
    select
        CustomerKey, PlanKey, ProductKey, SkuKey, OfferKey,
        count(*) as Lines,
        coalesce(cast(sum(money(BillableQuantity)) as decimal(38,12)), 0) as Quantity,
        exact_total(Subtotal) as Total,
        max(coalesce(money(PCToBCExchangeRate), 1)) as Rate,
        min(x_SourceFile) as x_SourceFile,
        arg_min(x_SourceRow, (x_SourceFile, x_SourceRow)) as x_SourceRow
    from raw_lines
    where IsUsage
    group by CustomerKey, PlanKey, ProductKey, SkuKey, OfferKey
)
select
    CustomerKey, PlanKey, ProductKey, SkuKey, OfferKey,
    coalesce(line_sums.Lines, 0) as Lines,
    coalesce(raw_days.Rows, 0) as Rows,
    coalesce(raw_days.CentRows, 0) as CentRows,
    coalesce(line_sums.Quantity, 0) - coalesce(raw_days.Quantity, 0) as Gap,
    coalesce(line_sums.Quantity, 0) - coalesce(raw_days.PaidQuantity, 0) as PaidGap,
    case when abs(Gap) <= abs(PaidGap) then Gap else PaidGap end as QuantityGap,
    coalesce(line_sums.Rate, 1) as Rate,
    coalesce(raw_days.Total, 0) as Daily,
    coalesce(line_sums.Total, 0) as Monthly,
    cast(Monthly - Daily as decimal(38,24)) as Amount,
    coalesce(line_sums.x_SourceFile, raw_days.x_SourceFile) as x_SourceFile,
    coalesce(line_sums.x_SourceRow, raw_days.x_SourceRow) as x_SourceRow
from raw_days
full join line_sums using (CustomerKey, PlanKey, ProductKey, SkuKey, OfferKey)
where
    Amount <> 0
    -- An estimate's two exports are made at different moments: neither controls the other.
    and exists (select 1 from raw_invoice where InvoiceNumber is not null)
    and exists (select 1 from raw_reconciliation);
"""


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """Match raw_reconciliation with raw_usage: raw_lines (lines with IsUsage) and raw_rounding (Amount per key)."""
    con.execute(VIEWS)


def refuse_unexplained(con: duckdb.DuckDBPyConnection, files: Mapping[int, str]) -> None:
    """Raise BadDelivery where reconciliation and daily usage differ by more than Microsoft's rounding can.

    Legal is a difference of at most half a cent per invoice line. Beyond that the quantities must agree, the
    documented formula must give every line's subtotal, and the difference must be within what cutting each
    amount twice can take: what is left has no other cause than rounding.
    """
    suspects = f"(select * from raw_rounding where abs(Amount) > {CENT / 2} * greatest(Lines, 1))"
    off_formula = set()
    lines = con.execute(
        f"select {', '.join(KEY)}, EffectiveUnitPrice, BillableQuantity, PCToBCExchangeRate, Subtotal "
        f"from raw_lines inner join {suspects} using ({', '.join(KEY)}) where IsUsage"
    )
    while batch := lines.fetchmany(BATCH):
        off_formula |= {row[:5] for row in batch if not follows_formula(*(parse(text or "0") for text in row[5:]))}
    problems = []
    groups = con.execute(
        f"select {', '.join(KEY)}, Lines, Rows, CentRows, QuantityGap, Rate, Amount, x_SourceFile, x_SourceRow "
        f"from {suspects} order by x_SourceFile, x_SourceRow"
    ).fetchall()
    for *key, line_count, rows, cent_rows, gap, rate, amount, file, row in groups:
        reason = _unexplained(line_count, rows, cent_rows, gap, rate, amount, tuple(key) in off_formula)
        if reason:
            place = f"plan {key[1]}, product {key[2]}/{key[3]}"
            what = f"reconciliation and daily usage of {place} differ by {amount.normalize():f}: {reason}"
            problems.append(Problem(files[file], what, REMEDY, line=row + 1, column="Subtotal"))
    if len(problems) > PROBLEMS_MAX:
        rest = f"{len(problems) - PROBLEMS_MAX} more keys differ in the same way"
        problems[PROBLEMS_MAX:] = [Problem(problems[0].file, rest, REMEDY)]
    if problems:
        raise BadDelivery(problems)


def _unexplained(
    lines: int, rows: int, cent_rows: int, gap: Decimal, rate: Decimal, amount: Decimal, off_formula: bool
) -> str | None:
    if not rows:
        return "there is no daily usage for these lines"
    if not lines:
        return "there is no reconciliation line for this usage"
    if abs(gap) > QUANTITY_GRID * (lines + rows):
        return f"the quantities differ by {gap.normalize():f}"
    if off_formula:
        return "the rounding formula does not give the subtotal of every line"
    reach = CENT * (ONE + rate) * (lines + cent_rows)
    return f"rounding can explain at most {reach.normalize():f}" if abs(amount) > reach else None


def follows_formula(price: Decimal, quantity: Decimal, rate: Decimal, subtotal: Decimal) -> bool:
    """Is `subtotal` ROUNDDOWN(ROUNDDOWN(price x quantity, 2) x rate, 2)?

    A price with many decimals is itself a rounded quotient: any price that is written the same will do.
    """
    exponent = price.as_tuple().exponent
    assert isinstance(exponent, int)
    slack = HALF.scaleb(exponent) if -exponent >= COMPUTED_DECIMALS else ZERO
    ends = [_formula(CONTEXT.add(price, step), quantity, rate) for step in (-slack, slack)]
    return min(ends) <= subtotal <= max(ends)


def _formula(price: Decimal, quantity: Decimal, rate: Decimal) -> Decimal:
    in_pricing = round_to(CONTEXT.multiply(price, quantity), DIGITS, "down")
    return round_to(CONTEXT.multiply(in_pricing, rate), DIGITS, "down")
