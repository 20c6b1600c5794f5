"""Who a buyer's FOCUS rows name as service provider, host and invoice issuer, and which FOCUS versions it gets.

The issuer is always the seller. `resale` names as service provider and host whom the seller was told itself: on the
operator's own sale who produced the resources, below it what the edge above says. `managed` names the seller as service
provider, `white_label` as host too; then nothing of a bundle names the cloud, also not below that edge.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipelines import schemas
from pipelines.config import fields
from pipelines.config.fields import Field, Unfit
from pipelines.config.files import nearest
from pipelines.config.intervals import grouped
from pipelines.errors import Problem

if TYPE_CHECKING:
    from pipelines.config.models import Contract

RESALE, MANAGED, WHITE_LABEL = "resale", "managed", "white_label"
# FOCUS versions beside our own, as their folders name them: v1_2 is 1.2.
RENDITIONS = tuple(
    sorted(
        path.parent.name.removeprefix("v").replace("_", ".")
        for path in schemas.SCHEMAS.glob("v*/cost_and_usage.yml")
        if path.parent.name != f"v{schemas.VERSION}"
    )
)


def focus_version(raw: str) -> str:
    """A FOCUS version that rows can be rendered in beside our own."""
    if raw not in RENDITIONS:
        remedy = f"use {', '.join(RENDITIONS)}; FOCUS {schemas.VERSION.replace('_', '.')} is always there"
        raise Unfit(f"{raw!r} is no FOCUS version that bundles are rendered in{nearest(raw, RENDITIONS)}", remedy)
    return raw


TERMS = (
    Field("entities", fields.choice(RESALE, MANAGED, WHITE_LABEL), required=False),
    Field("focus_versions", focus_version, required=False, default=(), many=True),
)

# Grain: tenant x segment x edge of its path. What the edge says in place of the charge's own service provider and host
# (null: the charge's own). A bundle is one thing: it is white label if any of its charges is.
EDGE_NAMES = """
    with named as (
        select e.TenantId, e.SegmentStart, e.Depth, e.SellerTenantId, e.BuyerTenantId, e.ContractId,
            max_by(c.InvoiceIssuerName, e.Depth) filter (where c.Entities <> 'resale') over up as ServiceSellerName,
            max_by(c.InvoiceIssuerName, e.Depth) filter (where c.Entities = 'white_label') over up as HostSellerName
        from edges as e
        left join used_contracts as c on c.ContractId = e.ContractId
        window up as (partition by e.TenantId, e.SegmentStart order by e.Depth)
    )
    select TenantId, SegmentStart, cast(Depth as integer) as Depth, SellerTenantId, BuyerTenantId, ContractId,
        ServiceSellerName, HostSellerName,
        bool_or(HostSellerName is not null) over (partition by SellerTenantId, BuyerTenantId) as IsWhiteLabel
    from named
"""


def check_entities(contracts: Sequence[Contract], problems: list[Problem]) -> None:
    """Append a problem for each contract that would name a seller further up to its buyer without saying so."""
    bought = grouped(contracts, lambda row: row.buyer)
    for row in contracts:
        namer = None if row.entities else _namer(row, row.valid_from, row.valid_to, bought, ())
        if namer is not None:
            what = (
                f"{row.seller} buys as {namer.entities} of {namer.seller}, which {row.contract} would tell {row.buyer} "
                "as service provider"
            )
            remedy = f"write entities {RESALE} if it may know, {MANAGED} or {WHITE_LABEL} to name {row.seller}"
            problems.append(row.place.problem(what, remedy, "entities"))


def _namer(
    row: Contract, since: date, until: date, bought: Mapping[Hashable, list[Contract]], below: tuple[Contract, ...]
) -> Contract | None:
    """The contract whose seller stands as service provider in what the seller of `row` gets in these days."""
    for above in bought.get(row.seller, []):
        start, end = max(since, above.valid_from), min(until, above.valid_to)
        if start >= end or above in below:
            continue
        if above.entities in (MANAGED, WHITE_LABEL):
            return above
        if found := _namer(above, start, end, bought, (*below, above)):
            return found
    return None
