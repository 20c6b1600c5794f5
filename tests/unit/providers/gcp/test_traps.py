"""The traps of provider billing that are Google's, by their number in docs/traps.md: each rule on staged rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.lake import Lake
from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import PARENT
from tests.unit.providers.gcp import exports
from tests.unit.providers.gcp.test_golden import FOLDER

Row = dict[str, str]


def golden(kind: str, number: int = 0, **changes: Any) -> Row:
    return exports.rows_of(FOLDER / f"{kind}.given.csv")[number] | changes


def booked(desk: Desk, columns: str, *rows: Row, kind: str = "rebilling", where: str = "true") -> list[tuple[Any, ...]]:
    exports.deliver(desk.drop, kind, rows)
    assert desk.ingest().refusals == ()
    return desk.charges(columns, where)


def version(desk: Desk, name: str, hour: int, *rows: Row) -> None:
    exports.deliver(desk.drop, "rebilling", rows, exportId=name, maxExportTime=f"2026-11-05T{hour:02}:00:00Z")


def record(desk: Desk) -> dict[str, Any]:
    (row,) = desk.ledger.current_slices("2026-10")
    folder = Lake(desk.lake.root).slice(row["provider"], row["account"], row["period"], row["slice_id"])
    return json.loads((folder / "slice.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_trap_01_the_latest_export_time_counts_not_the_arrival(desk: Desk) -> None:
    first, restated = golden("rebilling"), golden("rebilling", cost="0.41")
    version(desk, "e2", 9, restated, restated)
    desk.ingest()
    version(desk, "e1", 3, first)
    assert desk.ingest().units[0].status == "unchanged"
    assert desk.charges("BilledCost", "x_SourcePart = 0") == [(Decimal("0.41"),)] * 2
    assert len([name for name in desk.files() if name.endswith("slice.json")]) == 1


def test_trap_02_the_month_is_an_estimate_until_its_invoice_is_there(desk: Desk) -> None:
    exports.deliver(desk.drop, "rebilling", [golden("rebilling"), golden("rebilling", currency="USD")])
    desk.ingest()
    assert not record(desk)["IsFinal"]
    euros = ["I1", PARENT, "Google", "2026-10", "EUR", "1", "0", "1"]
    drops.control(desk.drop, "gcp", euros)
    desk.ingest()
    assert not record(desk)["IsFinal"]  # the dollars have no invoice yet
    drops.control(desk.drop, "gcp", euros, ["I2", PARENT, "Google", "2026-10", "USD", "1", "0", "1"])
    desk.ingest()
    assert record(desk)["IsFinal"]


def test_trap_09_a_rounding_row_is_booked_as_it_is_and_nothing_else_is_rounded(desk: Desk) -> None:
    odd = golden("rebilling", 1, cost="0.123456789", credits="[]")
    rows = booked(desk, "BilledCost, ChargeCategory, x_LineType", odd, golden("rebilling", 7, cost="0.006543211"))
    assert rows == [
        (Decimal("0.123456789"), "Usage", "regular"), (Decimal("0.006543211"), "Adjustment", "rounding_error"),
    ]  # fmt: skip
    assert sum(row[0] for row in rows) == Decimal("0.13")


def test_trap_10_doubles_and_long_numbers_stay_exact(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    tenth = golden("detailed", 3, cost=repr(0.1))
    rows = booked(desk, "BilledCost", *[tenth] * 999, tenth | {"cost": repr(0.1 + 0.2)}, kind="detailed")
    (total,) = record(desk)["RawTotals"]
    assert (Decimal(total["Tax"]), Decimal(total["Beyond12"])) == (Decimal("100.20000000000000004"), Decimal("4e-17"))
    assert sum(row[0] for row in rows) == Decimal("100.2")
    other = make_desk("long")
    exports.deliver(
        other.drop / "long", "rebilling", [golden("rebilling", 5, cost="12345678901.123456789")], "jsonl.gz"
    )
    assert other.ingest(other.drop / "long").refusals == ()
    assert other.charges("BilledCost") == [(Decimal("12345678901.123456789"),)]


def test_trap_11_negative_rows_keep_their_sign_in_cost_quantity_and_margin(desk: Desk) -> None:
    back = golden("rebilling", cost="-0.4", cost_at_list="-0.48")
    back |= {"usage.amount": "-28800", "usage.amount_in_pricing_unit": "-8"}
    back["credits"] = '[{"type": "RESELLER_MARGIN", "id": "m", "name": "Margin", "full_name": "", "amount": "0.048"}]'
    columns = "BilledCost, ListCost, PricingQuantity, ConsumedQuantity, x_PartnerBenefitAmount, ListUnitPrice"
    assert booked(desk, columns, back) == [
        (Decimal("-0.4"), Decimal("-0.48"), -8, -28800, 0, Decimal("0.06")),
        (Decimal("0.048"), 0, None, None, Decimal("-0.048"), None),
    ]


def test_trap_12_each_credit_is_a_row_of_its_kind_and_the_margin_the_partners(desk: Desk) -> None:
    columns = "x_LineType, x_CreditKind, BilledCost, ListCost, x_PartnerBenefitAmount, x_PartnerBenefitKind"
    assert booked(desk, columns, golden("rebilling"), where="x_SourcePart > 0") == [
        ("RESELLER_MARGIN", None, Decimal("-0.048"), 0, Decimal("0.048"), "RESELLER_MARGIN"),
        ("SUSTAINED_USAGE_DISCOUNT", "sustained_use", Decimal("-0.02"), Decimal("-0.02"), 0, None),
        ("PROMOTION", "promotional", Decimal("-0.01"), Decimal("-0.01"), 0, None),
    ]


def test_trap_13_tax_is_its_own_charge_and_its_own_total(desk: Desk) -> None:
    columns = "ChargeCategory, SkuId, SkuPriceId, PricingQuantity, ListUnitPrice, x_PartnerBenefitAmount"
    rows = booked(desk, columns, golden("rebilling"), golden("rebilling", 5), where="x_SourceRow = 1")
    assert rows == [("Tax", None, None, None, None, 0)]
    (total,) = record(desk)["RawTotals"]
    assert (Decimal(total["Net"]), Decimal(total["Tax"])) == (Decimal("0.322"), Decimal("57.000001"))


def test_trap_14_a_third_partys_product_names_its_seller_and_earns_no_margin(desk: Desk) -> None:
    columns = "x_PublisherName, x_PartnerBenefitKind, ServiceProviderName"
    assert booked(desk, columns, golden("rebilling", 8)) == [("MongoDB, Inc.", None, "Google Cloud")]


@pytest.mark.parametrize(("kind", "number", "start"), [("rebilling", 6, "2026-09-14"), ("detailed", 5, "2026-09-30")])
def test_trap_15_a_refund_of_an_earlier_month_is_a_correction_in_the_open_one(
    kind: str, number: int, start: str, desk: Desk
) -> None:
    columns = "ChargeClass, cast(BillingPeriodStart as date)::varchar, cast(ChargePeriodStart as date)::varchar"
    assert booked(desk, columns, golden(kind, number), kind=kind) == [("Correction", "2026-10-01", start)]


def test_trap_16_an_export_twice_is_one_and_equal_rows_are_two(desk: Desk) -> None:
    exports.deliver(desk.drop, "rebilling", [golden("rebilling", 8)] * 2)
    desk.ingest()
    assert desk.ingest().units[0].status == "unchanged"
    assert desk.charges("BilledCost") == [(Decimal(120),)] * 2
    version(desk, "e2", 9, golden("rebilling", 8), golden("rebilling", 8))
    assert desk.ingest().units[0].status == "superseded"
    assert desk.charges("BilledCost") == [(Decimal(120),)] * 2


@pytest.mark.parametrize("start", ["2026-11-01T05:00:00", "2026-09-30T23:00:00"])
def test_trap_18_the_invoice_month_decides_not_the_usage_in_utc(start: str, desk: Desk) -> None:
    late = golden("rebilling", 8, usage_start_time=start)
    columns = "strftime(BillingPeriodStart, '%Y-%m'), strftime(ChargePeriodStart, '%Y-%m-%dT%H:%M:%S'), ChargeClass"
    assert booked(desk, columns, late) == [("2026-10", start, None)]


def test_trap_18_the_views_pacific_midnight_is_the_months_first_day(desk: Desk) -> None:
    """Daylight saving or not: the month is the invoice's."""
    rows = [golden("focus_view", BillingPeriodStart=f"2026-10-01T0{hour}:00:00") for hour in (0, 7, 8)]
    assert set(booked(desk, "BillingPeriodStart::varchar", *rows, kind="focus_view")) == {("2026-10-01 00:00:00",)}


def test_trap_19_ends_are_exclusive_and_the_views_last_day_is_not(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    columns = "BillingPeriodEnd::varchar, ChargePeriodEnd::varchar"
    expected = {("2026-11-01 00:00:00", "2026-10-02 08:00:00")}
    assert set(booked(desk, columns, golden("rebilling"))) == expected
    view = make_desk("view")
    exports.deliver(view.drop / "view", "focus_view", [golden("focus_view")])
    assert view.ingest(view.drop / "view").refusals == ()
    assert set(view.charges(columns)) == expected
    ((repairs,),) = view.charges("x_Repairs", "x_SourcePart = 0")
    assert json.loads(repairs)["BillingPeriodEnd"] == {"was": "2026-10-31 07:00:00", "why": "inclusive end"}


def test_trap_23_googles_repricing_and_the_views_account_leave_no_trace(
    desk: Desk, make_desk: Callable[[str], Desk]
) -> None:
    """What Google computed for the customer stays in raw; no SKU price names the billing account."""
    given = golden("rebilling", customer_cost="0.789123", channel_partner_name="accounts/C01/channelPartnerLinks/9")
    booked(desk, "1", given)
    assert [row for row in desk.records() if "0.789123" in str(row) or "channelPartnerLinks" in str(row)] == []
    view = make_desk("view")
    exports.deliver(view.drop / "view", "focus_view", [golden("focus_view")])
    assert view.ingest(view.drop / "view").refusals == ()
    assert set(view.charges("SkuPriceId")) == {("2E27-4F75-95CD",)}


def test_trap_28_an_unknown_column_is_kept_and_a_missing_one_refused(desk: Desk) -> None:
    assert booked(desk, "x_Extras", golden("detailed", 3, carbon="1.5"), kind="detailed") == [('{"carbon":"1.5"}',)]
    without = {name: text for name, text in golden("rebilling").items() if name != "cost"}
    exports.deliver(desk.drop / "x", "rebilling", [without])
    (problem,) = desk.ingest(desk.drop / "x").refusals
    assert (problem.column, "required column cost is missing" in problem.what) == ("cost", True)


def test_trap_29_each_currency_has_its_own_total_of_cost_credits_and_tax(desk: Desk) -> None:
    booked(desk, "1", golden("rebilling"), golden("rebilling", 5), golden("rebilling", currency="USD"))
    found = {one["BillingCurrency"]: (Decimal(one["Net"]), Decimal(one["Tax"])) for one in record(desk)["RawTotals"]}
    assert found == {"EUR": (Decimal("0.322"), Decimal("57.000001")), "USD": (Decimal("0.322"), 0)}


def test_trap_30_free_rows_are_kept_with_their_quantity(desk: Desk) -> None:
    columns = "BilledCost, ListCost, PricingQuantity, ConsumedQuantity, x_PartnerBenefitAmount"
    assert booked(desk, columns, golden("standard", 1), kind="standard") == [
        (0, 0, Decimal("0.0009765625"), 1048576, 0)
    ]
