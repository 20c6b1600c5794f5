"""What a commitment costs by day: who used it, what nobody used, to the last digit."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.lake import connect
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.providers.amortization import amortize, without_purchase
from pipelines.providers.commitments import NOTHING
from pipelines.providers.staging import MACROS
from pipelines.schemas import slice_columns
from tests.support.slices import complete

OCTOBER = BillingPeriod("2026-10")
COMMITMENT = {
    "CommitmentDiscountId": "c-1", "CommitmentDiscountType": "Reservation", "CommitmentDiscountCategory": "Usage",
}  # fmt: skip
MONTH = {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-11-01"}
PURCHASE = COMMITMENT | MONTH | {
    "ChargeCategory": "Purchase", "ChargeFrequency": "One-Time", "EffectiveCost": "0", "PricingQuantity": "1",
    "PricingUnit": "reservation", "SubAccountId": "order", "x_CommitmentOwnerId": "buyer", "ResourceId": "c-1",
    "x_ProviderCustomerId": "buyer",
}  # fmt: skip
USED = COMMITMENT | {
    "CommitmentDiscountStatus": "Used", "BilledCost": "0", "EffectiveCost": "null", "PricingUnit": "1 Hour",
    "PricingQuantity": "24", "x_CommitmentOwnerId": "user",
}  # fmt: skip
SPEND = {"CommitmentDiscountCategory": "Spend", "CommitmentDiscountType": "SavingsPlan"}
Row = Mapping[str, str]
Charge = dict[str, Any]


def on(day: int, **values: str) -> dict[str, str]:
    """A used row of a day of October."""
    start = date(2026, 10, 1) + timedelta(days=day - 1)
    period = {"ChargePeriodStart": str(start), "ChargePeriodEnd": str(start + timedelta(days=1))}
    return USED | period | values


def why(charge: Charge) -> str | None:
    """Why the charge's effective cost is not the one delivered."""
    entry = json.loads(charge["x_Repairs"] or "{}").get("EffectiveCost")
    return entry and str(entry["why"])


def charges(*rows: Row, known: Sequence[Row] = ()) -> list[Charge]:
    """The rows after amortization, in the order of their places; `known`: purchases of earlier months."""
    con = connect()
    con.execute(MACROS)
    NOTHING.stage(con)
    _insert(con, "raw_commitments", [{**row, "x_SourceFile": "9"} for row in known])
    con.execute("create table delivered as select * from raw_commitments limit 0")
    _insert(con, "delivered", rows)
    query = amortize(con, "select * from delivered", OCTOBER)
    reader = con.execute(f"select * from ({query}) order by x_SourceFile, x_SourceRow, x_SourcePart")
    names = [column[0] for column in reader.description or ()]
    return [dict(zip(names, values, strict=True)) for values in reader.fetchall()]


def _insert(con: Any, table: str, rows: Sequence[Row]) -> None:
    columns = [column for column in slice_columns() if column.id != "x_RateKey"]
    values = ", ".join(f"cast($r->>'$.{column.id}' as {column.storage})" for column in columns)
    for row in complete(rows) if rows else ():
        con.execute(f"insert into {table} select {values}", {"r": json.dumps(row)})


def by_status(found: Sequence[Charge], status: str | None) -> list[Charge]:
    return [charge for charge in found if charge["CommitmentDiscountStatus"] == status]


def costs(found: Sequence[Charge], status: str) -> list[Decimal]:
    return [charge["EffectiveCost"] for charge in by_status(found, status)]


def test_a_purchase_is_spread_by_days_and_the_last_takes_the_rest() -> None:
    found = charges(PURCHASE | {"BilledCost": "100"})
    amounts = costs(found, "Unused")
    assert amounts == [Decimal("3.225806451612")] * 30 + [Decimal("3.225806451640")]
    assert sum(amounts) == 100
    assert [charge["EffectiveCost"] for charge in by_status(found, None)] == [0]


@pytest.mark.parametrize(("start", "end", "days"), [
    ("2026-10-05T07:00", "2026-10-06T07:00", 1),
    ("2026-10-05T03:00", "2026-10-05T04:00", 1),
    ("2026-10-01T07:00", "2026-10-31T08:00", 30),  # an hour more at the end of daylight saving
    ("2026-10-01T08:00", "2026-10-31T07:00", 30),
])  # fmt: skip
def test_a_day_of_another_time_zone_is_one_day(start: str, end: str, days: int) -> None:
    found = charges(PURCHASE | {"BilledCost": "60", "ChargePeriodStart": start, "ChargePeriodEnd": end})
    assert len(costs(found, "Unused")) == days
    assert sum(costs(found, "Unused")) == 60


def test_hours_say_how_much_of_a_reservation_was_used() -> None:
    bought = PURCHASE | {"BilledCost": "62", "PricingQuantity": "2"}  # 2 a day, 48 hours
    found = charges(bought, on(1, PricingQuantity="24"), on(1, PricingQuantity="12"), on(2, PricingQuantity="60"))
    assert costs(found, "Used") == [Decimal("1"), Decimal("0.5"), Decimal("2")]  # never more than all of it
    idle = by_status(found, "Unused")
    assert (idle[0]["EffectiveCost"], idle[0]["ChargePeriodStart"]) == (Decimal("0.5"), datetime(2026, 10, 1))
    assert (idle[0]["CommitmentDiscountQuantity"], idle[0]["CommitmentDiscountUnit"]) == (12, "Hours")
    assert len(idle) == 30  # none on the 2nd


@pytest.mark.parametrize(("unit", "quantity"), [("1 Hour", "12"), ("Hrs", "12"), ("100 Hours", "0.12"), ("h", "12")])
def test_an_hour_is_an_hour_in_any_spelling(unit: str, quantity: str) -> None:
    found = charges(PURCHASE | {"BilledCost": "31"}, on(1, PricingUnit=unit, PricingQuantity=quantity))
    assert costs(found, "Used") == [Decimal("0.5")]


def test_a_fee_may_count_the_hours_itself() -> None:
    fee = PURCHASE | {"BilledCost": "12", "PricingUnit": "hour", "PricingQuantity": "48"}
    found = charges(
        fee | {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-10-02"}, on(1, PricingQuantity="36")
    )
    assert (costs(found, "Used"), costs(found, "Unused")) == ([9], [3])


def test_what_is_not_measured_in_hours_was_used_whole() -> None:
    found = charges(PURCHASE | {"BilledCost": "31"}, on(1, PricingUnit="GB"), on(1, PricingQuantity="8"))
    assert costs(found, "Used") == [Decimal("0.75"), Decimal("0.25")]


def test_a_savings_plan_is_shared_by_list_cost_and_without_one_by_quantity() -> None:
    plan = PURCHASE | SPEND | {"BilledCost": "31"}
    found = charges(plan, on(1, ListCost="3", **SPEND), on(1, ListCost="1", **SPEND), on(2, **SPEND), on(2, **SPEND))
    assert costs(found, "Used") == [Decimal("0.75"), Decimal("0.25"), Decimal("0.5"), Decimal("0.5")]
    assert len(costs(found, "Unused")) == 29


def test_the_last_row_with_a_weight_takes_the_rest() -> None:
    rows = [on(1, PricingQuantity=quantity) for quantity in ("8", "8", "8", "0", "-4")]
    found = charges(PURCHASE | {"BilledCost": "31"}, *rows)
    assert costs(found, "Used") == [Decimal("0.333333333333")] * 2 + [Decimal("0.333333333334"), 0, 0]


def test_a_stated_cost_stays_and_the_others_share_what_is_left() -> None:
    fee = PURCHASE | SPEND | {"BilledCost": "31"}
    found = charges(fee, on(1, EffectiveCost="0.4", **SPEND), on(1, **SPEND), on(2, EffectiveCost="1.5", **SPEND))
    assert costs(found, "Used") == [Decimal("0.4"), Decimal("0.6"), Decimal("1.5")]
    assert [why(charge) for charge in by_status(found, "Used")] == [None, "amortized", None]
    assert costs(found, "Unused")[0] == Decimal("-0.5")  # the 2nd used more than was paid for it


def test_a_cancelled_day_is_nobodys_use() -> None:
    back = {"BilledCost": "-30", "PricingQuantity": "-1", "ChargePeriodStart": "2026-10-02"}
    found = charges(PURCHASE | {"BilledCost": "31"}, PURCHASE | back, on(1), on(2))
    assert costs(found, "Used") == [1, 0]
    assert sum(costs(found, "Used") + costs(found, "Unused")) == 1


def test_an_unused_row_is_the_buyers_and_says_it_was_derived() -> None:
    (idle, *_) = by_status(charges(PURCHASE | {"BilledCost": "31", "InvoiceId": "I-1"}), "Unused")
    assert (idle["ChargeCategory"], why(idle), idle["PricingCategory"]) == ("Usage", "unused", "Committed")
    assert (idle["x_ProviderCustomerId"], idle["SubAccountId"], idle["ResourceId"]) == ("buyer", "order", "c-1")
    assert idle["BilledCost"] == idle["ListCost"] == idle["ContractedCost"] == 0
    assert (idle["ConsumedQuantity"], idle["PricingQuantity"], idle["PricingUnit"]) == (None, None, None)
    assert (idle["InvoiceId"], idle["x_CommitmentOwnerId"], idle["x_SourcePart"]) == ("I-1", "buyer", 100)


def test_used_rows_name_who_bought_the_commitment() -> None:
    (used,) = by_status(charges(PURCHASE | {"BilledCost": "31"}, on(1)), "Used")
    assert (used["x_CommitmentOwnerId"], why(used)) == ("buyer", "amortized")


def test_without_its_purchase_nothing_is_derived() -> None:
    (used,) = charges(on(1))
    assert (used["EffectiveCost"], why(used), used["x_CommitmentOwnerId"]) == (0, None, "user")
    con = connect()
    con.execute("create table used as select 'c-1' as CommitmentDiscountId, null as EffectiveCost")
    con.execute("create table bought as select 'c-2' as CommitmentDiscountId")
    assert without_purchase(con) == ["c-1"]


def test_another_currency_is_another_purse() -> None:
    found = charges(PURCHASE | {"BilledCost": "31"}, on(1, BillingCurrency="USD"))
    assert costs(found, "Used") == [0]
    assert sum(costs(found, "Unused")) == 31


def test_earlier_purchases_are_paid_for_this_month_only() -> None:
    term = {"ChargePeriodStart": "2026-09-01", "ChargePeriodEnd": "2026-11-10", "BilledCost": "70", "InvoiceId": "OLD"}
    found = charges(on(1), known=[PURCHASE | term])
    assert costs(found, "Used") == [1]
    idle = by_status(found, "Unused")
    assert (len(idle), sum(charge["EffectiveCost"] for charge in idle)) == (30, 30)
    assert {(charge["InvoiceId"], charge["x_SourceFile"]) for charge in idle} == {("INV-1", 9)}
    assert {str(charge["BillingPeriodStart"])[:10] for charge in idle} == {"2026-10-01"}


def test_a_purchase_keeps_its_earlier_days_and_leaves_the_later_ones() -> None:
    late = {"ChargePeriodStart": "2026-09-21", "ChargePeriodEnd": "2026-11-30", "BilledCost": "70"}
    days = [charge["ChargePeriodStart"].date() for charge in by_status(charges(PURCHASE | late), "Unused")]
    assert (days[0], days[-1], len(days)) == (date(2026, 9, 21), date(2026, 10, 31), 41)


def test_costs_in_the_pricing_currency_follow_the_rows_rate() -> None:
    dollars = {"PricingCurrency": "USD", "x_ExchangeRate": "0.9153"}
    found = charges(PURCHASE | dollars | {"BilledCost": "31"}, on(1, PricingQuantity="8", **dollars))
    assert costs(found, "Used") == [Decimal("0.333333333333")]
    assert by_status(found, "Used")[0]["PricingCurrencyEffectiveCost"] == Decimal("0.364179321898")
    assert by_status(found, "Unused")[1]["PricingCurrencyEffectiveCost"] == Decimal("1.092537965694")


AMOUNTS = st.decimals(min_value=Decimal("-999999"), max_value=Decimal("9999999"), places=12)
QUANTITIES = st.decimals(min_value=Decimal("-50"), max_value=Decimal("5000"), places=12)
BOUGHT = st.builds(
    lambda commitment, amount, count, first, days, spend: (SPEND if spend else {}) | {
        "CommitmentDiscountId": commitment, "BilledCost": str(amount), "PricingQuantity": str(count),
        "ChargePeriodStart": str(first), "ChargePeriodEnd": str(first + timedelta(days=days)),
    },
    st.sampled_from("ab"), AMOUNTS, st.integers(-2, 60), st.dates(date(2026, 9, 1), date(2026, 11, 3)),
    st.integers(1, 400), st.booleans(),
)  # fmt: skip
USES = st.builds(
    lambda commitment, day, quantity, listed, spend, unit: (SPEND if spend else {}) | on(
        day, CommitmentDiscountId=commitment, PricingQuantity=str(quantity), ListCost=str(listed), PricingUnit=unit
    ),
    st.sampled_from("abc"), st.integers(-3, 34), QUANTITIES, QUANTITIES, st.booleans(),
    st.sampled_from(["1 Hour", "1 Hour", "GB", "100 Hours"]),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BOUGHT, max_size=4), st.lists(BOUGHT, max_size=3), st.lists(USES, max_size=8))
def test_used_and_unused_are_what_the_days_cost(own: list[Row], known: list[Row], uses: list[Row]) -> None:
    """Whatever was bought and used: per commitment and day used + unused = the day's part of the purchases."""
    assume(own or uses)  # a bill without any row has nowhere to state what is unused of earlier purchases
    known = [row for row in known if row["ChargePeriodStart"] < "2026-10-01"]
    found = charges(*(PURCHASE | row for row in own), *uses, known=[PURCHASE | row for row in known])
    expected: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for is_known, row in [*((False, row) for row in own), *((True, row) for row in known)]:
        for day, amount in _daily(row).items():
            days = len(_daily(row))
            if (day >= date(2026, 11, 1) and days > 1) or (is_known and (day < date(2026, 10, 1) or days == 1)):
                continue
            expected[row["CommitmentDiscountId"], day] += amount
    stated: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for charge in found:
        if charge["CommitmentDiscountStatus"] is not None:
            stated[charge["CommitmentDiscountId"], charge["ChargePeriodStart"].date()] += charge["EffectiveCost"]
    assert {key: amount for key, amount in stated.items() if amount} == {
        key: amount for key, amount in expected.items() if amount
    }
    assert sum(charge["BilledCost"] for charge in found) == sum(Decimal(row["BilledCost"]) for row in own)
    places = [(charge["x_SourceFile"], charge["x_SourceRow"], charge["x_SourcePart"]) for charge in found]
    assert len(set(places)) == len(places)


def _daily(row: Row) -> dict[date, Decimal]:
    first, end = (date.fromisoformat(row[name]) for name in ("ChargePeriodStart", "ChargePeriodEnd"))
    count, units = (end - first).days, int(Decimal(row["BilledCost"]).scaleb(12))
    part = abs(units) // count * (1 if units >= 0 else -1)
    amounts = [part] * (count - 1) + [units - part * (count - 1)]
    return {first + timedelta(days=number): Decimal(amount).scaleb(-12) for number, amount in enumerate(amounts)}
