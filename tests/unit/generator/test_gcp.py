from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from tests.unit.generator.conftest import Month

COLUMNS = """payer_billing_account_id billing_account_id invoice cost_type service sku usage_start_time usage_end_time
project labels system_labels location cost currency currency_conversion_rate usage credits adjustmentsInfo export_time
tags cost_at_list cost_at_effective_price_default consumption_model transaction_type seller_name price resource
subscription entitlement_name channel_partner_name channel_partner_cost customer_name customer_cost
customer_repricing_config_name channel_partner_repricing_config_name customer_correlation_id""".split()


def test_rows_have_the_columns_of_the_rebilling_export(month: Month) -> None:
    row = month.gcp()[0]
    assert list(row) == COLUMNS
    assert isinstance(row["cost"], Decimal)
    assert set(row["credits"][0]) == {
        "id", "full_name", "type", "name", "amount", "channel_partner_amount", "customer_amount",
    }  # fmt: skip


def test_control_totals_tie_and_are_whole_cents(month: Month) -> None:
    net = tax = Decimal(0)
    for row in month.gcp():
        if row["cost_type"] == "tax":
            tax += row["cost"]
        else:
            net += row["cost"] + sum(credit["amount"] for credit in row["credits"])
    (invoice,) = month.invoices("gcp")
    assert (Decimal(invoice["net"]), Decimal(invoice["tax"])) == (net, tax)
    assert net == round(net, 2)


def test_everything_that_happens_in_a_month_happens(month: Month) -> None:
    rows = month.gcp()
    kinds = {credit["type"] for row in rows for credit in row["credits"]}
    assert kinds == {
        "RESELLER_MARGIN", "COMMITTED_USAGE_DISCOUNT", "SUSTAINED_USAGE_DISCOUNT", "PROMOTION", "FREE_TIER",
        "FEE_UTILIZATION_OFFSET",
    }  # fmt: skip
    assert {row["cost_type"] for row in rows} == {"regular", "tax", "adjustment", "rounding_error"}
    assert any(row["sku"]["description"].startswith("Commitment") for row in rows)
    assert any(row["transaction_type"] == "THIRD_PARTY_RESELLER" and row["seller_name"] for row in rows)
    assert any(row["cost"] < 0 for row in rows if row["cost_type"] == "regular")
    assert any(row["cost"] < row["cost_at_list"] for row in rows if row["cost_type"] == "regular")
    assert any(row["adjustmentsInfo"] for row in rows)
    assert any(row["labels"] for row in rows)
    assert any(row["channel_partner_name"] for row in rows)
    assert len({row["sku"]["id"] for row in rows}) >= 40


def test_customer_cost_is_stated_on_regular_rows_only(month: Month) -> None:
    for row in month.gcp():
        assert (row["customer_cost"] is None) == (row["cost_type"] != "regular")
        margin = [credit for credit in row["credits"] if credit["type"] == "RESELLER_MARGIN"]
        assert all(credit["customer_amount"] == credit["channel_partner_amount"] == 0 for credit in margin)


def test_the_invoice_month_is_not_the_month_of_usage(month: Month) -> None:
    rows = month.gcp()
    assert {row["invoice"]["month"] for row in rows} == {"202610"}
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    regular = [row for row in rows if row["cost_type"] == "regular"]
    assert any(row["usage_start_time"] < start for row in regular)
    assert any(row["usage_end_time"] > end for row in regular)
    assert {row["usage_start_time"].hour for row in regular} == {7}


def test_the_parent_account_has_rows_of_its_own(month: Month) -> None:
    own = [row for row in month.gcp() if row["billing_account_id"] == row["payer_billing_account_id"]]
    assert {row["cost_type"] for row in own} == {"tax", "rounding_error"}
    assert {row["project"] for row in own} == {None}


def test_the_newer_commitments_are_offset_by_what_was_used_of_them(month: Month) -> None:
    used, fees, offsets = Decimal(0), Decimal(0), Decimal(0)
    for row in month.gcp():
        if row["consumption_model"]["description"] != "Default":
            assert row["cost"] != row["cost_at_list"]
            used += row["cost"]
        elif "dollar based" in row["sku"]["description"]:
            fees += row["cost"]
            offsets += sum(credit["amount"] for credit in row["credits"])
    assert used > 0
    assert used == -offsets < fees
