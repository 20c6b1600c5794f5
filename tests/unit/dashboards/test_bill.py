"""A bill is its own bundle's lines."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from dashboards.bill import SEARCHED, Bill
from dashboards.data import Filter, Reader
from pipelines.money import ZERO


@pytest.fixture
def bill(reader: Reader) -> Bill:
    bundle = reader.bill("2026-10", "meridian", "halden")
    assert bundle is not None
    return Bill(reader, bundle)


def test_every_total_is_the_operators_figure(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    seen = 0
    for row in pq.read_table(bundle.file("invoices.parquet")).to_pylist():
        found = reader.bill("2026-10", row["SellerTenantId"], row["BuyerTenantId"])
        assert (found is None) == row["IsHeld"]
        if found is not None:
            invoice = Bill(reader, found).invoices()[0]
            assert (invoice["InvoiceId"], invoice["BilledCost"]) == (row["InvoiceId"], row["BilledCost"])
            seen += 1
    assert seen == reader.bundle_count("2026-10") == 28


def test_pages_of_lines_are_all_lines_once(bill: Bill) -> None:
    count = bill.total(Filter())["LineCount"]
    pages = [row["InvoiceDetailId"] for start in range(0, count, 7) for row in bill.lines(Filter(), 7, start)]
    table = pq.read_table(bill.bundle.file("invoice_detail.parquet"))
    assert sorted(pages) == sorted(table["InvoiceDetailId"].to_pylist())


def test_filters_narrow_and_add_up(bill: Bill) -> None:
    parts = [bill.total(Filter({"x_Provider": name})) for name in bill.choices("x_Provider", Filter())]
    assert sum((part["BilledCost"] for part in parts), ZERO) == bill.total(Filter())["BilledCost"]
    searched = bill.lines(Filter({}, "BIGQUERY", SEARCHED), 100)
    assert searched
    assert {row["x_ServiceName"] for row in searched} == {"BigQuery"}


def test_days_add_up_to_the_published_days(bill: Bill) -> None:
    table = pq.read_table(bill.bundle.file("daily_costs.parquet"))
    expected = sum(table["ExactCost"].to_pylist(), ZERO)
    assert sum((row["Cost"] for row in bill.daily("EUR")), ZERO) == expected
    assert bill.daily("JPY") == []
