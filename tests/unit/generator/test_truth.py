"""The oracle's pricing by hand: readings of a percentage, chains, rounding, commitments, policies, holds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth import write_truth
from tests.oracle.billing import LIST, LIST_5, LIST_10, aws_month, dispositions, totals
from tests.oracle.tiny import MEMBER, PAYER, TinyConfig, aws_row, rate


def ten_thousand(cost: float) -> list[dict[str, object]]:
    return [aws_row(pricing_public_on_demand_cost=10000.0, line_item_unblended_cost=cost)]


def test_list_ten_thousand_in_two_tiers(tmp_path: Path) -> None:
    truth = aws_month(tmp_path, ten_thousand(8500.0), TinyConfig({"first": LIST_10, "second": LIST_5}))
    assert totals(truth) == {"res": Decimal(9000), "cus": Decimal(9500)}
    assert dispositions(truth) == {("billed", "priced"): Decimal(8500)}


def test_list_ten_thousand_in_one_tier(tmp_path: Path) -> None:
    config = TinyConfig(
        {"first": LIST_5},
        tenants=[{"tenant": "op", "kind": "operator"}, {"tenant": "cus", "kind": "customer", "parent": "op"}],
        contracts=[{"contract": "C1", "seller": "op", "buyer": "cus", "currency": "USD", "plan": "first"}],
    )
    assert totals(aws_month(tmp_path, ten_thousand(8500.0), config)) == {"cus": Decimal(9500)}


@pytest.mark.parametrize(
    ("reading", "price"),
    [
        ("action: discount, basis: list, percent: 4", "9600"),
        ("action: markup, basis: parent, percent: 4", "9360"),
        ("action: margin, basis: parent, percent: 4", "9375"),
        ("action: uplift, basis: list, percent: 4", "9400"),
        ("action: discount, basis: parent, percent: 4", "8640"),
        ("action: markup, basis: list, percent: 4", "10400"),
        ("action: uplift, basis: parent, percent: 4", "9360"),
        ("action: pass_through", "9000"),
        ("action: free", "0"),
        ("action: unit_price, price: 12.5, currency: USD", "12.5"),
        ("action: markup, basis: contracted, percent: 4", "8632"),
    ],
)
def test_every_reading_of_four_percent(tmp_path: Path, reading: str, price: str) -> None:
    truth = aws_month(tmp_path, ten_thousand(8300.0), TinyConfig({"first": LIST_10, "second": reading}))
    # 1 / 0.96 is rounded to 12 decimals before it multiplies, so the margin reading is exact to 1e-8.
    assert abs(totals(truth)["cus"] - Decimal(price)) < Decimal("1e-8")
    assert {buyer: edge.billed for (_, buyer, _), edge in truth.edges.items()}["cus"] == Decimal(price)


def test_cost_basis_where_the_operator_sells(tmp_path: Path) -> None:
    config = TinyConfig({"first": "action: markup, basis: cost, percent: 10", "second": "action: pass_through"})
    assert totals(aws_month(tmp_path, ten_thousand(8300.0), config)) == {"res": Decimal(9130), "cus": Decimal(9130)}


def test_coefficients_are_rounded_at_each_step_of_the_chain(tmp_path: Path) -> None:
    """Ruling: R12(R12(c x factor) x rate), rates at 12 decimals; the opposite rate is inverted once."""
    config = TinyConfig(
        dict.fromkeys(("first", "second"), "action: margin, basis: parent, percent: 6"),
        contracts=[
            {"contract": "C1", "seller": "op", "buyer": "res", "currency": "EUR", "plan": "first"},
            {"contract": "C2", "seller": "res", "buyer": "cus", "currency": "GBP", "plan": "second"},
        ],
        rates=[rate("EUR", "USD", "1.0837"), rate("EUR", "GBP", "0.8512345678901234"), rate("USD", "GBP", "0.8")],
    )
    truth = aws_month(tmp_path, ten_thousand(8300.0), config)
    # R12(1 / 0.94) = 1.063829787234; R12(1 / 1.0837) = 0.922764602750; second rate 0.851234567890.
    first = Decimal("0.981664471011")  # R12(1.063829787234 x 0.922764602750)
    # R12(first x 1.063829787234) = 1.044323905331, x 0.851234567890. Without the step's rounding, or with
    # the rate taken before the factor, the last digit is 1.
    second = Decimal("0.888964608292")
    assert totals(truth) == {"res": first * 8300, "cus": second * 8300}


@pytest.mark.parametrize(
    ("mode", "currency", "amount", "billed"),
    [
        ("half_up", "USD", 0.125, "0.13"),
        ("half_even", "USD", 0.125, "0.12"),
        ("half_even", "USD", 0.135, "0.14"),
        ("down", "USD", 0.129, "0.12"),
        ("half_up", "USD", -0.125, "-0.13"),
        ("down", "USD", -0.129, "-0.12"),
        ("half_up", "JPY", 1.5, "2"),
        ("half_up", "KWD", 0.0125, "0.013"),
    ],
)
def test_a_line_is_rounded_once_with_the_contracts_mode(
    tmp_path: Path, mode: str, currency: str, amount: float, billed: str
) -> None:
    config = TinyConfig(
        {"first": "action: markup, basis: cost, percent: 0"},
        tenants=[{"tenant": "op", "kind": "operator"}, {"tenant": "cus", "kind": "customer", "parent": "op"}],
        contracts=[
            {
                "contract": "C1",
                "seller": "op",
                "buyer": "cus",
                "currency": currency,
                "plan": "first",
                "rounding": mode,
            }
        ],
    )
    row = aws_row(line_item_unblended_cost=amount, line_item_currency_code=currency)
    [line] = aws_month(tmp_path, [row], config).lines.values()
    assert (line.exact, line.billed) == (Decimal(str(amount)), Decimal(billed))


def test_covered_usage_is_not_billed_twice(tmp_path: Path) -> None:
    """The fee is invoiced by the purchase rule; used and unused carry its value in the amortized view."""
    plan = "arn:aws:savingsplans::111111111111:savingsplan/x"
    rows = [
        aws_row(
            "SavingsPlanCoveredUsage",
            line_item_unblended_cost=7.0,
            pricing_public_on_demand_cost=7.0,
            savings_plan_savings_plan_a_r_n=plan,
            savings_plan_savings_plan_effective_cost=4.0,
        ),
        aws_row("SavingsPlanNegation", line_item_unblended_cost=-7.0, savings_plan_savings_plan_a_r_n=plan),
        aws_row(
            "SavingsPlanRecurringFee",
            line_item_unblended_cost=5.0,
            savings_plan_savings_plan_a_r_n=plan,
            savings_plan_total_commitment_to_date=5.0,
            savings_plan_used_commitment=4.0,
        ),
    ]
    rules = "match: {charge_category: Purchase}, action: markup, basis: cost, percent: 10\n" + LIST
    truth = aws_month(tmp_path, rows, TinyConfig({"first": rules, "second": "action: pass_through"}))
    edge = truth.edges["op", "res", "USD"]
    assert (edge.exact, edge.amortized) == (Decimal("5.5"), Decimal("5.5"))
    assert {key.category: line.exact for key, line in truth.lines.items() if key.buyer == "cus"} == {
        "Usage": Decimal(0),
        "Purchase": Decimal("5.5"),
    }
    assert dispositions(truth) == {("billed", "priced"): Decimal(5)}


def test_unit_prices_leave_commitments_alone(tmp_path: Path) -> None:
    rows = [aws_row("RIFee", line_item_unblended_cost=5.0, reservation_unused_recurring_fee=1.0)]
    rules = "priority: 9, action: unit_price, price: 99, currency: USD\n" + LIST
    truth = aws_month(tmp_path, rows, TinyConfig({"first": rules, "second": LIST}))
    assert totals(truth) == {"res": Decimal(5), "cus": Decimal(5)}
    assert truth.edges["op", "res", "USD"].amortized == Decimal(1)


def test_negative_corrections_return_what_was_charged(tmp_path: Path) -> None:
    rows = [
        aws_row(
            pricing_public_on_demand_cost=33.333333333333,
            line_item_unblended_cost=30.0,
            line_item_usage_type="BoxUsage:m5.large",
        ),
        aws_row(
            "Refund",
            pricing_public_on_demand_cost=-33.333333333333,
            line_item_unblended_cost=-30.0,
            line_item_usage_amount=-1.0,
            line_item_usage_type="BoxUsage:m5.large",
        ),
    ]
    truth = aws_month(tmp_path, rows, TinyConfig({"first": LIST_10, "second": LIST_5}))
    assert totals(truth) == {"res": Decimal(0), "cus": Decimal(0)}
    assert {key.charge_class for key in truth.lines} == {None, "Correction"}
    assert dispositions(truth) == {("billed", "priced"): Decimal(0)}


def test_policies_of_tax_and_credits(tmp_path: Path) -> None:
    rows = [
        aws_row("Tax", line_item_unblended_cost=19.0),
        aws_row("Credit", line_item_unblended_cost=-3.0),
        aws_row("SppDiscount", line_item_unblended_cost=-2.0),
        aws_row("Usage", line_item_usage_account_id=PAYER, line_item_unblended_cost=1.0),
        aws_row("Usage", line_item_usage_account_id="999999999999", line_item_unblended_cost=0.25),
    ]
    config = TinyConfig({"first": LIST, "second": LIST})
    truth = aws_month(tmp_path, rows, config)
    assert dispositions(truth) == {
        ("excluded", "provider tax"): Decimal(19),
        ("absorbed", "credit kept by operator"): Decimal(-3),
        ("absorbed", "partner benefit"): Decimal(-2),
        ("absorbed", "operator usage"): Decimal(1),
        ("quarantined", "unlinked account"): Decimal("0.25"),
    }
    assert not truth.edges
    assert [(hold.tenant, hold.seller) for hold in truth.holds] == [(None, None)]


@pytest.mark.parametrize(("second", "billed"), [("pass", "-3"), ("keep", None)])
def test_credits_pass_only_if_every_edge_says_so(tmp_path: Path, second: str, billed: str | None) -> None:
    contracts = [
        {"contract": "C1", "seller": "op", "buyer": "res", "currency": "USD", "plan": "first", "credits": "pass"},
        {"contract": "C2", "seller": "res", "buyer": "cus", "currency": "USD", "plan": "second", "credits": second},
    ]
    config = TinyConfig({"first": LIST_10, "second": LIST_5}, contracts=contracts)
    truth = aws_month(tmp_path, [aws_row("Credit", line_item_unblended_cost=-3.0)], config)
    assert totals(truth) == ({} if billed is None else dict.fromkeys(("res", "cus"), Decimal(billed)))


def test_an_unlinked_group_holds_the_tenant_around_it(tmp_path: Path) -> None:
    """A link that covers only its own rows still names whom a narrower unlinked charge holds."""
    links = [{"provider": "aws", "scope": "billing_account", "scope_id": PAYER, "tenant": "cus", "covers": "own"}]
    truth = aws_month(tmp_path, [aws_row()], TinyConfig({"first": LIST, "second": LIST}, links=links))
    assert {(hold.tenant, hold.seller, hold.buyer) for hold in truth.holds} == {
        ("cus", "op", "res"),
        ("cus", "res", "cus"),
    }


@pytest.mark.parametrize(
    ("contracts", "plans", "reason"),
    [
        ([{"contract": "C1", "seller": "op", "buyer": "res", "currency": "USD", "plan": "first"}], {}, "no contract"),
        ([], {"second": "match: {sku: other}, action: free"}, "no price rule"),
    ],
)
def test_an_edge_without_contract_or_rule_quarantines(
    tmp_path: Path, contracts: list[dict[str, str]], plans: dict[str, str], reason: str
) -> None:
    config = TinyConfig({"first": LIST, "second": LIST} | plans, contracts=contracts)
    truth = aws_month(tmp_path, [aws_row(line_item_unblended_cost=1.0)], config)
    assert dispositions(truth) == {("quarantined", reason): Decimal(1)}
    assert {hold.tenant for hold in truth.holds} == {"cus"}


def test_rules_by_priority_then_fields_then_precision(tmp_path: Path) -> None:
    rules = "\n".join(
        [
            "match: {provider: aws, sku: SKU1}, action: unit_price, price: 1, currency: USD",
            "match: {SKU: x}, action: free".replace("SKU", "region"),
            "match: {sku: sku1, service: amazon elastic compute cloud}, action: unit_price, price: 2, currency: USD",
            "match: {publisher: '*any'}, priority: 9, action: free",
            "match: {provider: aws}, priority: 5, valid_from: 2026-10-06, action: free",
        ]
    )
    truth = aws_month(tmp_path, [aws_row()], TinyConfig({"first": rules, "second": "action: pass_through"}))
    assert totals(truth)["cus"] == Decimal(2)


def test_a_move_follows_the_charge_date(tmp_path: Path) -> None:
    config = TinyConfig({"first": LIST, "second": LIST})
    config.links[:1] = [
        {"provider": "aws", "scope": "sub_account", "scope_id": MEMBER, "tenant": "cus", "valid_to": "2026-10-05"},
        {"provider": "aws", "scope": "sub_account", "scope_id": MEMBER, "tenant": "res", "valid_from": "2026-10-05"},
    ]
    truth = aws_month(tmp_path, [aws_row(line_item_unblended_cost=1.0)], config)
    assert totals(truth) == {"res": Decimal(1)}


def test_a_missing_rate_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no FX rate USD -> EUR for 2026-10"):
        aws_month(tmp_path, [aws_row()], TinyConfig({"first": LIST, "second": LIST}, currency="EUR"))


@pytest.mark.parametrize(
    ("row", "category"),
    [
        (aws_row(), "Compute"),
        (aws_row(line_item_product_code="AmazonS3"), "Storage"),
        (aws_row(line_item_product_code="Unheard"), "Other"),
    ],
)
def test_rules_see_service_categories(tmp_path: Path, row: dict[str, object], category: str) -> None:
    rules = f"match: {{service_category: {category}}}, action: unit_price, price: 3, currency: USD"
    truth = aws_month(tmp_path, [row], TinyConfig({"first": rules, "second": "action: pass_through"}))
    assert totals(truth)["cus"] == Decimal(3)


@pytest.mark.parametrize(("second", "priced"), [("at_cost", True), ("exclude", False)])
def test_tax_at_cost_is_the_word_of_the_whole_path(tmp_path: Path, second: str, priced: bool) -> None:
    """At cost nothing but the currency changes, whatever the plan says of usage."""
    contracts = [
        {"contract": "C1", "seller": "op", "buyer": "res", "currency": "EUR", "plan": "first", "tax": "at_cost"},
        {"contract": "C2", "seller": "res", "buyer": "cus", "currency": "EUR", "plan": "second", "tax": second},
    ]
    config = TinyConfig({"first": LIST_10, "second": LIST_5}, contracts=contracts, rates=[rate("USD", "EUR", "0.9")])
    truth = aws_month(tmp_path, [aws_row("Tax", line_item_unblended_cost=19.0)], config)
    assert totals(truth) == (dict.fromkeys(("res", "cus"), Decimal("17.1")) if priced else {})


def test_adjustments_of_a_customer_pass_at_cost(tmp_path: Path) -> None:
    rows = [aws_row("Refund", line_item_unblended_cost=-4.0, line_item_product_code="AWSSupportBusiness")]
    truth = aws_month(tmp_path, rows, TinyConfig({"first": LIST_10, "second": LIST_5}))
    assert totals(truth) == {"res": Decimal(-4), "cus": Decimal(-4)}
    assert {key.category for key in truth.lines} == {"Adjustment"}


def test_files_are_sorted_plain_digits(tmp_path: Path) -> None:
    truth = aws_month(tmp_path, ten_thousand(8500.0), TinyConfig({"first": LIST_10, "second": LIST_5}))
    write_truth(truth, tmp_path / "truth")
    assert (tmp_path / "truth" / "edges.csv").read_text(encoding="utf-8").splitlines() == [
        "seller,buyer,currency,exact_total,billed_total,lines,amortized_total,charges,held",
        "op,res,USD,9000,9000,1,9000,1,0",
        "res,cus,USD,9500,9500,1,9500,1,0",
    ]
    assert (tmp_path / "truth" / "coverage.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "billed,priced,aws,INV-1,USD,8500,0,1"
    ]
    assert sorted(path.name for path in (tmp_path / "truth").iterdir()) == [
        "balances.csv",
        "commitment_sharing.csv",
        "commitments.csv",
        "cost_centres.csv",
        "coverage.csv",
        "edges.csv",
        "holds.csv",
        "lines.csv",
        "margin.csv",
        "partner_benefits.csv",
    ]
