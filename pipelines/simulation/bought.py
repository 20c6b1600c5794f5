"""A commitment bought: what it covers is no longer billed on demand, and its fees and unused part are.

A covered charge keeps its list and contracted cost, is billed at 0 and costs its share of the commitment. A charge
that is covered in part becomes two, whose columns add up to it. New charges resemble the owner's largest matching
charge and stand on its invoice. They lie in the account that is named, or in one that is the owner's on every day:
a real one may have moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.config import Config
from pipelines.errors import RebillError
from pipelines.money import CONTEXT, ZERO, Decimal, round_to
from pipelines.providers.staging import identifier, literal
from pipelines.simulation import terms
from pipelines.simulation.changes import Change
from pipelines.simulation.charges import account_of
from pipelines.simulation.commitment_charges import DIVISIBLE, SAME_CHARGE, Article, charges_with
from pipelines.simulation.cover import ROW, SAME_ROW, Coverage, cover
from pipelines.simulation.offer import Offer, Payment, cost_of, payments, read_offer
from pipelines.simulation.slices import Difference, Slices


def buy(slices: Slices, config: Config, change: Change, before: Path, number: int) -> tuple[Config, list[str]]:
    """Add a commitment to the period's charges; returns the configuration that knows its owner, and what to know.

    `before` is the work database of the month as it is. `number` counts the purchases of a simulation from 1.
    """
    path = Path(change.value)
    offer = read_offer(path, slices.period)
    name = offer.commitment or f"simulated-{path.stem}"
    owners = terms.below(config, offer.owner) if offer.owner else set()
    if offer.owner:
        config = terms.owned_by(config, change, offer.provider, name.lower(), offer.owner)
    with slices.open() as con:
        _refuse_known(con, change, name)
        found = cover(con, slices, change, offer, slices.period, owners, before)
        account = offer.account or account_of(str(offer.owner))
        if offer.owner:
            config = terms.with_account(config, change, offer.provider, account, offer.owner)
        is_home = offer.account is not None and found.is_template_owners
        article = Article(offer, name, number, None if is_home else account, found.template)
        paid = payments(offer, slices.period, found.per_hour)
        unused = _unused(offer, slices, found)
        _cut(con)
        _stage_new(con, paid, unused)
        touched = {row[0] for row in con.execute("select distinct PartNo from covered").fetchall()}
        for part in sorted(touched | {article.home}):
            differences = _differences(con, part, article, paid, unused)
            slices.rewrite(con, slices.parts[part], change, charges_with(article, part), differences)
    return config, [f"{name}: {note}" for note in (*_said(offer, paid, unused), *found.notes)]


def _refuse_known(con: duckdb.DuckDBPyConnection, change: Change, name: str) -> None:
    query = f"select 1 from charges where lower(CommitmentDiscountId) = {literal(name.lower())} limit 1"
    if con.execute(query).fetchone():
        what = f"the period has a commitment {name!r}"
        raise RebillError(change.problem(what, "give the one that is bought an id of its own in commitment"))


def _unused(offer: Offer, slices: Slices, found: Coverage) -> dict[date, Decimal]:
    """What is left of each day of the term in the period, in the offer's currency; only days with something left."""
    since, until = offer.days(slices.period)
    days = [since + timedelta(days=number) for number in range((until - since).days)]
    left = {
        day: CONTEXT.subtract(cost_of(day, day + timedelta(days=1), found.per_hour), found.used.get(day, ZERO))
        for day in days
    }
    return {day: amount for day, amount in left.items() if amount}


def _cut(con: duckdb.DuckDBPyConnection) -> None:
    """The table `pieces`: a wholly covered charge as one piece, a partly covered one as two with their columns."""
    divided = ", ".join(f"{identifier(name)} decimal(38, 12)" for name in DIVISIBLE)
    types = "PartNo integer, x_SourceFile integer, x_SourceRow bigint, x_SourcePart integer"
    con.execute(
        f"create or replace temp table pieces ({types}, Cost decimal(38, 12), Covered decimal(38, 12), "
        f"IsCovered boolean, IsPart boolean, {divided})"
    )
    con.execute(
        f"insert into pieces ({SAME_ROW}, Cost, Covered, IsCovered, IsPart) "
        f"select {SAME_ROW}, Cost, Covered, true, false from covered where Covered = Need"
    )
    names = ", ".join(f"c.{identifier(name)}" for name in DIVISIBLE)
    partly = con.execute(
        f"select {SAME_ROW}, Cost, Covered, Need, {names} from covered inner join charges as c using ({SAME_ROW}) "
        f"where Covered < Need order by {SAME_ROW}"
    ).fetchall()
    marks = ", ".join("?" * (len(ROW) + 4 + len(DIVISIBLE)))
    for row in partly:
        key, (cost, covered, need), amounts = row[:4], row[4:7], row[7:]
        parts = [None if amount is None else _portion(amount, covered, need) for amount in amounts]
        rest = [
            None if part is None else CONTEXT.subtract(amount, part)
            for amount, part in zip(amounts, parts, strict=True)
        ]
        con.execute(f"insert into pieces values ({marks})", [*key, cost, covered, True, True, *parts])
        con.execute(f"insert into pieces values ({marks})", [*key, None, None, False, True, *rest])


def _portion(amount: Decimal, covered: Decimal, need: Decimal) -> Decimal:
    """amount x covered / need toward zero at 12 decimals; the rest of the charge takes the rest."""
    return round_to(CONTEXT.divide(CONTEXT.multiply(amount, covered), need), 12, "down")


def _stage_new(con: duckdb.DuckDBPyConnection, paid: list[Payment], unused: dict[date, Decimal]) -> None:
    """The table `added`: one row per new charge."""
    con.execute(
        "create or replace temp table added (No bigint, IsPurchase boolean, IsUpfront boolean, "
        "Since date, Until date, Billed decimal(38, 12), Effective decimal(38, 12))"
    )
    rows: list[list[Any]] = [[True, item.is_upfront, item.since, item.until, item.amount, ZERO] for item in paid]
    rows += [[False, False, day, day + timedelta(days=1), ZERO, amount] for day, amount in unused.items()]
    for number, row in enumerate(rows):
        con.execute("insert into added values (?, ?, ?, ?, ?, ?, ?)", [number, *row])


def _differences(
    con: duckdb.DuckDBPyConnection, part: int, article: Article, paid: list[Payment], unused: dict[date, Decimal]
) -> list[Difference]:
    """What each invoice of a slice gains or loses: covered charges are not billed, fees are."""
    rows = con.execute(
        f"""
        select c.InvoiceId, c.BillingCurrency,
            -sum(case when p.IsPart then p.BilledCost else c.BilledCost end), count_if(p.IsPart)
        from charges as c inner join pieces as p on {SAME_CHARGE}
        where c.PartNo = {part} and p.IsCovered
        group by c.InvoiceId, c.BillingCurrency order by all
        """
    ).fetchall()
    differences = [Difference(invoice, currency, net, count) for invoice, currency, net, count in rows]
    if part == article.home:
        query = f"select InvoiceId, BillingCurrency from charges as c where {article.is_template}"
        ((invoice, currency),) = con.execute(query).fetchall()
        net = _total(item.amount for item in paid)
        differences.append(Difference(invoice, currency, net, len(paid) + len(unused)))
    return differences


def _said(offer: Offer, paid: list[Payment], unused: dict[date, Decimal]) -> list[str]:
    fees = [f"{'upfront' if item.is_upfront else 'recurring'} fee of {item.amount:f} {offer.currency}" for item in paid]
    left = _total(unused.values())
    return [*(fees or ["no fee falls into this period"]), f"{left:f} {offer.currency} of it are unused"]


def _total(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return total
