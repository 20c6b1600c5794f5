from __future__ import annotations

import pytest

from pipelines.generator.dice import Dice
from pipelines.generator.tenants import OPERATOR, build_tree
from pipelines.period import BillingPeriod

PERIOD = BillingPeriod("2026-10")


@pytest.mark.parametrize("customers", [12, 24, 60, 700, 5000])
def test_every_tenant_has_a_name_and_a_path_to_the_operator(customers: int) -> None:
    tree = build_tree(PERIOD, customers, Dice("seed"))
    everyone = (*tree.resellers, *tree.customers)
    assert len({tenant.id for tenant in everyone}) == len(everyone) == customers + max(2, round(customers / 15))
    parents = {tenant.id: tenant.parent for tenant in everyone}
    for tenant in everyone:
        place, depth = tenant.id, 0
        while place != OPERATOR:
            place, depth = parents[place], depth + 1
        assert depth <= 3
    assert {tenant.parent for tenant in tree.customers} == {OPERATOR, *(tenant.id for tenant in tree.resellers)}


def test_sizes_follow_zipf() -> None:
    tree = build_tree(PERIOD, 100, Dice("seed"))
    weights = sorted((tenant.weight for tenant in tree.customers), reverse=True)
    assert weights[0] // weights[9] == 10
    assert weights[0] // weights[99] == 100


def test_every_edge_has_a_contract() -> None:
    tree = build_tree(PERIOD, 60, Dice("seed"))
    edges = {(contract.seller, contract.buyer) for contract in tree.contracts}
    wanted = {(tenant.parent, tenant.id) for tenant in (*tree.resellers, *tree.customers)}
    assert edges == wanted | {(tree.new_parent, tree.mover.id)}
