"""The usage that a bought commitment could cover: on demand, of the wanted kind, and whose it is."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.config.matching import ANY
from pipelines.errors import RebillError
from pipelines.period import BillingPeriod
from pipelines.providers.staging import identifier, literal
from pipelines.simulation.changes import Change
from pipelines.simulation.offer import MATCHED, Offer
from pipelines.simulation.slices import Slices

PARTS = 1000  # parts of charges that moves have cut are numbered in thousands: the rest names the charge
OWNED = """
    create or replace temp table owned as
    select distinct p.PartNo, c.x_SourceFile, c.x_SourceRow, c.x_SourcePart % {parts} as x_SourcePart
    from work.focus.charges as c
    inner join work.focus.slices as s on c.SliceNo = s.SliceNo
    inner join parts as p on s.SliceId = p.SliceId
    inner join work.rated.rated_charge_keys as k
        on c.SliceNo = k.SliceNo and c.x_RateKey = k.x_RateKey
        and c.x_SegmentStart = k.SegmentStart and c.x_TagValues = k.x_TagValues
    inner join work.rated.rated_key_tenants as t on k.KeyNo = t.KeyNo
    where t.TenantId in ({tenants})
"""
CANDIDATES = """
    create or replace temp table candidates as
    select c.PartNo, c.x_SourceFile, c.x_SourceRow, c.x_SourcePart, c.SubAccountId, c.ResourceId, c.PricingUnit,
        c.ChargePeriodStart, c.ChargePeriodEnd, c.ListCost, c.PricingQuantity, c.ListUnitPrice,
        {is_owners} as IsOwners
    from charges as c
    left join owned as o
        on c.PartNo = o.PartNo and c.x_SourceFile = o.x_SourceFile and c.x_SourceRow = o.x_SourceRow
        and c.x_SourcePart % {parts} = o.x_SourcePart
    where c.x_Provider = {provider} and c.BillingCurrency = {currency}
        and c.ChargeCategory = 'Usage' and c.ChargeClass is null
        and c.CommitmentDiscountId is null and c.CommitmentDiscountStatus is null
        and coalesce(c.PricingCategory, 'Standard') <> 'Dynamic'
        and c.ListCost > 0 and c.PricingQuantity > 0
        and c.ChargePeriodStart >= timestamp '{since}' and c.ChargePeriodStart < timestamp '{until}'
        and {matched}
"""


def find_owned(con: duckdb.DuckDBPyConnection, slices: Slices, owners: set[str], before: Path) -> None:
    """The table `owned`: every charge of these tenants, as the work database `before` has linked it."""
    if not owners:
        con.execute(
            "create or replace temp table owned (PartNo integer, x_SourceFile integer, x_SourceRow bigint, "
            "x_SourcePart integer)"
        )
        return
    con.execute("create or replace temp table parts (PartNo integer, SliceId varchar)")
    con.executemany("insert into parts values (?, ?)", [[n, part.source] for n, part in enumerate(slices.parts)])
    con.execute(f"attach {literal(before)} as work (read_only)")
    con.execute(OWNED.format(parts=PARTS, tenants=", ".join(map(literal, sorted(owners)))))
    con.execute("detach work")


def find_candidates(con: duckdb.DuckDBPyConnection, change: Change, offer: Offer, period: BillingPeriod) -> None:
    """The table `candidates`: usage on demand that the offer matches. Raises RebillError if there is none."""
    account = f"coalesce(lower(c.SubAccountId) = {literal((offer.account or '').lower())}, false)"
    since, until = offer.days(period)
    con.execute(
        CANDIDATES.format(
            is_owners=account if offer.account else "o.PartNo is not null",
            parts=PARTS,
            provider=literal(offer.provider),
            currency=literal(offer.currency),
            since=since,
            until=until,
            matched=" and ".join(_matches(f"c.{identifier(column)}", value) for column, value in _wanted(offer)),
        )
    )
    if offer.scope == "own":
        con.execute("delete from candidates where not IsOwners")
    if con.execute("select 1 from candidates limit 1").fetchone() is None:
        whose = f"{offer.owner or offer.account}'s" if offer.scope == "own" else "anybody's"
        what = f"none of {whose} usage on demand in {offer.currency} is what it covers"
        raise RebillError(
            change.problem(what, "correct match, owner or currency; values are those of the FOCUS columns")
        )


def _wanted(offer: Offer) -> list[tuple[str, str]]:
    return [(column, value) for name, column in MATCHED.items() if (value := getattr(offer.match, name)) is not None]


def _matches(column: str, value: str) -> str:
    if value == ANY:
        return f"{column} is not null"
    if value.endswith("*"):
        return f"starts_with(lower({column}), {literal(value[:-1].lower())})"
    return f"lower({column}) = {literal(value.lower())}"
