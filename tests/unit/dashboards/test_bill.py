"""A bill is its own bundle's lines."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from dashboards.bill import SEARCHED, Bill
from dashboards.data import Filter, Reader
from pipelines.money import ZERO
from tests.e2e.published_tree import CUSTOMERS, OPERATOR, slug


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


def test_a_line_of_the_contract_s_own_says_what_it_is(reader: Reader) -> None:
    bundle = reader.bill("2026-10", OPERATOR, slug(CUSTOMERS[4]))
    assert bundle is not None
    found = Bill(reader, bundle).lines(Filter({}, "premium support", SEARCHED), 10)
    assert [(row["Label"], row["x_Provider"]) for row in found] == [("Premium support, 10 percent", None)]


def test_cost_centres_add_up_to_the_invoice(reader: Reader, bill: Bill) -> None:
    bundle = reader.bill("2026-10", "kestrel", "cedar-labs")
    assert bundle is not None
    divided = Bill(reader, bundle)
    invoice = divided.invoices()[0]
    found = divided.cost_centres(invoice["InvoiceId"])
    assert [row["CostCentreId"] for row in found] == ["laboratory", "research"]
    total = divided.cost_centre_total(invoice["InvoiceId"])
    assert total == {"BillingCurrency": "GBP", "BilledCost": invoice["BilledCost"]}
    assert sum((row["BilledCost"] for row in found), ZERO) == invoice["BilledCost"]
    assert bill.cost_centres(bill.invoices()[0]["InvoiceId"]) == []


def test_days_add_up_to_the_published_days(bill: Bill) -> None:
    table = pq.read_table(bill.bundle.file("daily_costs.parquet"))
    expected = sum(table["ExactCost"].to_pylist(), ZERO)
    assert sum((row["Cost"] for row in bill.daily("EUR")), ZERO) == expected
    assert bill.daily("JPY") == []
