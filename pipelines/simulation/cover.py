"""What a bought commitment covers: usage without a commitment, hour by hour or day by day, up to what is committed.

The owner's own usage comes first, then that of others if it is shared; inside an hour (a day, where any of the usage
is not by the hour) charges are covered in the order of their accounts, resources and source rows. What is committed
and covered is measured in money, or in the covered unit; sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import RebillError
from pipelines.money import CONTEXT, HUNDRED, ONE, Decimal, r12
from pipelines.period import BillingPeriod
from pipelines.simulation.changes import Change
from pipelines.simulation.offer import HOURS, Offer
from pipelines.simulation.slices import Slices
from pipelines.simulation.usage import find_candidates, find_owned

ROW = ("PartNo", "x_SourceFile", "x_SourceRow", "x_SourcePart")
SAME_ROW = ", ".join(ROW)

COVERED = """
    create or replace temp table covered as
    with needs as (
        select *, date_trunc('{bucket}', ChargePeriodStart) as Bucket, {need} as Need
        from candidates
        where ChargePeriodEnd <= ChargePeriodStart + interval 1 day
    ),
    running as (
        select *, coalesce(sum(Need) over (
            partition by Bucket
            order by IsOwners desc, SubAccountId, ResourceId, ChargePeriodStart, {row}
            rows between unbounded preceding and 1 preceding
        ), 0) as Taken
        from needs
        where Need > 0
    ),
    shares as (
        select *, cast(least(Need, {capacity} - Taken) as decimal(38, 12)) as Covered
        from running
        where Taken < {capacity}
    )
    select {row}, cast(ChargePeriodStart as date) as Day, SubAccountId, Need, Covered,
        cast({cost_after} - {cost_before} as decimal(38, 12)) as Cost
    from shares
"""


@dataclass(frozen=True)
class Coverage:
    """What was found: cost per hour, the row that new charges resemble, and words for a reader."""

    per_hour: Decimal
    template: tuple[int, ...]
    is_template_owners: bool
    used: dict[date, Decimal]
    notes: list[str]


def cover(
    con: duckdb.DuckDBPyConnection,
    slices: Slices,
    change: Change,
    offer: Offer,
    period: BillingPeriod,
    owners: set[str],
    before: Path,
) -> Coverage:
    """Fill the table `covered`: charge, what it needs, how much of it is covered, and at what cost.

    `before` is the work database of the month as it is, which knows the tenant of every charge.
    Raises RebillError if nothing matches.
    """
    find_owned(con, slices, owners, before)
    find_candidates(con, change, offer, period)
    rate = _rate(con, change, offer)
    capacity = offer.hourly or offer.quantity
    assert capacity is not None
    per_hour = capacity if offer.quantity is None else r12(CONTEXT.multiply(capacity, rate))
    by_hour = _value(con, "select max(ChargePeriodEnd - ChargePeriodStart) <= interval 1 hour from candidates")
    bucket, hours = ("hour", 1) if by_hour else ("day", HOURS)
    in_units = offer.quantity is not None
    con.execute(
        COVERED.format(
            bucket=bucket,
            need="PricingQuantity" if in_units else _times("PricingQuantity" if offer.rate else "ListCost", rate),
            capacity=_number(CONTEXT.multiply(capacity, Decimal(hours))),
            row=SAME_ROW,
            cost_after=_times("(Taken + Covered)", rate) if in_units else "(Taken + Covered)",
            cost_before=_times("Taken", rate) if in_units else "Taken",
        )
    )
    *template, is_owners = _row(
        con, f"select {SAME_ROW}, IsOwners from candidates order by IsOwners desc, ListCost desc, {SAME_ROW} limit 1"
    )
    used = dict(con.execute("select Day, sum(Cost) from covered group by Day order by Day").fetchall())
    return Coverage(per_hour, tuple(template), bool(is_owners), used, _notes(con, bucket))


def _rate(con: duckdb.DuckDBPyConnection, change: Change, offer: Offer) -> Decimal:
    """What one unit is multiplied with: the price per unit, or the part of the list cost that is left to pay."""
    if offer.rate is not None:
        return offer.rate
    assert offer.percent is not None
    factor = r12(CONTEXT.subtract(ONE, CONTEXT.divide(offer.percent, HUNDRED)))
    if offer.quantity is None:
        return factor
    prices = [row[0] for row in con.execute("select distinct ListUnitPrice from candidates order by 1").fetchall()]
    if len(prices) != 1 or prices[0] is None:
        what = f"a percent needs one list price per unit, the usage it covers has {len(prices)}"
        raise RebillError(change.problem(what, "give rate, the price per unit, instead of percent; or match one SKU"))
    return r12(CONTEXT.multiply(prices[0], factor))


def _notes(con: duckdb.DuckDBPyConnection, bucket: str) -> list[str]:
    accounts = [row[0] for row in con.execute("select distinct SubAccountId from covered order by 1").fetchall()]
    rows, split = _row(con, "select count(*), count_if(Covered < Need) from covered")
    some = ", ".join(str(account) for account in accounts[:10]) + (", ..." if len(accounts) > 10 else "")
    notes = [
        f"covers {rows:,} charges of {len(accounts)} accounts ({some}) {bucket} by {bucket}, {split:,} of them partly"
    ]
    long = _value(con, "select count_if(ChargePeriodEnd > ChargePeriodStart + interval 1 day) from candidates")
    if long:
        notes.append(f"{long:,} matching charges are longer than a day: not covered")
    return notes


def _times(column: str, factor: Decimal) -> str:
    return f"cast(round({column} * {_number(factor)}, 12) as decimal(38, 12))"


def _number(value: Decimal) -> str:
    return f"cast('{value:f}' as decimal(38, 12))"


def _row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    assert row is not None
    return row


def _value(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    return _row(con, query)[0]
