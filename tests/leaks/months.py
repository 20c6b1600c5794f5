"""The secrets of a billed month, read from its lake: the operator's slices, prices and configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.lake import connect
from tests.leaks.bundle import Bundle
from tests.leaks.secrets import SEEN, Fact, Known
from tests.leaks.terms import Terms, read_terms

Row = dict[str, Any]
SOURCE = "SliceNo, x_SourceFile, x_SourceRow, x_SourcePart"
CLOSED = Terms({}, "")
# What of a charge its buyer may see as the provider delivers it; an id found there is no secret.
OWN = (
    "SubAccountId SubAccountName ResourceId ResourceName Tags SkuId SkuPriceId SkuMeter RegionId RegionName "
    "AvailabilityZone ServiceName x_ResourceGroup x_PublisherName ServiceProviderName HostProviderName"
).split()
IDS = "BillingAccountId InvoiceId x_ProviderCustomerId x_CorrectedInvoiceId CommitmentDiscountId CapacityReservationId"
FACTS = f"""
with behind as (
    select p.{SOURCE.replace(", ", ", p.")}, c.SellerTenantId, c.BuyerTenantId, any_value(c.RulePath) as RulePath,
        any_value(c.Treatment) as Treatment, any_value(c.CoefBenefit) as Coefficient
    from rated.rated_priced_charges as p
    inner join rated.rated_coefficients as c on abs(p.PriceKeyNo) = abs(c.PriceKeyNo)
    group by all
)
select
    v.*, c.x_PartnerBenefitKind as Kind, c.x_PartnerBenefitAmount as Benefit, c.BilledCost as Cost,
    c.ContractedCost as Contracted, c.EffectiveCost as Amortized, c.CommitmentDiscountId as Commitment,
    c.CommitmentDiscountStatus as Status, c.ChargeDescription as Wording,
    up.BilledCost as SellerPrice, up.EffectiveCost as SellerAmortized, b.RulePath, b.Treatment,
    coalesce(a.Coefficient, 0) * c.x_PartnerBenefitAmount as SellerShare
from marts.marts_cost_and_usage as v
inner join focus.charges as c using ({SOURCE})
left join marts.marts_cost_and_usage as up
    on v.SliceNo = up.SliceNo and v.x_SourceFile = up.x_SourceFile and v.x_SourceRow = up.x_SourceRow
    and v.x_SourcePart = up.x_SourcePart and v.SellerTenantId = up.BuyerTenantId
left join behind as b
    on v.SliceNo = b.SliceNo and v.x_SourceFile = b.x_SourceFile and v.x_SourceRow = b.x_SourceRow
    and v.x_SourcePart = b.x_SourcePart and v.SellerTenantId = b.SellerTenantId and v.BuyerTenantId = b.BuyerTenantId
left join behind as a
    on v.SliceNo = a.SliceNo and v.x_SourceFile = a.x_SourceFile and v.x_SourceRow = a.x_SourceRow
    and v.x_SourcePart = a.x_SourcePart and v.SellerTenantId = a.BuyerTenantId
order by {", ".join("v." + name for name in SOURCE.split(", "))}
"""


def bundles(lake: Path, period: str) -> Iterator[tuple[tuple[str, str], Bundle]]:
    """Every buyer's newest bundle."""
    for path in sorted(lake.glob(f"published/period={period}/seller=*/buyer=*/version=*")):
        seller, buyer = path.parents[1].name[len("seller=") :], path.parent.name[len("buyer=") :]
        yield (seller, buyer), Bundle(f"{seller} > {buyer}", path)


def read_known(database: Path, config: Path) -> dict[tuple[str, str], Known]:
    """Edge -> what must not come out there, for every edge of the build's work database."""
    terms = read_terms(config)
    with connect() as con:
        con.execute(f"attach '{database}' as {database.stem} (read_only)")
        con.execute(f"use {database.stem}")
        rows = _rows(con, FACTS)
        by_edge: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            by_edge[row["SellerTenantId"], row["BuyerTenantId"]].append(row)
        texts = _Texts(con, config)
        for edge in texts.white_label:
            for row in by_edge.get(edge, []):  # kinds of resources have the cloud's words, so others stand there
                row["ResourceType"] = row["ServiceSubcategory"] if row["ResourceType"] else None
        return {edge: _known(edge, found, terms.get(edge, CLOSED), texts) for edge, found in by_edge.items()}


class _Texts:
    """Every text that is somebody's secret, before it is known whose bundle is looked at."""

    def __init__(self, con: duckdb.DuckDBPyConnection, config: Path) -> None:
        names = IDS.split()
        ids = con.execute(f"select distinct {', '.join(names)} from focus.charges").fetchall()
        self.ids = {str(text) for row in ids for text in row if text and len(str(text)) >= 5}
        self.ids |= {text for (text,) in con.execute("select distinct SliceId from focus.slices").fetchall()}
        self.ids |= {path.stem for path in (config / "plans").iterdir()}
        contracts = con.execute("select distinct ContractId from config.contracts").fetchall()
        self.contracts = {text for (text,) in contracts}
        self.tenants = dict(con.execute("select distinct TenantId, TenantName from config.tenants").fetchall())
        paths = con.execute("select distinct TenantId, Path from config.tenant_paths").fetchall()
        self.paths = [(tenant, str(path).split(chr(31))) for tenant, path in paths]
        # Who sells under its own name is named to everybody below.
        query = "select BuyerTenantId, ServiceSellerName, HostSellerName from config.edge_names"
        self.told = con.execute(query).fetchall()
        query = "select distinct SellerTenantId, BuyerTenantId from config.edge_names where IsWhiteLabel"
        self.white_label = set(con.execute(query).fetchall())
        names = "SubAccountId, SubAccountName, ResourceId, ResourceName, x_ResourceGroup, Tags"
        found = con.execute(f"select distinct {names} from focus.charges").fetchall()
        self.accounts = {text for row in found for text in row if text and len(text) >= 10}

    def strangers(self, edge: tuple[str, str]) -> set[str]:
        """Ids and names of tenants that are neither party of the edge nor below the buyer."""
        inside = {*edge, *(tenant for tenant, path in self.paths if edge[1] in path)}
        outside = {tenant: name for tenant, name in self.tenants.items() if tenant not in inside}
        told = {name for buyer, *names in self.told if buyer == edge[1] for name in names}
        return {*outside, *outside.values()} - told

    def parties(self, edge: tuple[str, str]) -> set[str]:
        return {self.tenants[tenant] for tenant in edge}


def _known(edge: tuple[str, str], rows: list[Row], terms: Terms, texts: _Texts) -> Known:
    commitments = {row["Commitment"] for row in rows if row["Commitment"] and not row.get("x_OwnsCommitment")}
    mine = {str(row[name]) for row in rows for name in OWN if row.get(name)} - commitments
    shown = "\n".join(mine)
    other = texts.accounts - mine - texts.parties(edge)
    owned = {row["Commitment"] for row in rows if row.get("x_OwnsCommitment")}
    ids = {text for text in texts.ids | texts.strangers(edge) if text not in shown} - owned
    wordings = {row["Wording"] for row in rows if row["Wording"] and any(c.isdigit() for c in row["Wording"])}
    facts = tuple(_fact(row, terms) for row in rows)
    return Known(
        frozenset(ids),
        frozenset((other | texts.contracts | {text for text in wordings if text not in shown}) - owned),
        frozenset(amount for amount in _totals(facts, terms) if len(amount.as_tuple().digits) >= 6),
        facts,
        terms.shared,
    )


def _fact(row: Row, terms: Terms) -> Fact:
    rule = str(row["RulePath"] or "").split(" > ")[-1]
    amounts = {"benefit": row["Benefit"], "cost": row["Cost"], "amortized cost": row["Amortized"]}
    if row["SellerPrice"] is not None:
        amounts |= {"seller's price": row["SellerPrice"], "seller's amortized price": row["SellerAmortized"]}
    flags = {"earned": row["Kind"] if row["Benefit"] else ""}
    if row["Treatment"] in ("plain", "on_demand"):
        flags["covered"] = row["Status"] or ""
    told, disclosed = terms.tells(rule), {}
    if "price" in told and row["SellerPrice"] is None:
        disclosed = {"disclosed cost": row["Cost"] + row["Benefit"], "disclosed amortized cost": row["Amortized"]}
    elif "price" in told:
        # What is handed on rests on the seller's price before its own share of the benefit.
        before = {name: value for name, value in amounts.items() if name.startswith("seller")}
        disclosed = {f"disclosed {name}": value + row["SellerShare"] for name, value in before.items()}
    if "contracted" in told:
        disclosed["disclosed contracted cost"] = row["Contracted"]
    seen = {name: row[name] for name in (*SEEN, "ResourceId")}
    return Fact(seen, rule, bool(told), flags, amounts, disclosed)


def _totals(facts: tuple[Fact, ...], terms: Terms) -> Iterator[Decimal]:
    """Benefits of each tenant, line and kind, and what the operator really paid there."""
    sums: dict[tuple[object, ...], list[Decimal]] = defaultdict(list)
    for fact in facts:
        if fact.amounts["benefit"] and not terms.shared:
            for key in (fact.seen["x_TenantId"], fact.seen["InvoiceDetailId"], fact.flags["earned"]):
                sums[key, "benefit"].append(fact.amounts["benefit"])
                sums[key, "cost"].append(fact.amounts["cost"])
    # A single charge's amount may equal another charge's price by chance; the other attacks compare it in its place.
    yield from (sum(parts, Decimal(0)).normalize() for parts in sums.values() if len(parts) > 1)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
