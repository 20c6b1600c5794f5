"""The configuration that belongs to a generated month: tenants, links, contracts, terms, rates, annotated plans.

Every record file begins with a comment that says what its records show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

from pipelines import lake
from pipelines.generator.accounts import Estate
from pipelines.generator.special_terms import (
    BALANCE_HEADER,
    CENTRE_HEADER,
    LINE_HEADER,
    OVERRIDE_HEADER,
    POOL_HEADER,
    RATE_HEADER,
    SharedTerms,
    SpecialTerms,
    numbered,
    special_terms,
)
from pipelines.generator.tenants import Contract, Tenant, Tree
from pipelines.money import CONTEXT, Decimal, parse, round_to
from pipelines.period import BillingPeriod

TEMPLATES = Path(__file__).parent / "templates"
# Units per euro. Pairs are stated in the direction that is at least 1.
PER_EURO = {"EUR": "1", "USD": "1.0927", "GBP": "0.8641", "JPY": "171.35"}
RATE_DECIMALS = 6
TENANT_HEADER = ("tenant", "name", "kind", "parent", "home_currency", "valid_from", "valid_to")
LINK_HEADER = ("provider", "scope", "scope_id", "within", "tenant", "covers", "valid_from", "valid_to")
CONTRACT_HEADER = (
    "contract", "seller", "buyer", "currency", "plan", "rounding", "tax", "credits", "line_grain", "fx",
    "fx_markup", "move_proration", *SharedTerms._fields, "payment_terms", "purchase_order", "valid_from", "valid_to",
)  # fmt: skip
FX_HEADER = ("billing_period", "from_currency", "to_currency", "rate", "source", "as_of")


COMMENTS = {
    "tenants": "The tree. A tenant that moves has a row per parent; the day of the move is the new row's first.",
    "account_links": "Whose each provider account is, most specific first: a tag, a resource group, an account, ...",
    "contracts": "The terms of each edge seller > buyer. Blanks are the defaults that docs/configuration.md names.",
    "fx_rates": "Units of to_currency for 1 from_currency in a billing period.",
    "contract_rates": "A rate that a contract fixes, from the given currency into its own; the others follow fx_rates.",
    "commitment_pools": "Customers that share the cost and the use of their commitments. Contracts name the pool.",
    "overrides": "Another plan for the charges of one customer; its rules come before those of the contract's plan.",
    "custom_lines": "Lines beside the charges: flat, per cent of a subtotal, a minimum, credit notes, a bundle.",
    "balances": "What a buyer paid ahead, and what it promised to spend. This commitment's term ends in this month.",
    "cost_centres": "How a customer's lines are divided inside its own house: by tag, or by percents that make 100.",
}


def write(folder: Path, period: BillingPeriod, tree: Tree, estate: Estate) -> None:
    """Write the configuration directory."""
    for template in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
        lake.write_text(folder / template.relative_to(TEMPLATES), template.read_text(encoding="utf-8"))
    special = special_terms(period, tree)
    links = (
        (x.provider, x.scope, x.scope_id, x.within, x.tenant, x.covers, x.valid_from, x.valid_to) for x in estate.links
    )
    for name, header, rows in (
        ("tenants", TENANT_HEADER, _tenants(tree)),
        ("account_links", LINK_HEADER, links),
        ("contracts", CONTRACT_HEADER, _contracts(tree, special)),
        ("fx_rates", FX_HEADER, _rates(period)),
        ("contract_rates", RATE_HEADER, _contract_rates(period, tree)),
        ("commitment_pools", POOL_HEADER, special.commitment_pools()),
        ("overrides", OVERRIDE_HEADER, special.overrides()),
        ("custom_lines", LINE_HEADER, special.custom_lines()),
        ("balances", BALANCE_HEADER, special.balances()),
        ("cost_centres", CENTRE_HEADER, special.cost_centres()),
    ):
        _write_csv(folder / f"{name}.csv", COMMENTS[name], header, rows)


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


def _contracts(tree: Tree, special: SpecialTerms) -> Iterable[Sequence[object]]:
    shared = special.shared_terms()
    for place, contract in enumerate(tree.contracts):
        yield (
            numbered(place), contract.seller, contract.buyer, contract.currency, contract.plan, contract.rounding,
            contract.tax, contract.credits, contract.line_grain, contract.fx, contract.fx_markup,
            contract.move_proration, *shared.get(numbered(place), SharedTerms()), contract.terms, contract.order,
            contract.valid_from, contract.valid_to,
        )  # fmt: skip


def _rates(period: BillingPeriod) -> Iterable[Sequence[object]]:
    """Every pair of currencies once: a rate is used in both directions, but never chained."""
    as_of = period.end - timedelta(days=1)
    for first, second in combinations(PER_EURO, 2):
        one, other = parse(PER_EURO[first]), parse(PER_EURO[second])
        source, target = (first, second) if other >= one else (second, first)
        yield (period.label, source, target, _cross(source, target, "1", RATE_DECIMALS), "ECB", as_of)


def _contract_rates(period: BillingPeriod, tree: Tree) -> Iterable[Sequence[object]]:
    """One reseller fixes the rate at which it sells on to one customer, a little above the table's."""
    place = _converting(tree)
    contract = tree.contracts[place]
    source = _bought_in(tree, contract)
    rate = _cross(source, contract.currency, "1.015", 4)
    yield (numbered(place), source, rate, "framework agreement", period.start, None)


def _converting(tree: Tree) -> int:
    """The first contract of a reseller in another currency than it buys in itself; GBP before others."""
    found = [
        place
        for place, contract in enumerate(tree.contracts)
        if contract.seller != tree.operator.id
        and contract.buyer != tree.mover.id
        and contract.currency != _bought_in(tree, contract)
    ]
    return min(found, key=lambda place: (tree.contracts[place].currency != "GBP", place))


def _bought_in(tree: Tree, contract: Contract) -> str:
    return next(item.currency for item in tree.contracts if item.buyer == contract.seller)


def _cross(source: str, target: str, factor: str, decimals: int) -> Decimal:
    rate = CONTEXT.divide(CONTEXT.multiply(parse(PER_EURO[target]), parse(factor)), parse(PER_EURO[source]))
    return round_to(rate, decimals, "half_up")


def _write_csv(path: Path, comment: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    stream = io.StringIO()
    stream.write(f"# {comment}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    lake.write_text(path, stream.getvalue())
