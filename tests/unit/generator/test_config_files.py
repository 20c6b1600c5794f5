from __future__ import annotations

from itertools import combinations

from pipelines import config
from pipelines.config.commitments import BILLING_BASES, POLICIES
from pipelines.config.custom import BALANCE_KINDS, CHARGES, LINE_KINDS
from pipelines.config.pricing import ACTIONS, BASES
from pipelines.generator.tenants import WHITELIST
from pipelines.money import Decimal
from tests.unit.generator.conftest import Month


def test_the_configuration_is_valid(month: Month) -> None:
    assert config.check(month.report.out / "config") == []


def test_the_plans_show_every_action(month: Month) -> None:
    loaded = config.load(month.report.out / "config")
    rules = [rule for plan in loaded.plans for rule in plan.rules]
    assert {rule.action for rule in rules} == set(ACTIONS)
    assert {rule.basis for rule in rules} - {None} == set(BASES)
    assert any(rule.floor for rule in rules)
    assert any(rule.cap for rule in rules)
    assert {(rule.mode, rule.measure, rule.value) for rule in rules if rule.tiers} == {
        ("graduated", "quantity", "price"),
        ("graduated", "amount", "discount"),
        ("graduated", "amount", "markup"),
        ("volume", "quantity", "discount"),
    }
    assert any(tier.price == 0 for rule in rules for tier in rule.tiers)
    assert any(rule.continues for rule in rules)
    assert any(rule.match.tag for rule in rules)
    assert any(rule.match.invoice_type for rule in rules)


def test_every_plan_is_used(month: Month) -> None:
    loaded = config.load(month.report.out / "config")
    contracts = {contract.plan for contract in loaded.contracts}
    layers = {loaded.operator.plan} | {override.plan for override in loaded.overrides}
    assert {plan.plan for plan in loaded.plans} == contracts | layers
    for plan in loaded.plans:
        assert plan.plan in layers or not any(plan.rules[-1].match[1:])
    assert {plan.rate_card for plan in loaded.plans} == {None, *(price.rate_card for price in loaded.rate_cards)}


def test_custom_lines_show_every_kind(month: Month) -> None:
    loaded = config.load(month.report.out / "config")
    assert {line.kind for line in loaded.custom_lines} == set(LINE_KINDS)
    assert {line.frequency for line in loaded.custom_lines} == {"monthly", "once"}
    assert {line.of for line in loaded.custom_lines} - {None, CHARGES} == {item.subtotal for item in loaded.subtotals}
    assert {balance.kind for balance in loaded.balances} == set(BALANCE_KINDS)
    assert {centre.ways for centre in loaded.cost_centres} == {("percent",), ("tag",), ("default",)}


def test_contracts_differ_in_their_terms(month: Month) -> None:
    contracts = month.config("contracts")
    assert {contract["currency"] for contract in contracts} == {"EUR", "GBP", "JPY", "USD"}
    assert {contract["rounding"] for contract in contracts} >= {"", "half_even", "down"}
    assert "at_cost" in {contract["tax"] for contract in contracts}
    assert {contract["credits"] for contract in contracts} == {"", "pass", WHITELIST}
    assert {contract["line_grain"] for contract in contracts} == {"", "service", "account"}
    conversions = {(contract["fx"], contract["fx_markup"]) for contract in contracts}
    assert conversions == {("", ""), ("provider", ""), ("", "1.5")}
    moving = {contract["buyer"] for contract in contracts if contract["move_proration"] == "daily"}
    assert len(moving) == 1
    fixed = {rate["contract"]: rate["from_currency"] for rate in month.config("contract_rates")}
    assert all(contract["currency"] != fixed.get(contract["contract"]) for contract in contracts)


def test_contracts_treat_commitments_and_benefits_in_every_way(month: Month) -> None:
    loaded = config.load(month.report.out / "config")
    assert {contract.commitments for contract in loaded.contracts} == set(POLICIES)
    assert {contract.billing_basis for contract in loaded.contracts} == set(BILLING_BASES)
    shares = {(c.partner_benefit_share, c.partner_benefit_shown) for c in loaded.contracts if c.partner_benefit_share}
    assert shares == {(Decimal(40), "credit_line"), (Decimal(25), "price")}
    members = {member.tenant for member in loaded.commitment_pools}
    assert members == {contract.buyer for contract in loaded.contracts if contract.commitments == "pooled"}
    assert len(members) == 2
    reserved = next(contract.buyer for contract in loaded.contracts if contract.billing_basis == "amortized")
    linked = {link["scope_id"]: link["tenant"] for link in month.config("account_links")}
    bought = [line for line in month.all_azure("reconciliation") if line["ReservationOrderId"]]
    assert reserved in {linked[line["CustomerId"].lower()] for line in bought}


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
    assert {link["scope"] for link in links} == {"billing_account", "customer", "sub_account", "resource_group", "tag"}
    ended = [link for link in links if link["valid_to"]]
    assert len(ended) == 1
    heirs = [link for link in links if link["valid_from"] == ended[0]["valid_to"]]
    assert [link["scope_id"] for link in heirs] == [ended[0]["scope_id"]]
    assert {link["covers"] for link in links if link["scope"] == "billing_account"} == {"own"}
