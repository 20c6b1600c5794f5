"""Estimates, invoices, cost exports and FOCUS files of one month: the best one is booked, and it is said which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.money import Decimal
from tests.unit.providers.azure import cost_files
from tests.unit.providers.azure.conftest import PARTNER, Bill
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import focus_row
from tests.unit.providers.focus.test_exports_of_rooms import azure_focus

OPEN = {"InvoiceNumber": None}
ESTIMATE = ("retired", "usage and reconciliation of G016907411")


def unbilled(desk: Desk, *rows: dict[str, Any], currency: str = "EUR") -> Bill:
    bill = Bill(desk.drop, invoice=f"unbilled-{currency}", currency=currency, is_estimate=True)
    bill.manifest = {"rootDirectory": "https://x.blob.core.windows.net/unbilledusage/v1/Fragment=full"}
    return bill.usage(*(OPEN | row for row in rows or ({},)))


def invoice(desk: Desk, **settings: Any) -> Bill:
    return Bill(desk.drop, **settings).usage({"BillingPreTaxTotal": "2"}).lines({"month": 1, "Subtotal": "2"})


def pair(desk: Desk) -> None:
    rows = [cost_files.USAGE | cost_files.PARTNER | {"InvoiceId": ""}]
    cost_files.pair(desk.drop, rows, rows)


def focus(desk: Desk, **values: str) -> None:
    azure_focus(desk.drop, [focus_row("5", BillingAccountId="/p/billingProfiles/X-Y", BillingCurrency="EUR", **values)])


def state(desk: Desk) -> list[tuple[str, str, str]]:
    return [(unit.unit, unit.status, unit.by) for unit in desk.azure().units]


def current(desk: Desk) -> list[tuple[str, bool]]:
    return [(row["unit"], row["is_final"]) for row in desk.ledger.current_slices("2026-10")]


def test_unbilled_exports_are_an_estimate(desk: Desk) -> None:
    bill = unbilled(desk, {}, {"BillingPreTaxTotal": "0.5"})
    bill.lines(OPEN | {"month": 1, "Subtotal": "9"}, OPEN | {"Subtotal": "3", "TaxTotal": "0.1"})
    assert desk.azure().refusals == ()
    assert current(desk) == [("unbilled EUR", False)]
    assert desk.charges("ChargeCategory, BilledCost, InvoiceId", "true") == [
        ("Usage", Decimal(1), None), ("Usage", Decimal("0.5"), None),
        ("Purchase", Decimal(3), None), ("Tax", Decimal("0.1"), None),
    ]  # fmt: skip


def test_an_estimate_never_becomes_final_by_naming_an_invoice(desk: Desk) -> None:
    unbilled(desk, {"InvoiceNumber": "G7"})
    desk.azure()
    assert current(desk) == [("unbilled EUR", False)]
    ((invoice_id, repairs),) = desk.charges("InvoiceId, x_Repairs")
    assert invoice_id is None
    assert '"InvoiceId":{"was":"G7","why":"an estimate is of no invoice"}' in repairs


def test_usage_lines_of_an_estimate_need_their_days(desk: Desk) -> None:
    bill = Bill(desk.drop, invoice="unbilled-EUR", is_estimate=True)
    bill.lines(OPEN | {"month": 1})
    (problem,) = desk.azure().refusals
    assert "lines of usage, but no daily usage" in problem.what


@pytest.mark.parametrize("invoice_first", [True, False])
def test_the_invoice_retires_the_estimate_of_its_month_and_currency(desk: Desk, invoice_first: bool) -> None:
    """Whatever comes first, the outcome is the same; the estimate of another currency stays."""
    steps: list[Callable[[Desk], Any]] = [unbilled, invoice]
    for step in reversed(steps) if invoice_first else steps:
        step(desk)
        desk.azure()
    unbilled(desk, {"BillingCurrency": "USD"}, currency="USD")
    assert ("unbilled EUR", *ESTIMATE) in state(desk)
    assert current(desk) == [("G016907411", True), ("unbilled USD", False)]


def test_a_credit_note_and_a_refused_invoice_retire_nothing(desk: Desk) -> None:
    unbilled(desk)
    note = Bill(desk.drop, invoice="G02", record={"documentType": "adjustment_note"})
    note.lines({"InvoiceNumber": "G02", "Subtotal": "-1"})
    invoice(desk, record={"totalCharges": "77"})
    report = desk.azure()
    assert len(report.refusals) == 1
    assert current(desk) == [("G02", True), ("unbilled EUR", False)]


def test_a_partners_pair_gives_way_to_the_invoice(desk: Desk) -> None:
    pair(desk)
    unbilled(desk)
    assert state(desk) == [
        ("ABCD-EFGH-BG7-PGB", "new", ""),
        ("unbilled EUR", "retired", "actual and amortized of ABCD-EFGH-BG7-PGB"),
    ]  # fmt: skip
    invoice(desk)
    by = "usage and reconciliation of G016907411"
    assert state(desk) == [
        ("G016907411", "new", ""), ("ABCD-EFGH-BG7-PGB", "retired", by), ("unbilled EUR", "retired", by),
    ]  # fmt: skip
    assert current(desk) == [("G016907411", True)]


@pytest.mark.parametrize("values", [{"InvoiceId": "G016907411"}, {"x_InvoiceIssuerId": PARTNER.upper()}])
def test_a_focus_export_gives_way_to_the_invoice(desk: Desk, values: dict[str, str]) -> None:
    focus(desk, **values)
    desk.azure()
    invoice(desk)
    assert state(desk)[1] == ("/p/billingProfiles/X-Y", *ESTIMATE)
    assert current(desk) == [("G016907411", True)]


def test_a_focus_export_gives_way_to_the_pair_of_its_account(desk: Desk) -> None:
    focus(desk)
    rows = [cost_files.USAGE | {"BillingProfileId": "x-y", "BillingCurrency": "EUR"}]
    cost_files.pair(desk.drop, rows, rows)
    by = "actual and amortized of x-y"
    assert state(desk) == [("x-y", "new", ""), ("/p/billingProfiles/X-Y", "retired", by)]


def test_exports_of_other_accounts_stand_beside_the_invoice(desk: Desk) -> None:
    focus(desk)
    invoice(desk)
    assert {status for _, status, _ in state(desk)} == {"new"}
