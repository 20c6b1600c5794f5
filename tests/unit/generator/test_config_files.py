from __future__ import annotations

from itertools import combinations

from pipelines import config
from tests.unit.generator.conftest import Month


def test_the_configuration_is_valid(month: Month) -> None:
    assert config.check(month.report.out / "config") == []


def test_the_plans_show_every_action(month: Month) -> None:
    loaded = config.load(month.report.out / "config")
    actions = {rule.action for plan in loaded.plans for rule in plan.rules}
    assert actions == {"discount", "markup", "margin", "uplift", "unit_price", "pass_through", "free"}
    bases = {rule.basis for plan in loaded.plans for rule in plan.rules} - {None}
    assert bases == {"list", "contracted", "parent", "cost"}
    used = {contract.plan for contract in loaded.contracts}
    assert used == {plan.plan for plan in loaded.plans}
    for plan in loaded.plans:
        last = plan.rules[-1]
        assert last.priority == 0
        assert not any(last.match.values)


def test_contracts_differ_in_their_terms(month: Month) -> None:
    contracts = month.config("contracts")
    assert {contract["currency"] for contract in contracts} == {"EUR", "GBP", "JPY", "USD"}
    assert {contract["rounding"] for contract in contracts} >= {"", "half_even", "down"}
    assert "at_cost" in {contract["tax"] for contract in contracts}
    assert "pass" in {contract["credits"] for contract in contracts}


def test_every_pair_of_currencies_has_one_rate(month: Month) -> None:
    pairs = [{rate["from_currency"], rate["to_currency"]} for rate in month.config("fx_rates")]
    assert len(pairs) == 6
    assert all({one, other} in pairs for one, other in combinations(("EUR", "USD", "GBP", "JPY"), 2))


def test_one_customer_moves_with_its_contract(month: Month) -> None:
    moved = [tenant for tenant in month.config("tenants") if tenant["valid_from"]]
    assert len(moved) == 1
    both = [contract for contract in month.config("contracts") if contract["buyer"] == moved[0]["tenant"]]
    assert [contract["valid_to"] for contract in both] == ["2026-10-16", ""]
    assert both[1]["seller"] == moved[0]["parent"]


def test_links_have_every_scope_and_a_handover(month: Month) -> None:
    links = month.config("account_links")
    assert {link["scope"] for link in links} == {"billing_account", "customer", "sub_account", "resource_group"}
    ended = [link for link in links if link["valid_to"]]
    assert len(ended) == 1
    heirs = [link for link in links if link["valid_from"] == ended[0]["valid_to"]]
    assert [link["scope_id"] for link in heirs] == [ended[0]["scope_id"]]
    assert {link["covers"] for link in links if link["scope"] == "billing_account"} == {"own"}
