"""Committed use of Google: the older model by credits, the newer one by prices and offsets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import gcp_row

CUD = "COMMITTED_USAGE_DISCOUNT"
MODEL = {"id": "flex-1y", "description": "Compute Flexible CUDs 1 Year"}
FEE = {"id": "FEE", "description": "Commitment v1: N2 Cpu in Frankfurt for 1 Year"}
FLEXIBLE_FEE = {"id": "FLEX", "description": "Commitment - dollar based v1: Compute flexible CUD for 1 year"}
WHY = "x_Repairs->>'$.EffectiveCost.why'"
COLUMNS = "x_SourcePart, BilledCost, EffectiveCost, ListCost, ContractedCost, PricingQuantity, ConsumedQuantity"


def credit(amount: float, name: str = "cud-1", kind: str = CUD) -> dict[str, Any]:
    return {"type": kind, "id": name, "amount": amount}


def fee(cost: float, hours: float = 24.0, *given: dict[str, Any], **values: Any) -> dict[str, Any]:
    usage = {"amount": hours, "unit": "hour", "amount_in_pricing_units": hours, "pricing_unit": "hour"}
    return gcp_row(cost, list(given), sku=FEE, subscription={"instance_id": "cud-1"}, usage=usage) | values


def usage(cost: float, *given: dict[str, Any], hours: float = 1.0, **values: Any) -> dict[str, Any]:
    measured = {"amount": hours * 3600, "unit": "seconds", "amount_in_pricing_units": hours, "pricing_unit": "hour"}
    return gcp_row(cost, list(given), usage=measured, subscription={"instance_id": None}) | values


def flexible(cost: float, **values: Any) -> dict[str, Any]:
    return usage(cost, consumption_model=MODEL) | values


def booked(desk: Desk, columns: str, where: str, *rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    models = {"consumption_model": {"id": "d", "description": "Default"}, "cost_at_effective_price_default": None}
    drops.gcp(desk.drop, [{"cost_at_list": None, **models, **row} for row in rows])
    assert desk.ingest().refusals == ()
    return desk.charges(columns, where)


def test_a_covered_part_is_a_row_of_its_own(desk: Desk) -> None:
    rows = booked(desk, f"{COLUMNS}, CommitmentDiscountStatus", "true", usage(10.0, credit(-3.0), hours=20.0))
    assert rows == [(0, 7, 7, 7, 7, 14, 50400, None), (1, 0, 0, 3, 3, 6, 21600, "Used")]
    assert desk.charges("x_LineType, PricingCategory, CommitmentDiscountId, CommitmentDiscountType") == [
        ("regular", "Standard", None, None),
        (CUD, "Committed", "cud-1", "CUD"),
    ]
    split = {"BilledCost": "10.0", "PricingQuantity": "20.0", "ConsumedQuantity": "72000.0"}
    whole = {name: {"was": was, "why": "split"} for name, was in split.items()}
    for (repairs,) in desk.charges("x_Repairs"):
        assert json.loads(repairs) == whole | {"ListCost": {"was": None, "why": "none stated: cost"}}


def test_a_lower_price_keeps_its_list_price_in_proportion(desk: Desk) -> None:
    rows = booked(desk, COLUMNS, "true", usage(8.0, credit(-2.0), hours=4.0, cost_at_list=10.0))
    assert [row[1:6] for row in rows] == [
        tuple(map(Decimal, ("6", "6", "7.5", "6", "3"))), tuple(map(Decimal, ("0", "0", "2.5", "2", "1"))),
    ]  # fmt: skip


def test_a_row_that_is_covered_whole_has_no_rest(desk: Desk) -> None:
    (row,) = booked(desk, COLUMNS, "true", usage(10.0, credit(-10.0)))
    assert row == (1, *map(Decimal, ("0", "0", "10", "10", "1", "3600")))


def test_several_commitments_cover_their_parts(desk: Desk) -> None:
    dollars = credit(-3.0, "cud-2", f"{CUD}_DOLLAR_BASE")
    rows = booked(desk, "x_SourcePart, BilledCost, ListCost, CommitmentDiscountId, CommitmentDiscountCategory", "true",
                  usage(10.0, credit(-2.0), dollars))  # fmt: skip
    assert rows == [
        (0, 5, 5, None, None), (1, 0, 2, "cud-1", "Usage"), (2, 0, 3, "cud-2", "Spend"),
    ]  # fmt: skip


def test_a_reversal_takes_its_covered_part_back(desk: Desk) -> None:
    rows = booked(desk, COLUMNS, "true", usage(-10.0, credit(4.0), hours=-5.0))
    assert [row[1:6] for row in rows] == [(-6, -6, -6, -6, -3), (0, 0, -4, -4, -2)]


@pytest.mark.parametrize(("cost", "amount"), [(10.0, 3.0), (0.0, -3.0)])
def test_a_credit_that_covers_nothing_stays_a_credit(desk: Desk, cost: float, amount: float) -> None:
    rows = booked(desk, "BilledCost, ChargeCategory, CommitmentDiscountStatus", "true", usage(cost, credit(amount)))
    assert rows == [(Decimal(cost), "Usage", None), (Decimal(amount), "Credit", None)]


def test_more_credit_than_cost_covers_all_and_leaves_its_rest(desk: Desk) -> None:
    rows = booked(desk, COLUMNS, "true", usage(10.0, credit(-12.0), hours=3.0))
    assert [row[1:6] for row in rows] == [(-2, -2, 0, -2, 0), (0, 0, 10, 12, 3)]


def test_the_days_fee_is_shared_by_hours_and_the_rest_is_unused(desk: Desk) -> None:
    rows = [fee(2.4), usage(10.0, credit(-5.0), hours=20.0), usage(4.0, credit(-4.0), hours=8.0)]
    found = booked(desk, f"EffectiveCost, CommitmentDiscountStatus, {WHY}, x_CommitmentOwnerId",
                   "CommitmentDiscountId is not null", *rows)  # fmt: skip
    assert found == [
        (0, None, None, "p1"), (Decimal("0.6"), "Unused", "unused", "p1"),
        (1, "Used", "amortized", "p1"), (Decimal("0.8"), "Used", "amortized", "p1"),
    ]  # fmt: skip


def test_without_a_project_the_sub_account_owns_the_commitment(desk: Desk) -> None:
    nobody = {"id": None, "name": None, "labels": []}
    found = booked(desk, "x_CommitmentOwnerId", "ChargeCategory = 'Purchase'", fee(2.4, project=nobody))
    assert found == [("SUB001",)]


def test_usage_at_a_committed_price_is_used_and_offset(desk: Desk) -> None:
    alone = {"cost_at_list": 10.0, "cost_at_effective_price_default": 9.5}
    offset = {"type": "FEE_UTILIZATION_OFFSET", "id": None, "amount": -7.2}
    bought = fee(8.0, 24.0, offset, sku=FLEXIBLE_FEE, subscription={"instance_id": "flex-1"})
    used = flexible(7.2, subscription={"instance_id": "flex-1"}, **alone)
    found = booked(desk, f"{COLUMNS}, ChargeCategory, CommitmentDiscountStatus", "true", bought, used)
    assert [row[1:5] + row[-2:] for row in found] == [
        (8, 0, 8, 8, "Purchase", None), (0, Decimal("0.8"), 0, 0, "Usage", "Unused"),
        (0, Decimal("7.2"), 10, Decimal("9.5"), "Usage", "Used"),
    ]  # fmt: skip
    repairs = '{"BilledCost":{"was":"7.2","why":"paid with the fee of its commitment"}}'
    assert desk.charges("x_Repairs, CommitmentDiscountCategory, CommitmentDiscountQuantity, CommitmentDiscountUnit",
                        "CommitmentDiscountStatus = 'Used'") == [(repairs, "Spend", Decimal("7.2"), "EUR")]  # fmt: skip


def test_usage_that_names_no_commitment_is_the_accounts_only_one(desk: Desk) -> None:
    offset = {"type": "FEE_UTILIZATION_OFFSET", "id": None, "amount": -7.2}
    bought = fee(8.0, 24.0, offset, sku=FLEXIBLE_FEE, subscription={"instance_id": "flex-1"})
    found = booked(desk, "CommitmentDiscountId", "CommitmentDiscountStatus = 'Used'", bought, flexible(7.2))
    assert found == [("flex-1",)]
    assert desk.charges("1", "ChargeCategory = 'Adjustment'") == []


def test_what_does_not_cancel_is_an_adjustment_without_a_customer(desk: Desk) -> None:
    offset = {"type": "FEE_UTILIZATION_OFFSET", "id": None, "amount": -7.0}
    bought = fee(8.0, 24.0, offset, sku=FLEXIBLE_FEE, subscription={"instance_id": "flex-1"})
    columns = "BilledCost, x_ProviderCustomerId, SubAccountId, CommitmentDiscountId, x_SourcePart"
    found = booked(desk, columns, "ChargeCategory = 'Adjustment'", bought, flexible(7.2), flexible(-0.1))
    assert found == [(Decimal("0.1"), None, None, "flex-1", 99)]
    assert sum(row[0] for row in desk.charges("BilledCost")) == Decimal("8.1")  # 8 - 7 + 7.2 - 0.1


def test_usage_of_an_unknown_commitment_is_named_by_its_model(desk: Desk) -> None:
    found = booked(desk, "CommitmentDiscountId, EffectiveCost", "CommitmentDiscountStatus = 'Used'", flexible(7.2))
    assert found == [("flex-1y", Decimal("7.2"))]
    assert desk.charges("BilledCost", "ChargeCategory = 'Adjustment'") == [(Decimal("7.2"),)]


def test_pacific_days_share_their_own_fee(desk: Desk) -> None:
    def on(day: int) -> dict[str, Any]:
        start, end = datetime(2026, 10, day, 7, tzinfo=UTC), datetime(2026, 10, day + 1, 7, tzinfo=UTC)
        return {"usage_start_time": start, "usage_end_time": end}

    rows = [fee(2.4) | on(2), fee(4.8) | on(3), usage(10.0, credit(-10.0), hours=24.0) | on(3)]
    found = booked(desk, "EffectiveCost, CommitmentDiscountStatus, ChargePeriodStart",
                   "CommitmentDiscountStatus is not null", *rows)  # fmt: skip
    assert found == [
        (Decimal("2.4"), "Unused", datetime(2026, 10, 2)), (Decimal("4.8"), "Used", datetime(2026, 10, 3, 7)),
    ]  # fmt: skip
