"""A small month made of SQL that holds a secret wherever a mask stands, and what of it must not come out.

Half of its rows earned a partner's benefit, by a rule that nothing public follows. The rows are alike in all that is
public, so that a column, an order or a number that knows more shows at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake import connect
from pipelines.progress import silent
from pipelines.publishing import audience, publish
from tests.leaks.bundle import Bundle
from tests.leaks.guesses import guesses
from tests.leaks.secrets import SEEN, Fact, Known
from tests.unit.publishing.month import BUILD, EDGES, FORBIDDEN, PERIOD, Month, allow, make_month

EARNED = "ascii(md5(cast(RowNo as varchar))) % 2 = 0"
COST = f"cast(case when {EARNED} then List * 0.85 else List end as decimal(38, 12))"
UPSTREAM = {
    "AllocatedMethodDetails": """'{"host": "shared-host/of-sibling"}'""",
    "AllocatedMethodId": "'split/of-sibling'",
    "AllocatedResourceId": "'shared-host/of-sibling'",
    "AllocatedResourceName": "'shared-host/of-sibling'",
    "AllocatedTags": """'{"owner": "shared-host/of-sibling"}'""",
    "BillingAccountName": "'Payer Account Ninety-Nine'",
    "BillingCurrency": "'CHF'",
    "BillingPeriodEnd": "timestamp '2026-09-30'",
    "BillingPeriodStart": "timestamp '2026-09-01'",
    "CommitmentProgramEligibilityDetails": "'rate 0.0031337'",
    "InvoiceIssuerName": "'Upstream Cloud Ltd'",
    "PricingCurrency": "'CHF'",
    "PricingCurrencyContractedUnitPrice": COST,
    "PricingCurrencyEffectiveCost": COST,
    "PricingCurrencyListUnitPrice": f"{COST} * 2",
    "ResourceName": "Resource",
    "SkuPriceDetails": """'{"negotiated": "rate 0.0031337"}'""",
}
# One direct customer and one of a reseller; the others are only there to be kept out.
SOLD = [("op", "direct"), ("res", "cust")]
HELD = [edge for edge in EDGES if edge not in SOLD]
STRANGE = ("shared-host/of-sibling", "split/of-sibling", "Payer Account Ninety-Nine", "Upstream Cloud Ltd")
GLOBAL = ("config-hash", "code-hash", BUILD)
OWNERS = {"direct": "direct", "other": "other", "res": "cust", "cust": "cust"}


def make_drill(root: Path) -> Month:
    """The month, judged and ready to be published."""
    month = make_month(root, rows=120, charge=UPSTREAM)
    allow(month, "hold", HELD)
    return month


def read_drill(month: Month) -> dict[tuple[str, str], Known]:
    """Edge -> what must not come out there."""
    with connect() as con:
        con.execute(f"attach '{month.lake.work(f'build={BUILD}') / 'work.duckdb'}' as work (read_only)")
        con.execute("use work")
        names = ", ".join(f"v.{name}" for name in (*SEEN, "ResourceId"))
        cursor = con.execute(
            f"select v.SellerTenantId, v.BuyerTenantId, c.List - {COST} as Benefit, {COST} as Cost, {names} "
            "from work.marts.marts_cost_and_usage as v inner join work.main.priced as c "
            "on v.InvoiceDetailId = c.LineId and v.x_SourceRow = c.RowNo order by c.RowNo"
        )
        columns = [column[0] for column in cursor.description or []]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return {edge: _known(edge, [row for row in rows if (row["SellerTenantId"], row["BuyerTenantId"]) == edge])
            for edge in SOLD}  # fmt: skip


def _known(edge: tuple[str, str], rows: list[dict[str, Any]]) -> Known:
    others = [owner for owner in ("direct", "other", "cust") if owner != OWNERS[edge[1]]]
    ids = {*FORBIDDEN, *STRANGE, *GLOBAL, *(f"{kind}-{other}-" for kind in ("vm", "sub") for other in others)}
    ids |= set(guesses(edge, ["commitment/sibling-1", "reservation/of-payer"]))
    contracts = {"-".join(one) for one in EDGES}
    return Known(frozenset(ids), frozenset({"CHF", *contracts}), frozenset(), tuple(_fact(row) for row in rows))


def _fact(row: dict[str, Any]) -> Fact:
    amounts = {"benefit": Decimal(row["Benefit"]), "cost": row["Cost"]}
    return Fact({name: row[name] for name in (*SEEN, "ResourceId")}, "list", tells_price=False,
                flags={"earned": "PEC" if row["Benefit"] else ""}, amounts=amounts)  # fmt: skip


def publish_drill(month: Month) -> dict[tuple[str, str], Bundle]:
    """Publish anew and return the bundle of every edge."""
    publish_anew(month)
    return {edge: Bundle(" > ".join(edge), month.bundle(*edge)) for edge in SOLD}


def publish_anew(month: Month) -> None:
    """Publish as if nothing had been published before."""
    shutil.rmtree(month.published, ignore_errors=True)
    publish(month.lake, month.ledger, PERIOD, silent)


@contextmanager
def audience_with(file: str, column: str, rule: object) -> Iterator[None]:
    """The allow-list with one entry changed or added."""
    listed = audience._read()
    with _audience(listed | {file: {"columns": listed[file]["columns"] | {column: rule}}}):
        yield


@contextmanager
def without_mask(file: str, column: str) -> Iterator[None]:
    """The allow-list without what a column says under white label."""
    listed = audience._read()
    left = {name: mask for name, mask in listed["white_label"][file].items() if name != column}
    with _audience(listed | {"white_label": listed["white_label"] | {file: left}}):
        yield


@contextmanager
def _audience(changed: dict[str, Any]) -> Iterator[None]:
    caches = (audience.rules, audience.whole_marts, audience.storage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audience, "_read", lambda: changed)
        for cache in caches:
            cache.cache_clear()
        try:
            yield
        finally:
            for cache in caches:
                cache.cache_clear()
