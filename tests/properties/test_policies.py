"""Whatever contracts say of commitments and benefits, the provider's side of a month stays as it is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase

from tests.oracle.compare import read, total
from tests.oracle.compare_reports import provider_side
from tests.oracle.worlds import World
from tests.properties.harness import Engine
from tests.properties.random_worlds import Subtree, assemble
from tests.properties.test_worlds import draw
from tests.support.compiled import compile_project

pytestmark = pytest.mark.slow
INVOICE = ("x_Provider", "InvoiceId", "BillingCurrency")
TERMS: tuple[dict[str, str], ...] = (
    {},
    {"commitments": "retained", "partner_benefit_share": "100", "partner_benefit_shown": "price"},
    {"commitments": "owner_only", "benefit_to": "owner", "partner_benefit_share": "12.5"},
    {"commitments": "owner_only", "benefit_to": "operator", "billing_basis": "amortized"},
    {"billing_basis": "amortized", "partner_benefit_share": "50"},
)
OWN = (
    "commitments",
    "benefit_to",
    "commitment_pool",
    "billing_basis",
    "partner_benefit_share",
    "partner_benefit_shown",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root = tmp_path_factory.mktemp("policies")
    with pytest.MonkeyPatch.context() as patch:
        yield Engine(compile_project(root), root, patch)


def drawn(number: int) -> World:
    """All worlds of a seed as one, with the policies that they were drawn with."""
    parts: list[Subtree] = []
    draw(number, (Phase.generate,), parts.append)
    return assemble(parts, number)


def again(world: World, number: int) -> World:
    """The same world with other terms on every contract, and no word on single commitments but whose they are."""
    dice = random.Random(number)
    contracts = [
        {name: value for name, value in contract.items() if name not in OWN} | dice.choice(TERMS)
        for contract in world.records["contracts"]
    ]
    owned = [record for record in world.records.get("commitments", []) if record.get("owner")]
    silent = [{k: v for k, v in record.items() if k not in ("policy", *OWN)} for record in owned]
    records = world.records | {"contracts": contracts, "commitments": silent}
    kept = {name: entries for name, entries in records.items() if entries}
    return World(world.plans, kept, world.operator, world.rows)


def provider(marts: Path) -> dict[Any, Any]:
    """What the provider charges, per invoice and per commitment, whoever pays for it."""
    coverage = read(marts, "marts_coverage")
    invoices = {
        (key, amount): value
        for amount in ("BilledCost", "PartnerBenefitAmount", "LineCount")
        for key, value in total(coverage, INVOICE, amount).items()
    }
    return invoices | provider_side(read(marts, "marts_commitments"))


@pytest.mark.parametrize("number", [1, 2])
def test_policies_never_change_the_providers_side(engine: Engine, number: int) -> None:
    world = drawn(number)
    sides, bills = [], []
    for terms in (world, again(world, number)):
        with engine.billed(terms) as marts:
            sides.append(provider(marts))
            bills.append(total(read(marts, "marts_invoices"), ("SellerTenantId", "BuyerTenantId"), "BilledCost"))
    assert sides[0] == sides[1]
    assert sides[0]
    assert bills[0] != bills[1], "other terms bill nothing else: the worlds show nothing"
