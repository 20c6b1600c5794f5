"""What makes a configuration wrong as a whole: references, dates, terms that cannot be billed.

Every check reports all it finds; none stops the others. References into a file that could not be read
are not called unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pipelines.config.commitment_checks import check_commitments
from pipelines.config.cost_centres import check_cost_centres
from pipelines.config.custom_checks import check_custom
from pipelines.config.disclosure import check_disclosure
from pipelines.config.entities import check_entities
from pipelines.config.fields import OPEN_END, OPEN_START
from pipelines.config.files import nearest
from pipelines.config.intervals import Dated, closed_gaps, gaps, grouped, no_overlaps, shown, unique
from pipelines.config.layers import check_layers
from pipelines.config.models import Config, Contract, Tenant
from pipelines.config.plans import check_plans
from pipelines.config.reading import Tables
from pipelines.config.term_checks import check_terms
from pipelines.config.tree import check_tree
from pipelines.config.vocabulary import PROVIDERS
from pipelines.config.waivers import check_waivers
from pipelines.errors import Problem
from pipelines.period import BillingPeriod


def validate(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem between the records of a directory."""
    check_tree(tables, problems)
    _check_references(tables, problems)
    _check_providers(tables, problems)
    _check_links(tables, problems)
    check_plans(tables, problems)
    check_layers(tables, problems)
    _check_contracts(tables, problems)
    _check_rates(tables, problems)
    check_terms(tables, problems)
    check_commitments(tables, problems)
    check_disclosure(tables, problems)
    check_entities(tables.contracts.rows, problems)
    check_custom(tables, problems)
    check_waivers(tables.waivers.rows, problems)
    check_cost_centres(tables.cost_centres, {row.tenant: row.kind for row in tables.tenants.rows}, problems)


def _check_references(tables: Tables, problems: list[Problem]) -> None:
    tenants = tables.tenants.known("tenant")
    plans = tables.plans.known("plan")
    references: tuple[tuple[Iterable[Any], tuple[str, ...], Collection[str] | None], ...] = (
        (tables.tenants.rows, ("parent",), tenants),
        (tables.account_links.rows, ("tenant",), tenants),
        (tables.cost_centres.rows, ("tenant",), tenants),
        (tables.contracts.rows, ("seller", "buyer"), tenants),
        (tables.contracts.rows, ("plan",), plans),
        (tables.contract_rates.rows, ("contract",), tables.contracts.known("contract")),
        (tables.plans.rows, ("extends",), plans),
        (tables.plans.rows, ("rate_card",), tables.rate_cards.known("rate_card")),
        (tables.operator.rows, ("plan",), plans),
        (tables.overrides.rows, ("contract",), tables.contracts.known("contract")),
        (tables.overrides.rows, ("tenant",), tenants),
        (tables.overrides.rows, ("plan",), plans),
        (tables.commitments.rows, ("seller", "owner"), tenants),
        (tables.commitment_pools.rows, ("seller", "tenant"), tenants),
    )
    for rows, names, ids in references:
        for row in rows if ids is not None else ():
            for name in names:
                target = getattr(row, name)
                if target is not None and target not in (ids or ()):
                    what = f"unknown {name} {target!r}{nearest(target, ids or (), problems)}"
                    problems.append(row.place.problem(what, "correct the id, or add the record it names", name))
    for row in tables.tenants.rows:
        if row.parent is None and row.kind != "operator":
            what = f"{row.kind} {row.tenant} has no parent"
            problems.append(row.place.problem(what, "name the operator or reseller it buys from", "parent"))


def _check_providers(tables: Tables, problems: list[Problem]) -> None:
    """Every provider has a room of its own or is a vendor of the operator, so that a typing error matches nothing."""
    if not tables.operator.rows:
        return
    operator = tables.operator.rows[0]
    known = (*PROVIDERS, *operator.vendors)
    rows: list[Any] = [*tables.account_links.rows, *tables.rate_cards.rows]
    rows += [*tables.commitments.rows, *operator.commitment_sharing, *tables.waivers.rows]
    rows += [rule.match for plan in tables.plans.rows for rule in plan.rules]
    rows += [subtotal.match for subtotal in tables.subtotals.rows]
    for row in rows:
        if row is not None and row.provider is not None and row.provider not in known:
            what = f"unknown provider {row.provider!r}{nearest(row.provider, known, problems)}"
            remedy = f"use one of {', '.join(known)}, or add it to vendors in operator.yaml"
            problems.append(row.place.problem(what, remedy, "provider"))


def _check_links(tables: Tables, problems: list[Problem]) -> None:
    links = tables.account_links.rows
    no_overlaps(
        links,
        lambda row: " ".join(filter(None, (row.provider, row.scope, row.scope_id, row.within and f"in {row.within}"))),
        "the link of",
        problems,
    )
    tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
    for row in links:
        if row.scope == "resource_group" and not all(row.scope_id.partition("/")):
            what = f"{row.scope_id!r} names no resource group"
            problems.append(row.place.problem(what, "write <sub_account>/<resource group>", "scope_id"))
        if row.covers == "own" and row.scope != "billing_account":
            what = f"covers own has no meaning on a {row.scope}"
            problems.append(row.place.problem(what, "leave it blank, or write all", "covers"))
        tenant = [] if row.tenant in tables.tenants.broken else tenants.get(row.tenant, [])
        for gap in closed_gaps((row.valid_from, row.valid_to), tenant) if tenant else []:
            what = f"{row.tenant} does not exist {shown(gap)}"
            problems.append(row.place.problem(what, "change the dates of the link or of the tenant", "tenant"))


def _check_contracts(tables: Tables, problems: list[Problem]) -> None:
    contracts = tables.contracts.rows
    unique(contracts, "contract", problems)
    no_overlaps(contracts, lambda row: f"between {row.seller} and {row.buyer}", "the contract", problems)
    tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
    for row in contracts:
        if row.buyer in tenants and row.buyer not in tables.tenants.broken:
            _check_edge(row, tenants[row.buyer], problems)


def _check_edge(row: Contract, buyer: list[Tenant], problems: list[Problem]) -> None:
    """On every day of a contract its seller is the buyer's parent; open ends last as long as the buyer."""
    edges = [tenant for tenant in buyer if tenant.parent == row.seller]
    for since, until in gaps((row.valid_from, row.valid_to), edges):
        parents = [other for other in buyer if other.valid_from < until and since < other.valid_to]
        if parents:
            first = max(since, parents[0].valid_from)
            what = f"{row.seller} is not the parent of {row.buyer} on {first}: {parents[0].parent or 'nobody'} is"
            remedy = "name the buyer's parent as seller"
            if edges:
                late = since > edges[0].valid_from
                remedy = f"end it with valid_to {first}" if late else f"start it with valid_from {edges[0].valid_from}"
            problems.append(row.place.problem(what, remedy, "seller"))
        elif (since, until) == (row.valid_from, row.valid_to) or (since != OPEN_START and until != OPEN_END):
            what = f"{row.buyer} does not exist {shown((since, until))}"
            problems.append(row.place.problem(what, "change the dates of the contract or of the buyer", "buyer"))


def _check_rates(tables: Tables, problems: list[Problem]) -> None:
    first: dict[tuple[Any, ...], Any] = {}
    for row in tables.fx_rates.rows:
        pair = f"{row.from_currency} to {row.to_currency}"
        if row.from_currency == row.to_currency:
            problems.append(row.place.problem(f"a rate from {pair}", "remove it: it is always 1", "to_currency"))
        other = first.setdefault((row.billing_period, row.from_currency, row.to_currency), row)
        if other is not row:
            what = f"{pair} in {row.billing_period} stands twice, first in {other.place.file}:{other.place.line}"
            problems.append(row.place.problem(what, "keep one of them", "rate"))


def warnings(config: Config, period: BillingPeriod) -> list[Problem]:
    """What will hold bills of a period though the configuration is valid: days without a contract."""
    contracts = grouped(config.contracts, lambda row: (row.seller, row.buyer))
    found = []
    for row in config.tenants:
        since, until = max(row.valid_from, period.start), min(row.valid_to, period.end)
        if row.parent is None or since >= until:
            continue
        terms: list[Dated] = list(contracts.get((row.parent, row.tenant), []))
        for gap in gaps((since, until), terms):
            what = f"{row.tenant} buys from {row.parent} without a contract {shown(gap)}"
            found.append(row.place.problem(what, "add a contract; its charges are held until then", "tenant"))
    return found
