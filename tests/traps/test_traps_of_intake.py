"""Traps of no single room that are settled when deliveries are taken in; docs/traps.md tells each in words."""

from __future__ import annotations

import json

import pytest

from pipelines.lake import Lake
from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import focus_row


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("intake")
    return Desk(Lake(root / "lake"), root / "drop")


def test_trap_01_the_newest_version_is_booked_whatever_comes_last(desk: Desk) -> None:
    """Whole slices are replaced; a version that comes late is older all the same."""
    drops.focus(desk.drop, [focus_row("10"), focus_row("20")], folder="3")
    desk.ingest()
    drops.focus(desk.drop, [focus_row("11"), focus_row("21")], folder="5")
    (unit,) = desk.ingest().units
    assert unit.status == "superseded"
    assert desk.charges("BilledCost") == [(Decimal(11),), (Decimal(21),)]
    drops.focus(desk.drop, [focus_row("1"), focus_row("2")], folder="4")
    (unit,) = desk.ingest().units
    assert unit.status == "unchanged"
    assert desk.charges("BilledCost") == [(Decimal(11),), (Decimal(21),)]


@pytest.mark.parametrize(("values", "final"), [({}, True), ({"InvoiceId": None}, False)])
def test_trap_02_a_month_without_invoice_ids_is_an_estimate(desk: Desk, values: dict[str, None], final: bool) -> None:
    drops.focus(desk.drop, [focus_row("10"), focus_row("20", **values)])
    (unit,) = desk.ingest().units
    (row,) = desk.ledger.current_slices("2026-10")
    assert (unit.rows, bool(row["is_final"])) == (2, final)


def test_trap_08_each_row_keeps_its_own_rate(desk: Desk) -> None:
    """Units of the billing currency per unit of the pricing currency; no other rate is ever looked up."""
    given = {"PricingCurrency": "EUR"}
    rows = [
        focus_row("11", x_BillingExchangeRate="1.1", **given),
        focus_row("24", x_BillingExchangeRate="1.2", **given),
    ]
    drops.focus(desk.drop, rows)
    assert desk.ingest().refusals == ()
    found = desk.charges("x_ExchangeRate, round(PricingCurrencyEffectiveCost, 9)")
    assert found == [(Decimal("1.1"), Decimal(10)), (Decimal("1.2"), Decimal(20))]


def test_trap_08_one_invoice_has_one_currency(desk: Desk) -> None:
    drops.focus(desk.drop, [focus_row("11"), focus_row("12", BillingCurrency="EUR")])
    (problem,) = desk.ingest().refusals
    assert "invoice I-1 mixes the currencies EUR, USD" in problem.what


def test_trap_11_nothing_is_clamped(desk: Desk) -> None:
    costs = ("-12.5", "0", "-0.000000000001", "7")
    drops.focus(desk.drop, [focus_row(cost, PricingQuantity="-3", PricingUnit="Hours") for cost in costs])
    assert desk.ingest().refusals == ()
    wanted = [(Decimal(cost), Decimal(cost), Decimal(-3)) for cost in costs]
    assert desk.charges("BilledCost, ListCost, PricingQuantity") == wanted


def test_trap_16_the_same_delivery_again_changes_nothing(desk: Desk) -> None:
    """Not by comparing rows: two rows alike in everything stay two charges."""
    rows = [focus_row("5"), focus_row("5")]
    drops.focus(desk.drop, rows)
    desk.ingest()
    before = desk.files()
    drops.focus(desk.drop, rows, folder="1")
    (unit,) = desk.ingest().units
    assert (unit.status, unit.rows) == ("unchanged", 2)
    assert desk.files() == before
    assert desk.charges("BilledCost") == [(Decimal(5),)] * 2


def test_trap_28_unknown_columns_are_kept_and_renamed_ones_found(desk: Desk) -> None:
    row = focus_row("5", x_Novelty="kept", AnotherOne="kept too")
    row["billed_cost"] = row.pop("BilledCost")
    row[" SERVICENAME "] = row.pop("ServiceName")
    drops.focus(desk.drop, [row])
    assert desk.ingest().refusals == ()
    ((cost, service, extras),) = desk.charges("BilledCost, ServiceName, x_Extras")
    assert (cost, service) == (Decimal(5), "Warehouse")
    assert json.loads(extras) == {"x_Novelty": "kept", "AnotherOne": "kept too"}


def test_trap_28_a_missing_required_column_is_refused_by_name(desk: Desk) -> None:
    row = focus_row("5")
    for name in ("BilledCost", "ChargeCategory"):
        del row[name]
    drops.focus(desk.drop, [row])
    refused = desk.ingest().refusals
    assert {problem.column for problem in refused} == {"BilledCost", "ChargeCategory"}
    assert all("is missing" in problem.what and problem.remedy for problem in refused)
    assert desk.ledger.current_slices("2026-10") == []


def test_trap_29_the_charges_add_up_to_the_delivery_per_invoice(desk: Desk) -> None:
    """Two invoices in one month, tax apart, each to the last of 24 digits that the texts have."""
    rows = [
        focus_row("0.1234567890123456789"),
        focus_row("2", ChargeCategory="Tax"),
        focus_row("3.5", InvoiceId="I-2"),
    ]
    drops.focus(desk.drop, rows)
    (unit,) = desk.ingest().units
    folder = desk.lake.slice(unit.provider, unit.account, unit.period, str(unit.slice_id))
    totals = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    found = [(t["InvoiceId"], *(Decimal(t[key]) for key in ("Net", "Tax", "Beyond12"))) for t in totals]
    net = Decimal("0.1234567890123456789")
    assert found == [
        ("I-1", net, Decimal(2), net - Decimal("0.123456789012")),
        ("I-2", Decimal("3.5"), Decimal(0), Decimal(0)),
    ]
