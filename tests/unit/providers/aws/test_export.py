"""AWS bills become FOCUS charges: both report formats alike, every kind of line, exact to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import aws_line

SP = "arn:aws:savingsplans::999900001111:savingsplan/abc"
RI = "arn:aws:ec2:eu-central-1:999900001111:reserved-instances/def"
PRICED: dict[str, Any] = {
    "line_item_usage_amount": "10",
    "pricing_public_on_demand_cost": "1.2",
    "pricing_public_on_demand_rate": "0.12",
    "line_item_unblended_rate": "0.1",
    "pricing_unit": "Hrs",
    "pricing_rate_code": "RC1",
    "product_sku": "SKU1",
    "product_servicecode": "AmazonEC2",
    "product_region_code": "eu-central-1",
    "line_item_resource_id": "arn:aws:ec2:eu-central-1:444455556666:instance/i-1",
    "line_item_usage_type": "BoxUsage",
    "product": {"product_name": "Amazon Elastic Compute Cloud"},
    "resource_tags": {"user_env": "prod", "user_app": "shop"},
}
MONEY = "BilledCost, ListCost, ContractedCost, EffectiveCost, x_PartnerBenefitAmount, x_PartnerBenefitKind"


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def test_both_report_formats_give_the_same_charges(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    lines = [
        aws_line(**PRICED),
        aws_line("Tax", "0.19", line_item_tax_type="VAT"),
        aws_line(
            "SavingsPlanCoveredUsage",
            "2.5",
            savings_plan_savings_plan_a_r_n=SP,
            savings_plan_savings_plan_effective_cost="1.75",
            **PRICED,
        ),
        aws_line("SavingsPlanNegation", "-2.5", savings_plan_savings_plan_a_r_n=SP),
        aws_line(cost="0.1", line_item_net_unblended_cost="0.09"),
    ]
    legacy = make_desk("legacy")
    drops.cur2(desk.drop / "current", lines)
    drops.cur(desk.drop / "legacy", lines)
    assert desk.ingest(desk.drop / "current").refusals == ()
    assert legacy.ingest(desk.drop / "legacy").refusals == ()
    assert desk.records() == legacy.records()
    assert desk.charges("Tags")[0] == ('{"app":"shop","env":"prod"}',)


def test_usage_keeps_its_costs_prices_and_names(desk: Desk) -> None:
    drops.cur2(desk.drop, [aws_line(**PRICED)])
    assert desk.ingest().refusals == ()
    [row] = desk.charges(
        f"{MONEY}, ListUnitPrice, ContractedUnitPrice, PricingQuantity, ServiceName, ServiceCategory, ResourceName,"
        " SkuId, RegionId, SubAccountId, InvoiceId, x_LineType, PricingCategory, ConsumedUnit"
    )
    assert row[:6] == (*amounts("1", "1.2", "1", "1", "0"), None)
    assert row[6:9] == amounts("0.12", "0.1", "10")
    assert row[9:] == (
        "Amazon Elastic Compute Cloud",
        "Compute",
        "i-1",
        "SKU1",
        "eu-central-1",
        "444455556666",
        "INV1",
        "Usage",
        "Standard",
        "Hrs",
    )


def test_a_unit_price_that_does_not_make_the_cost_is_waived(desk: Desk) -> None:
    drops.cur2(desk.drop, [aws_line(**(PRICED | {"pricing_public_on_demand_rate": "0.13"}))])
    desk.ingest()
    assert desk.charges("ListUnitPrice, ListCost, ContractedUnitPrice") == [(None, *amounts("1.2", "0.1"))]


def test_covered_usage_and_its_negation_are_not_billed(desk: Desk) -> None:
    drops.cur2(
        desk.drop,
        [
            aws_line(
                "SavingsPlanCoveredUsage",
                "2.5",
                savings_plan_savings_plan_a_r_n=SP,
                savings_plan_savings_plan_effective_cost="1.75",
                pricing_public_on_demand_cost="2.6",
            ),
            aws_line("SavingsPlanNegation", "-2.5", savings_plan_savings_plan_a_r_n=SP),
        ],
    )
    assert desk.ingest().refusals == ()
    assert desk.charges(f"{MONEY}, CommitmentDiscountStatus, CommitmentDiscountType, PricingCategory") == [
        (*amounts("0", "2.6", "2.6", "1.75", "0"), None, "Used", "Savings Plan", "Committed")
    ]


def test_what_a_negation_does_not_cancel_is_the_operators_own_row(desk: Desk) -> None:
    drops.cur2(
        desk.drop,
        [
            aws_line("SavingsPlanCoveredUsage", "2.5", savings_plan_savings_plan_a_r_n=SP),
            aws_line("SavingsPlanNegation", "-2.4", savings_plan_savings_plan_a_r_n=SP),
        ],
    )
    assert desk.ingest().refusals == ()
    assert desk.charges("BilledCost, ChargeCategory, SubAccountId, x_SourcePart") == [
        (Decimal(0), "Usage", "444455556666", 0),
        (Decimal("0.1"), "Adjustment", None, 2),
    ]


@pytest.mark.parametrize(
    ("line", "unused"),
    [
        (
            aws_line(
                "SavingsPlanRecurringFee",
                "24",
                savings_plan_savings_plan_a_r_n=SP,
                savings_plan_total_commitment_to_date="24",
                savings_plan_used_commitment="20.5",
            ),
            "3.5",
        ),
        (
            aws_line(
                "RIFee",
                "24",
                reservation_reservation_a_r_n=RI,
                reservation_unused_recurring_fee="1.25",
                reservation_unused_amortized_upfront_fee_for_billing_period="0.5",
            ),
            "1.75",
        ),
    ],
)
def test_a_commitment_fee_is_a_purchase_and_its_unused_part(desk: Desk, line: dict[str, object], unused: str) -> None:
    drops.cur2(desk.drop, [line])
    assert desk.ingest().refusals == ()
    bought, left = desk.charges(
        f"{MONEY}, ChargeCategory, ChargeFrequency, CommitmentDiscountStatus, x_SourcePart, CommitmentDiscountId"
    )
    assert bought[:6] == (*amounts("24", "24", "24", "0", "0"), None)
    assert bought[6:10] == ("Purchase", "Recurring", None, 0)
    assert left[:6] == (*amounts("0", "0", "0", unused, "0"), None)
    assert left[6:10] == ("Usage", "Usage-Based", "Unused", 1)
    assert bought[10] == left[10] in (SP, RI)


@pytest.mark.parametrize(
    ("kind", "benefit"), [("SppDiscount", "SPP"), ("EdpDiscount", "EDP"), ("PrivateRateDiscount", "PRIVATE_RATE")]
)
def test_a_partner_discount_row_is_a_benefit_without_bases(desk: Desk, kind: str, benefit: str) -> None:
    drops.cur2(desk.drop, [aws_line(kind, "-3.14")])
    assert desk.ingest().refusals == ()
    assert desk.charges(f"{MONEY}, ChargeCategory") == [
        (*amounts("-3.14", "0", "0", "-3.14", "3.14"), benefit, "Credit")
    ]


@pytest.mark.parametrize(
    ("discount", "benefit"), [({"SppDiscount": "-0.2"}, "SPP"), ({"edp_discount": "-0.2"}, "EDP"), (None, "EDP")]
)
def test_a_discount_inside_the_row_is_a_benefit_of_the_row(desk: Desk, discount: object, benefit: str) -> None:
    drops.cur2(desk.drop, [aws_line(line_item_net_unblended_cost="0.8", discount=discount)])
    assert desk.ingest().refusals == ()
    assert desk.charges(MONEY) == [(*amounts("0.8", "1", "1", "0.8", "0.2"), benefit)]


@pytest.mark.parametrize(
    ("line", "category", "effective", "charge_class"),
    [
        (aws_line("Fee", "100"), "Purchase", "100", None),
        (aws_line("Fee", "100", reservation_reservation_a_r_n=RI), "Purchase", "0", None),
        (aws_line("SavingsPlanUpfrontFee", "100", savings_plan_savings_plan_a_r_n=SP), "Purchase", "0", None),
        (aws_line("FlatRateSubscription", "100"), "Purchase", "100", None),
        (aws_line("Tax", "100"), "Tax", "100", None),
        (aws_line("Credit", "100"), "Credit", "100", None),
        (aws_line("Discount", "100"), "Credit", "100", None),
        (aws_line("BundledDiscount", "100"), "Credit", "100", None),
        (aws_line("RiVolumeDiscount", "100"), "Credit", "100", None),
        (aws_line("Refund", "100"), "Adjustment", "100", "Correction"),
        (aws_line("Refund", "100", line_item_usage_type="BoxUsage"), "Usage", "100", "Correction"),
        (aws_line("Refund", "100", savings_plan_savings_plan_a_r_n=SP), "Purchase", "0", "Correction"),
    ],
)
def test_every_other_kind_of_line(
    desk: Desk, line: dict[str, object], category: str, effective: str, charge_class: str | None
) -> None:
    drops.cur2(desk.drop, [line])
    assert desk.ingest().refusals == ()
    assert desk.charges("ChargeCategory, BilledCost, EffectiveCost, ChargeClass") == [
        (category, Decimal(100), Decimal(effective), charge_class)
    ]


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("Credit", "EDP_MAP_2.0_Migration_Credit", "promotional"),
        ("Credit", "AWS Activate credits", "promotional"),
        ("Credit", "SLA breach EC2", "sla"),
        ("Credit", "Refund under the Service Level Agreement", "sla"),
        ("Credit", "Translation credit, reactivated", "other"),
        ("Credit", "$0 per GB under the monthly global free tier", "free_tier"),
        ("Discount", "Private volume discount", "volume"),
        ("RiVolumeDiscount", None, "volume"),
        ("BundledDiscount", None, "other"),
        ("SppDiscount", "promo", None),
        ("Usage", "SLA", None),
        ("Refund", "SLA credit", None),
    ],
)
def test_a_credit_is_of_the_kind_its_description_says(
    desk: Desk, kind: str, words: str | None, expected: str | None
) -> None:
    line = aws_line(kind, "-1", line_item_line_item_description=words, bill_bill_type="Purchase")
    drops.cur2(desk.drop, [line])
    assert desk.ingest().refusals == ()
    assert desk.charges("x_CreditKind, x_InvoiceType, x_ExchangeRate") == [(expected, "Purchase", None)]


def test_reserved_usage_is_used_at_its_amortized_cost(desk: Desk) -> None:
    drops.cur2(
        desk.drop,
        [
            aws_line(
                "DiscountedUsage",
                "0",
                reservation_reservation_a_r_n=RI,
                reservation_effective_cost="0.7",
                pricing_public_on_demand_cost="1.5",
            )
        ],
    )
    desk.ingest()
    assert desk.charges(f"{MONEY}, CommitmentDiscountStatus, CommitmentDiscountType") == [
        (*amounts("0", "1.5", "1.5", "0.7", "0"), None, "Used", "Reserved Instance")
    ]


def test_a_marketplace_line_names_its_seller_and_others_none(desk: Desk) -> None:
    drops.cur2(
        desk.drop,
        [
            aws_line(line_item_legal_entity="Okta, Inc.", bill_billing_entity="AWS Marketplace"),
            aws_line(line_item_legal_entity="Amazon Web Services EMEA SARL"),
        ],
    )
    desk.ingest()
    assert desk.charges("x_PublisherName") == [("Okta, Inc.",), (None,)]


def test_doubles_decimals_exponents_and_long_digits_stay_exact(desk: Desk) -> None:
    exact = [aws_line(cost=Decimal("12345678901.123456789012345"), bill_invoice_id="EXACT")]
    drops.cur2(desk.drop, exact)
    assert desk.ingest().refusals == ()
    assert desk.charges("BilledCost") == [(Decimal("12345678901.123456789012"),)]


def test_text_amounts_survive_as_written(desk: Desk) -> None:
    texts = ["98765432109.000000000001", "1e-7", "-0.0", "0.1234567890125", "12345.67", "-0.30000000000000004"]
    drops.cur(desk.drop, [aws_line(cost=text) for text in texts])
    assert desk.ingest().refusals == ()
    billed = [row[0] for row in desk.charges("BilledCost")]
    assert billed == list(amounts("98765432109.000000000001", "0.0000001", "0", "0.123456789013", "12345.67", "-0.3"))


def test_doubles_above_ten_thousand_keep_their_cents(desk: Desk) -> None:
    texts = [f"{12345 + step}.{step % 100:02d}" for step in range(300)]
    drops.cur2(desk.drop, [aws_line(cost=text) for text in texts])
    assert desk.ingest().refusals == ()
    assert [row[0] for row in desk.charges("BilledCost")] == list(amounts(*texts))


def test_empty_texts_are_absent_and_unknown_columns_are_kept(desk: Desk) -> None:
    drops.cur(desk.drop, [aws_line(reservation_reservation_a_r_n="", bill_NewIdea="x"), aws_line(bill_NewIdea="")])
    desk.ingest()
    assert desk.charges("CommitmentDiscountId, x_Extras") == [(None, '{"bill_newidea":"x"}'), (None, None)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"line_item_currency_code": "EUR"}, "mixes the currencies EUR, USD"),
        ({"line_item_line_item_type": "Mystery"}, "'Mystery' has no booking rule"),
        ({"bill_payer_account_id": "1"}, "payer account 1"),
        ({"bill_billing_period_start_date": "2026-09-01T00:00:00Z"}, "billing period 2026-09"),
    ],
)
def test_a_bill_that_contradicts_itself_is_refused(desk: Desk, change: dict[str, str], said: str) -> None:
    drops.cur2(desk.drop, [aws_line(), aws_line() | change])
    report = desk.ingest()
    assert said in str(report.refusals[0])
    assert report.units[0].status == "blocked"
    assert desk.ledger.current_slices("2026-10") == []


def test_a_missing_required_column_is_named(desk: Desk) -> None:
    line = aws_line()
    del line["line_item_unblended_cost"]
    drops.cur2(desk.drop, [line])
    [problem] = desk.ingest().refusals
    assert problem.column == "line_item_unblended_cost"


def test_a_month_is_final_once_every_line_has_its_invoice(desk: Desk) -> None:
    drops.cur2(desk.drop, [aws_line()], version="1")
    desk.ingest()
    assert desk.ledger.current_slices("2026-10")[0]["is_final"]
    drops.cur2(desk.drop, [aws_line(), aws_line(bill_invoice_id=None)], version="2")
    desk.ingest()
    assert not desk.ledger.current_slices("2026-10")[0]["is_final"]
