"""Traps of no single room, through the whole engine; docs/traps.md tells each in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.errors import EXIT_REFUSED
from pipelines.ledger import SLICES
from pipelines.money import Decimal
from tests.integration.desk import published
from tests.traps.conftest import INVOICE, Month, deliver, vendor_rows

pytestmark = pytest.mark.slow


def test_trap_02_an_estimate_is_said_to_be_one_and_no_bill_is_final(month: Month) -> None:
    """AWS has numbered no invoice; the vendor has. Whatever is published is an open preview."""
    finals = {row["provider"]: row["is_final"] for row in month.desk.ledger(SLICES)["slices"]}
    assert finals == {"acme": True, "aws": False}
    assert month.report.verdict is not None
    said = {check.name: str(check) for check in month.report.verdict.warnings}
    assert "estimates_present" in said
    states = {
        value
        for path in (month.desk.lake / "published").rglob("invoice_detail.parquet")
        for value in pq.read_table(path, partitioning=None)["InvoiceIssueStatus"].to_pylist()
    }
    assert states == {"Open"}


def test_trap_08_a_buyer_pays_at_the_dated_rate_not_at_a_rows_own(month: Month) -> None:
    """5 USD at 1.1 USD per EUR. The vendor's 3.3 is what its own conversion was; it stays on the row."""
    lines = month.mart("marts_invoice_lines", "BuyerTenantId, x_Provider, BillingCurrency, BilledCost")
    assert ("euro", "aws", "EUR", Decimal("4.55")) in lines
    assert {currency for buyer, _, currency, _ in lines if buyer == "euro"} == {"EUR"}


def test_trap_09_a_line_is_rounded_once(month: Month) -> None:
    """Three times 0.333333 USD is 0.909090 EUR: 0.91. Rounded row by row it would be 0.90."""
    lines = month.mart("marts_invoice_lines", "BuyerTenantId, x_Provider, BilledCost")
    assert [line for line in lines if line[:2] == ("euro", "acme")] == [("euro", "acme", Decimal("0.91"))]


def test_trap_11_a_return_reduces_the_bill(month: Month) -> None:
    """The row of -50 list is priced by the rule of any other, and its negative quantity reaches the buyer."""
    detail = pq.read_table(month.bundle("south", "mover") / "cost_and_usage.parquet", partitioning=None)
    rows = zip(detail["PricingQuantity"].to_pylist(), detail["BilledCost"].to_pylist(), strict=True)
    assert (Decimal("-0.5"), Decimal(-40)) in set(rows)


def test_trap_16_identical_rows_are_billed_each(month: Month) -> None:
    """Two rows alike in every value are two charges: 80 + 80 - 40."""
    bills = month.mart("marts_invoices", "SellerTenantId, BuyerTenantId, BilledCost")
    assert ("south", "mover", Decimal(120)) in bills
    assert ("op", "south", Decimal("112.5")) in bills


def test_trap_27_who_moves_is_billed_by_both_to_the_day(month: Month) -> None:
    bills = month.mart("marts_invoices", "SellerTenantId, BuyerTenantId, BilledCost")
    assert ("north", "mover", Decimal(90)) in bills
    assert ("op", "north", Decimal(75)) in bills
    days = pq.read_table(month.bundle("north", "mover") / "cost_and_usage.parquet", partitioning=None)
    assert {str(day)[:10] for day in days["ChargePeriodStart"].to_pylist()} == {"2026-10-05"}


def numbers_and_texts(folder: Path) -> Iterator[Any]:
    """Every value of a bundle's tables, their statistics included, and every word of its other files."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            table, footer = pq.read_table(path, partitioning=None), pq.read_metadata(path)
            for name in table.column_names:
                yield from table[name].to_pylist()
            for group in range(footer.num_row_groups):
                for column in range(footer.num_columns):
                    found = footer.row_group(group).column(column).statistics
                    if found is not None and found.has_min_max:
                        yield from (found.min, found.max)
        elif path.is_file():
            yield path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("seller", "secrets"), [("north", (60, 75)), ("south", (60, 75, -30, 90, Decimal("-37.5")))])
def test_trap_23_a_buyer_sees_no_price_above_its_own(month: Month, seller: str, secrets: tuple[Any, ...]) -> None:
    values = list(numbers_and_texts(month.bundle(seller, "mover")))
    amounts = {value for value in values if isinstance(value, Decimal)}
    assert amounts
    assert not amounts & {Decimal(secret) for secret in secrets}
    texts = [value for value in values if isinstance(value, str)]
    assert any("mover" in text for text in texts)
    for word in (INVOICE, "ACCOUNT-1", "wholesale", "c-north", "c-south"):
        assert not [text for text in texts if word in text], word


@pytest.fixture(scope="module")
def restated(month: Month) -> tuple[Month, dict[str, str]]:
    """The vendor corrects its month and its invoice; beside it what was published before."""
    before = published(month.desk.lake)
    deliver(month.desk, vendor_rows(first="61"), "151.999999", folder="4")
    rows = vendor_rows(first="61")
    rows[0]["ListCost"] = rows[0]["ContractedCost"] = "110"
    deliver(month.desk, rows, "151.999999", folder="5")
    return Month(month.desk, month.desk.run()), before


def test_trap_01_a_restatement_is_a_new_version_and_no_old_byte_changes(
    restated: tuple[Month, dict[str, str]],
) -> None:
    month, before = restated
    assert month.report.exit_code == 0, month.report.problems
    bills = month.mart("marts_invoices", "SellerTenantId, BuyerTenantId, BilledCost")
    assert ("north", "mover", Decimal(99)) in bills
    assert ("south", "mover", Decimal(120)) in bills
    after = published(month.desk.lake)
    kept = {name: digest for name, digest in before.items() if "/version=" in name and "/status/" not in name}
    assert kept
    assert kept.items() <= after.items()
    assert month.bundle("north", "mover", version=2).is_dir()
    assert not month.bundle("south", "mover", version=2).exists()


def test_trap_29_an_invoice_that_is_a_cent_off_publishes_nothing(restated: tuple[Month, dict[str, str]]) -> None:
    month, _ = restated
    before = month.desk.bills()
    rows = vendor_rows(first="61")
    rows[0]["ListCost"] = rows[0]["ContractedCost"] = "120"
    deliver(month.desk, rows, "152.009999", folder="6")
    report = month.desk.run()
    assert report.exit_code == EXIT_REFUSED
    assert "provider invoice net = raw" in "\n".join(map(str, report.problems))
    assert month.desk.bills() == before
