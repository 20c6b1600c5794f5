"""Partner benefits of AWS by where they come from: discount rows, net columns, the map of discounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import aws_line

COLUMNS = "x_PartnerBenefitKind, x_PartnerBenefitStatus, x_PartnerBenefitAmount, x_PartnerBenefitMissed"
ARN = "arn:aws:savingsplans::444455556666:savingsplan/1"
FEE = {"line_item_product_code": "ComputeSavingsPlans", "savings_plan_savings_plan_a_r_n": ARN}


def booked(desk: Desk, columns: str, *lines: dict[str, Any]) -> list[tuple[Any, ...]]:
    drops.cur2(desk.drop, lines)
    assert desk.ingest().refusals == ()
    return desk.charges(columns)


@pytest.mark.parametrize(
    ("line", "kind"),
    [("SppDiscount", "SPP"), ("EdpDiscount", "EDP"), ("PrivateRateDiscount", "PRIVATE_RATE")],
)
def test_a_discount_row_is_a_benefit_of_its_kind(desk: Desk, line: str, kind: str) -> None:
    assert booked(desk, COLUMNS, aws_line(line, "-0.25")) == [(kind, "earned", Decimal("0.25"), 0)]
    assert desk.charges("ChargeCategory, BilledCost, ListCost, ContractedCost") == [("Credit", Decimal("-0.25"), 0, 0)]


@pytest.mark.parametrize(
    ("discounts", "kind"),
    [
        ({"SppDiscount": "-0.25"}, "SPP"),
        ({"PrivateRateDiscount": "-0.25"}, "PRIVATE_RATE"),
        ({"EdpDiscount": "-0.25"}, "EDP"),
        ({"EdpDiscount": "-0.2", "SppDiscount": "-0.05"}, "SPP"),
        ({"EdpDiscount": "-0.25", "SppDiscount": "0", "PrivateRateDiscount": ""}, "EDP"),
        ({"bundled": "-0.25"}, "EDP"),
        (None, "EDP"),
    ],
)
def test_a_net_cost_is_a_benefit_of_the_kind_that_the_discounts_name(
    desk: Desk, discounts: dict[str, str] | None, kind: str
) -> None:
    line = aws_line(line_item_net_unblended_cost="0.75", discount=discounts)
    assert booked(desk, COLUMNS, line) == [(kind, "earned", Decimal("0.25"), 0)]
    assert desk.charges("BilledCost, ContractedCost") == [(Decimal("0.75"), 1)]


def test_a_legacy_report_names_a_discount_by_its_column(desk: Desk) -> None:
    path = drops.cur(desk.drop, [aws_line(line_item_net_unblended_cost="0.75")])
    report = next(path.parent.glob("*/cur-00001.csv.gz"))
    drops.add_columns(report, {"discount/SppDiscount": "", "discount/PrivateRateDiscount": "-0.25"})
    assert desk.ingest().refusals == ()
    assert desk.charges(COLUMNS) == [("PRIVATE_RATE", "earned", Decimal("0.25"), 0)]


def test_without_a_discount_there_is_no_benefit(desk: Desk) -> None:
    same = aws_line(line_item_net_unblended_cost="1.0", discount={"EdpDiscount": "0"})
    assert booked(desk, COLUMNS, same, aws_line()) == [(None, None, 0, 0)] * 2


@pytest.mark.parametrize(
    ("arn", "owner"),
    [
        ("arn:aws:savingsplans::444455556666:savingsplan/1", "444455556666"),
        ("arn:aws:ec2:eu-central-1:777788889999:reserved-instances/1", "777788889999"),
        ("arn:aws-cn:rds:cn-north-1:123412341234:ri:1", "123412341234"),
        (None, None),
    ],
)
def test_the_arn_names_the_account_that_owns_the_commitment(desk: Desk, arn: str | None, owner: str | None) -> None:
    fee = aws_line("SavingsPlanUpfrontFee", **(FEE | {"savings_plan_savings_plan_a_r_n": arn}))
    names = "x_CommitmentOwnerId, CommitmentDiscountId"
    assert booked(desk, names, fee, aws_line())[0] == (owner, arn or "ComputeSavingsPlans")
    assert desk.charges("x_CommitmentOwnerId", "ChargeCategory = 'Usage'") == [(None,)]


@pytest.mark.parametrize("last", ["2027-03-31T23:59:59.000Z", "2027-04-01T00:00:00.000Z"])
def test_a_commitment_says_its_term_and_how_it_is_paid(desk: Desk, last: str) -> None:
    fee = aws_line("SavingsPlanUpfrontFee", **(FEE | {
        "savings_plan_start_time": "2026-04-01T00:00:00.000Z", "savings_plan_end_time": last,
        "savings_plan_payment_option": "Partial Upfront",
    }))  # fmt: skip
    term = (datetime(2026, 4, 1), datetime(2027, 4, 1), "partial_upfront")
    names = "x_CommitmentStart, x_CommitmentEnd, x_CommitmentPayment"
    assert booked(desk, names, fee, aws_line())[0] == term
    assert desk.charges(names, "ChargeCategory = 'Usage'") == [(None, None, None)]
