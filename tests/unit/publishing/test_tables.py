from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.progress import silent
from pipelines.publishing import publish
from tests.unit.publishing.month import EDGES, PERIOD, Month, allow, make_month, rows


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    found = make_month(tmp_path_factory.mktemp("month"))
    allow(found)
    publish(found.lake, found.ledger, PERIOD, silent)
    return found


def test_an_invoice_detail_is_an_open_preview_dated_by_its_period(month: Month) -> None:
    for row in rows(month.bundle("res", "cust") / "invoice_detail.parquet"):
        assert row["InvoiceIssueStatus"] == "Open"
        assert row["PaymentDueDate"] is None
        assert row["InvoiceIssueDate"] is None
        assert row["ReferenceInvoiceId"] == row["InvoiceId"]
        for name in ("InvoiceDetailCreated", "InvoiceDetailLastUpdated", "BillingPeriodEnd"):
            assert row[name] == datetime(2026, 11, 1)
        assert row["BillingPeriodStart"] == datetime(2026, 10, 1)
        assert (row["PaymentTerms"], row["InvoiceIssuerName"], row["BillingAccountId"]) == (
            "Net 30",
            "Name of res",
            "cust",
        )


def test_the_grain_names_what_the_line_is_about_and_no_provider_invoice(month: Month) -> None:
    row = rows(month.bundle("res", "cust") / "invoice_detail.parquet")[0]
    assert json.loads(str(row["InvoiceDetailGrain"])) == {
        "x_TenantId": "cust",
        "x_Provider": "p",
        "SubAccountId": "sub-cust-0",
        "ServiceName": "service 0",
        "SkuId": "sku",
        "x_PricingUnit": "Hours",
        "x_ChargeCategory": "Usage",
        "x_ChargeClass": None,
        "x_CustomLineId": None,
    }


def test_a_custom_line_is_its_own_line_with_its_description(month: Month) -> None:
    found = rows(month.bundle("op", "direct") / "invoice_detail.parquet", "from t where x_CustomLineId is not null")
    assert [(row["InvoiceDetailDescription"], row["x_CustomLineId"], row["x_Provider"]) for row in found] == [
        ("Support, 7.5 percent", "support", None)
    ]
    with (month.bundle("op", "direct") / "invoice_detail.csv").open(encoding="utf-8", newline="") as stream:
        listed = [row for row in csv.DictReader(stream) if row["x_CustomLineId"]]
    assert [(row["InvoiceDetailDescription"], row["BilledCost"]) for row in listed] == [
        ("Support, 7.5 percent", "12.3500")
    ]
    others = [rows(month.bundle(*edge) / "invoice_detail.parquet") for edge in EDGES if edge != ("op", "direct")]
    assert [row for file in others for row in file if row["x_CustomLineId"]] == []


def test_lines_add_up_to_the_invoice_on_every_edge(month: Month) -> None:
    invoices = {
        (row["SellerTenantId"], row["BuyerTenantId"]): row["BilledCost"]
        for row in rows(month.build / "marts_invoices.parquet")
    }
    for edge in EDGES:
        found = rows(month.bundle(*edge) / "invoice_detail.parquet", "select sum(BilledCost) as total from t")
        assert found[0]["total"] == invoices[edge]


def test_the_csv_says_the_same_in_plain_decimals_and_iso_times(month: Month) -> None:
    bundle = month.bundle("op", "res")
    with (bundle / "invoice_detail.csv").open(newline="", encoding="utf-8") as stream:
        read = list(csv.DictReader(stream))
    found = rows(bundle / "invoice_detail.parquet")
    assert len(read) == len(found)
    for text, row in zip(read, found, strict=True):
        assert text["BilledCost"] == f"{row['BilledCost']:f}"
        assert text["x_ListCost"] == f"{row['x_ListCost']:f}"
        assert text["BillingPeriodEnd"] == "2026-11-01T00:00:00Z"
        assert text["InvoiceDetailGrain"] == row["InvoiceDetailGrain"]
        assert text["PaymentDueDate"] == ""
    assert not any("e" in text["x_EffectiveCost"].lower() for text in read)


def test_cost_centres_add_up_to_their_lines_and_only_customers_that_have_them_get_them(month: Month) -> None:
    bundle = month.bundle("res", "cust")
    query = (
        "select InvoiceDetailId, cast(sum(BilledCost) as decimal(18, 4)) as BilledCost from t group by all order by 1"
    )
    assert rows(bundle / "cost_centres.parquet", query) == rows(bundle / "invoice_detail.parquet", query)
    found = rows(bundle / "cost_centres.parquet")
    assert [row["CostCentreId"] for row in found] == ["blue", "red"] * (len(found) // 2)
    with (bundle / "cost_centres.csv").open(newline="", encoding="utf-8") as stream:
        read = list(csv.DictReader(stream))
    assert [{**row, "BilledCost": f"{row['BilledCost']:f}"} for row in found] == read
    assert not list(month.bundle("op", "res").glob("cost_centres.*"))


def test_daily_costs_hold_the_edge_only(month: Month) -> None:
    found = rows(
        month.bundle("op", "direct") / "daily_costs.parquet", "select distinct TenantId, BillingCurrency from t"
    )
    assert found == [{"TenantId": "direct", "BillingCurrency": "EUR"}]


def test_an_edge_without_days_has_an_empty_file(tmp_path: Path) -> None:
    month = make_month(tmp_path, "delete from marts_daily_costs where SellerTenantId = 'res';")
    allow(month)
    publish(month.lake, month.ledger, PERIOD, silent)
    assert rows(month.bundle("res", "cust") / "daily_costs.parquet") == []
    assert len(rows(month.bundle("op", "res") / "daily_costs.parquet")) > 0


def test_the_operator_sees_its_marts_whole(month: Month) -> None:
    bundle = month.published / "operator" / "version=1"
    for file, mart in {
        "proof": "reconciliation",
        "margin": "margin",
        "invoices": "invoices",
        "coverage": "coverage",
    }.items():
        query = "select * from t order by all"
        assert rows(bundle / f"{file}.parquet", query) == rows(month.build / f"marts_{mart}.parquet", query)
