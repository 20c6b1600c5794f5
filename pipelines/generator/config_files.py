"""The configuration that belongs to a generated month: tenants, links, contracts, rates, and the annotated plans."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

from pipelines import lake
from pipelines.generator.accounts import Estate
from pipelines.generator.tenants import Tenant, Tree
from pipelines.money import CONTEXT, parse, round_to
from pipelines.period import BillingPeriod

TEMPLATES = Path(__file__).parent / "templates"
# Units per euro. Pairs are stated in the direction that is at least 1.
PER_EURO = {"EUR": "1", "USD": "1.0927", "GBP": "0.8641", "JPY": "171.35"}
RATE_DECIMALS = 6
TENANT_HEADER = ("tenant", "name", "kind", "parent", "home_currency", "valid_from", "valid_to")
LINK_HEADER = ("provider", "scope", "scope_id", "tenant", "covers", "valid_from", "valid_to")
CONTRACT_HEADER = (
    "contract", "seller", "buyer", "currency", "plan", "rounding", "tax", "credits", "partner_benefit_share",
    "commitments", "billing_basis", "payment_terms", "purchase_order", "valid_from", "valid_to",
)  # fmt: skip
FX_HEADER = ("billing_period", "from_currency", "to_currency", "rate", "source", "as_of")


def write(folder: Path, period: BillingPeriod, tree: Tree, estate: Estate) -> None:
    """Write the configuration directory."""
    for template in sorted(TEMPLATES.rglob("*.yaml")):
        lake.write_text(folder / template.relative_to(TEMPLATES), template.read_text(encoding="utf-8"))
    _write_csv(folder / "tenants.csv", TENANT_HEADER, _tenants(tree))
    _write_csv(
        folder / "account_links.csv",
        LINK_HEADER,
        ((x.provider, x.scope, x.scope_id, x.tenant, x.covers, x.valid_from, x.valid_to) for x in estate.links),
    )
    _write_csv(folder / "contracts.csv", CONTRACT_HEADER, _contracts(tree))
    _write_csv(folder / "fx_rates.csv", FX_HEADER, _rates(period))


def _tenants(tree: Tree) -> Iterable[Sequence[object]]:
    """One row per tenant and parent; the customer that moves has two."""
    for tenant in (tree.operator, *tree.resellers, *tree.customers):
        if tenant.id == tree.mover.id:
            yield _tenant(tenant, tenant.parent, None, tree.move_date)
            yield _tenant(tenant, tree.new_parent, tree.move_date, None)
        else:
            yield _tenant(tenant, tenant.parent, None, None)


def _tenant(tenant: Tenant, parent: str, start: date | None, end: date | None) -> Sequence[object]:
    return (tenant.id, tenant.name, tenant.kind, parent, tenant.currency, start, end)


def _contracts(tree: Tree) -> Iterable[Sequence[object]]:
    for number, contract in enumerate(tree.contracts, start=1):
        yield (
            f"c{number:05d}", contract.seller, contract.buyer, contract.currency, contract.plan, contract.rounding,
            contract.tax, contract.credits, None, None, None, contract.terms, contract.order,
            contract.valid_from, contract.valid_to,
        )  # fmt: skip


def _rates(period: BillingPeriod) -> Iterable[Sequence[object]]:
    """Every pair of currencies once: a rate is used in both directions, but never chained."""
    as_of = period.end - timedelta(days=1)
    for first, second in combinations(PER_EURO, 2):
        one, other = parse(PER_EURO[first]), parse(PER_EURO[second])
        source, target = (first, second) if other >= one else (second, first)
        rate = CONTEXT.divide(max(one, other), min(one, other))
        yield (period.label, source, target, round_to(rate, RATE_DECIMALS, "half_up"), "ECB", as_of)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    lake.write_text(path, stream.getvalue())
