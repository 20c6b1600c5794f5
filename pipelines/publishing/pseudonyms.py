"""What a bundle calls the commitments and reservations that its buyer does not own.

A name is a number within the bundle, given in the order in which the bundle's own rows meet the commitment. It does
not follow from the real id, so nobody can try out ids against it, and two buyers cannot compare names. What the
buyer owns keeps its id, unless its bundle is white label: ids of providers name the provider.
"""

from __future__ import annotations

import duckdb

OWNED = "x_OwnsCommitment"
IDS = "CommitmentDiscountId", "CapacityReservationId"
UNNAMED = "commitment"


def mount_pseudonyms(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """Create `commitment_names` (NameEdgeNo, NameOf, Name) and `commitment_ids` (KnownId) over the rows of `view`.

    `con` holds the `lines` of `edges.mount`. NameOf is the id as the provider has it, Name what the edge's bundle says.
    """
    place = "concat_ws(chr(31), printf('%010d', l.LineNo), d.ChargePeriodStart, d.PricingQuantity, d.ConsumedQuantity)"
    con.execute(
        f"""
        create table commitment_names as
        with met as (
            select l.EdgeNo, d.CommitmentDiscountId as NameOf, 'commitment' as Kind,
                coalesce(d.{OWNED}, false) and not l.IsWhiteLabel as IsOwned, {place} as Place,
                case when d.ResourceId <> d.CommitmentDiscountId then d.ResourceId end as User
            from {view} as d inner join lines as l on d.InvoiceDetailId = l.InvoiceDetailId
            where d.CommitmentDiscountId is not null
            union all
            select l.EdgeNo, d.CapacityReservationId as NameOf, 'reservation' as Kind, false as IsOwned,
                {place} as Place,
                case when d.ResourceId <> d.CapacityReservationId then d.ResourceId end as User
            from {view} as d inner join lines as l on d.InvoiceDetailId = l.InvoiceDetailId
            where d.CapacityReservationId is not null
        ),
        listed as (
            select EdgeNo, NameOf, min(Kind) as Kind, bool_or(IsOwned) as IsOwned, min(Place) as FirstPlace,
                max(Place) as LastPlace, count(*) as Meetings, min(User) as FirstUser, max(User) as LastUser
            from met
            group by EdgeNo, NameOf
        )
        select
            EdgeNo as NameEdgeNo,
            NameOf,
            case
                when IsOwned then NameOf
                else Kind || '-' || row_number() over (
                    partition by EdgeNo, Kind, IsOwned
                    order by FirstPlace, LastPlace, Meetings, FirstUser, LastUser, NameOf
                )
            end as Name
        from listed
        """
    )
    listed = " union all ".join(f"select {name} as KnownId from {view} where {name} is not null" for name in IDS)
    con.execute(f"create table commitment_ids as select distinct KnownId from ({listed})")


def name_of(column: str) -> str:
    """SQL of a column that holds such an id: its name in the bundle."""
    return f"names_{column}.Name"


def name_or_text(column: str, text: str) -> str:
    """SQL of a column that may hold such an id: its name in the bundle; `text` is the SQL of any other text."""
    known = f"when known_{column}.KnownId is not null then '{UNNAMED}' else {text} end"
    return f"case when names_{column}.NameOf is not null then names_{column}.Name {known}"


def joins(columns: dict[str, bool]) -> str:
    """The joins behind those expressions, from rows `d` and lines `l`; column -> whether it may hold other texts."""
    parts = []
    for column, mixed in columns.items():
        parts.append(
            f"left join commitment_names as names_{column} "
            f"on l.EdgeNo = names_{column}.NameEdgeNo and d.{column} = names_{column}.NameOf"
        )
        if mixed:
            parts.append(f"left join commitment_ids as known_{column} on d.{column} = known_{column}.KnownId")
    return " ".join(parts)
