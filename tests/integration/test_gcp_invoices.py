"""Google's invoice of a parent account and month against the control file: to zero, or nothing is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines import run
from pipelines.engine import RunReport
from pipelines.lake import connect
from tests.integration.small import write_config
from tests.unit.providers import drops
from tests.unit.providers.drops import PARENT
from tests.unit.providers.gcp import exports
from tests.unit.providers.gcp.test_golden import FOLDER

PERIOD = "2026-10"
# What the rows of golden/rebilling.given.csv add up to: cost and credits without tax, the tax row.
NET, TAX = "117.796999999", "57.000001"
DOLLARS = {"currency": "USD", "currency_conversion_rate": "1", "credits": "[]"}


def month(tmp_path: Path, *invoices: tuple[str, str, str, str]) -> RunReport:
    """The golden rebilling rows in euros, two in dollars, and control invoices of (id, currency, net, tax)."""
    rows = exports.rows_of(FOLDER / "rebilling.given.csv")
    exports.deliver(tmp_path / "drop", "rebilling", [*rows, rows[0] | DOLLARS, rows[5] | DOLLARS])
    controls = [
        (name, PARENT, "Google", PERIOD, currency, net, tax, str(drops.Decimal(net) + drops.Decimal(tax)))
        for name, currency, net, tax in invoices
    ]
    drops.control(tmp_path / "drop", "gcp", *controls)
    write_config(tmp_path / "config", {"one": "half_up"}, [("gcp", "customer", "01D4EE-079462-DFD6EC", "one")])
    return run(PERIOD, lake=tmp_path / "lake", config=tmp_path / "config", deliveries=tmp_path / "drop")


def checks(report: RunReport) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(check, currency) -> expected, actual, tied, and what was said."""
    assert report.build is not None
    with connect() as con:
        rows = con.execute(
            "select CheckName, Currency, Expected, Actual, IsTied, Scope from read_parquet("
            f"'{report.build.directory / 'marts_reconciliation.parquet'}') where CheckName like 'provider invoice%'"
        ).fetchall()
    return {(row[0], row[1]): tuple(row[2:]) for row in rows}


def test_trap_29_every_currency_of_a_parents_month_ties_to_its_invoices(tmp_path: Path) -> None:
    """Rounding and tax rows included; two invoices of one currency are the month's together."""
    split = (("I-1", "EUR", "100", TAX), ("I-2", "EUR", str(drops.Decimal(NET) - 100), "0"), ("I-3", "USD", "0.4", TAX))
    report = month(tmp_path, *split)
    assert report.exit_code == 0, report.problems
    found = checks(report)
    assert {key: row[0] for key, row in found.items()} == {
        ("provider invoice net = raw", "EUR"): drops.Decimal(NET),
        ("provider invoice tax = raw", "EUR"): drops.Decimal(TAX),
        ("provider invoice net = raw", "USD"): drops.Decimal("0.4"),
        ("provider invoice tax = raw", "USD"): drops.Decimal(TAX),
    }
    assert all(tied for _, _, tied, _ in found.values())
    assert found["provider invoice net = raw", "EUR"][3] == f"gcp / {PARENT} / I-1 + 1"
    assert report.verdict is not None
    assert report.verdict.warnings == ()


@pytest.mark.parametrize(("net", "tax"), [(NET, "57"), ("117.797", TAX)])
def test_trap_29_a_difference_is_shown_and_nothing_is_published(tmp_path: Path, net: str, tax: str) -> None:
    report = month(tmp_path, ("I-1", "EUR", net, tax), ("I-3", "USD", "0.4", TAX))
    assert report.exit_code == 4
    assert "provider invoice" in "\n".join(map(str, report.problems))
    assert [key[1] for key, row in checks(report).items() if not row[2]] == ["EUR"]


def test_trap_02_a_currency_without_its_invoice_keeps_the_month_an_estimate(tmp_path: Path) -> None:
    report = month(tmp_path, ("I-1", "EUR", NET, TAX))
    assert report.exit_code == 0, report.problems
    assert report.verdict is not None
    assert "estimates_present" in {check.name for check in report.verdict.warnings}
