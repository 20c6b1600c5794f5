"""Google exports become FOCUS charges: both tables in one shape, credits as rows of their own."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import PARENT, gcp_row

MARGIN = {"type": "RESELLER_MARGIN", "name": "Partner margin", "amount": -0.25}
CUD = {"type": "COMMITTED_USAGE_DISCOUNT", "id": "cud-1", "name": "1 year", "amount": -0.5}
MONEY = "BilledCost, ListCost, ContractedCost, EffectiveCost, x_PartnerBenefitAmount, x_PartnerBenefitKind"


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def test_credits_become_rows_and_the_margin_a_benefit(desk: Desk) -> None:
    drops.gcp(desk.drop, [gcp_row(2.0, [MARGIN, CUD], cost_at_list=2.5)])
    assert desk.ingest().refusals == ()
    usage, margin, cud = desk.charges(f"{MONEY}, ChargeCategory, x_LineType, x_SourcePart, CommitmentDiscountType")
    assert usage == (*amounts("1.5", "1.875", "1.5", "1.5", "0"), None, "Usage", "regular", 0, None)
    assert margin == (
        *amounts("-0.25", "0", "0", "-0.25", "0.25"),
        "RESELLER_MARGIN",
        "Credit",
        "RESELLER_MARGIN",
        1,
        None,
    )
    assert cud[:6] == (*amounts("0", "0.625", "0.5", "0", "0"), None)
    assert cud[6:] == ("Usage", "COMMITTED_USAGE_DISCOUNT", 2, "CUD")
    assert desk.charges("CommitmentDiscountId", "x_SourcePart = 2") == [("cud-1",)]


@pytest.mark.parametrize(
    ("row", "category", "charge_class"),
    [
        (gcp_row(cost_type="tax"), "Tax", None),
        (gcp_row(cost_type="adjustment"), "Adjustment", "Correction"),
        (gcp_row(cost_type="rounding_error"), "Adjustment", None),
        (gcp_row(sku={"id": "F", "description": "Commitment v1: Cpu in Frankfurt for 1 Year"}), "Purchase", None),
        (
            gcp_row(
                sku={"id": "F", "description": "Spend based fee"},
                given=[{"type": "FEE_UTILIZATION_OFFSET", "amount": -1.0}],
            ),
            "Purchase",
            None,
        ),
        (gcp_row(sku={"id": "U", "description": "N2 core"}), "Usage", None),
    ],
)
def test_kinds_of_row(desk: Desk, row: dict[str, object], category: str, charge_class: str | None) -> None:
    drops.gcp(desk.drop, [row])
    assert desk.ingest().refusals == ()
    assert desk.charges("ChargeCategory, ChargeClass", "x_SourcePart = 0") == [(category, charge_class)]


@pytest.mark.parametrize(
    "kind",
    [
        "RESELLER_MARGIN",
        "FEE_UTILIZATION_OFFSET",
        "SUSTAINED_USAGE_DISCOUNT",
        "DISCOUNT",
        "PROMOTION",
        "FREE_TIER",
        "SUBSCRIPTION_BENEFIT",
        "CREDIT_TYPE_UNSPECIFIED",
        "SPENDING_BASED_DISCOUNT",
    ],
)
def test_every_type_of_credit_is_booked_under_its_own_name(desk: Desk, kind: str) -> None:
    drops.gcp(desk.drop, [gcp_row(1.0, [{"type": kind, "amount": -0.1}], cost_type="adjustment")])
    assert desk.ingest().refusals == ()
    assert desk.charges("BilledCost, ChargeCategory, x_LineType", "x_SourcePart = 1") == [
        (Decimal("-0.1"), "Credit", kind)
    ]


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("RESELLER_MARGIN", None),
        ("COMMITTED_USAGE_DISCOUNT", "committed_use"),
        ("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "committed_use"),
        ("FEE_UTILIZATION_OFFSET", "committed_use"),
        ("SUSTAINED_USAGE_DISCOUNT", "sustained_use"),
        ("SPENDING_BASED_DISCOUNT", "volume"),
        ("PROMOTION", "promotional"),
        ("FREE_TIER", "free_tier"),
        ("DISCOUNT", "other"),
    ],
)
def test_every_type_of_credit_has_a_kind(desk: Desk, kind: str, meaning: str | None) -> None:
    drops.gcp(desk.drop, [gcp_row(1.0, [{"type": kind, "amount": -0.1}], cost_type="adjustment")])
    assert desk.ingest().refusals == ()
    assert desk.charges("x_CreditKind, x_InvoiceType") == [(None, None), (meaning, None)]


@pytest.mark.parametrize(
    ("currency", "rate", "expected"),
    [
        ("EUR", 0.9153, ("USD", Decimal("0.9153"), Decimal("10.92537965694"), None)),  # 10 x R12(1 / 0.9153)
        ("USD", 1.0, ("USD", Decimal(1), Decimal(10), Decimal(2))),
        ("EUR", None, ("EUR", None, Decimal(10), Decimal(2))),
        ("EUR", 0.0, ("EUR", None, Decimal(10), Decimal(2))),
    ],
)
def test_a_stated_conversion_rate_makes_the_dollar_the_pricing_currency(
    desk: Desk, currency: str, rate: float | None, expected: tuple[object, ...]
) -> None:
    price = {"list_price": 2.0, "effective_price": 2.0, "tier_start_amount": 0.0, "unit": "h"}
    row = gcp_row(10.0, currency=currency, currency_conversion_rate=rate, price=price)
    row["usage"] = {**row.get("usage", {}), "amount_in_pricing_units": 5.0, "pricing_unit": "hour"}
    drops.gcp(desk.drop, [row])
    assert desk.ingest().refusals == ()
    columns = "PricingCurrency, x_ExchangeRate, PricingCurrencyEffectiveCost, PricingCurrencyListUnitPrice"
    assert desk.charges(columns) == [expected]


def test_a_negated_row_of_an_earlier_month_is_a_correction(desk: Desk) -> None:
    row = gcp_row(
        -1.0,
        adjustment_info={"id": "a1", "type": "USAGE_CORRECTION", "mode": "COMPLETE_NEGATION", "description": "fixed"},
    )
    earlier = row | {"usage_start_time": row["usage_start_time"].replace(month=9)}
    drops.gcp(desk.drop, [row, earlier])
    desk.ingest()
    assert desk.charges("ChargeClass, ChargeDescription") == [(None, "fixed"), ("Correction", "fixed")]


def test_the_parents_own_rows_have_no_customer(desk: Desk) -> None:
    drops.gcp(desk.drop, [gcp_row(), gcp_row(billing_account_id=PARENT, project=None, cost_type="rounding_error")])
    assert desk.ingest().refusals == ()
    assert desk.charges("BillingAccountId, x_ProviderCustomerId, SubAccountId") == [
        (PARENT, "SUB001", "p1"),
        (PARENT, None, None),
    ]


def test_labels_of_all_sources_become_tags(desk: Desk) -> None:
    drops.gcp(
        desk.drop,
        [
            gcp_row(tags=[{"key": "env", "value": "tagged"}, {"key": "tier", "value": "1"}]),
            gcp_row(labels=[], project={"id": "p", "name": "n", "labels": []}),
        ],
    )
    desk.ingest()
    assert desk.charges("Tags") == [('{"team":"web","tier":"1","env":"prod"}',), (None,)]


def test_both_tables_have_one_shape_and_rebilling_is_booked(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    rows = [gcp_row(2.0, [MARGIN])]
    drops.gcp(desk.drop, [row | {"payer_billing_account_id": PARENT, "customer_cost": 3.0} for row in rows])
    drops.gcp(desk.drop, [*rows, *rows], table="gcp_billing_export_resource_v1_0A0A0A")
    detailed = make_desk("detailed")
    drops.gcp(desk.drop / "only", rows, table="gcp_billing_export_resource_v1_0A0A0A")
    desk.ingest()
    detailed.ingest(desk.drop / "only")
    assert len(desk.charges("x_SourceRow")) == 2
    assert desk.records() == detailed.records()


def test_numeric_and_double_money_stay_exact(desk: Desk) -> None:
    numeric = pa.decimal128(38, 9)
    cost, credit = Decimal("12345678901.123456789"), Decimal("-98765432109.000000001")
    drops.gcp(desk.drop, [gcp_row(cost, [MARGIN | {"amount": credit}])], schema={"cost": numeric})
    assert desk.ingest().refusals == ()
    assert desk.charges("BilledCost") == [(cost,), (credit,)]
    drops.gcp(
        desk.drop,
        [gcp_row(value) for value in (12345.67, 1e-7, -0.0, 0.1 + 0.2)],
        export="e2",
        order="2026-11-06T00:00:00Z",
    )
    assert desk.ingest().refusals == ()
    assert [row[0] for row in desk.charges("BilledCost")] == list(amounts("12345.67", "0.0000001", "0", "0.3"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (gcp_row(cost_type="surprise"), "'surprise' has no booking rule"),
        (gcp_row(invoice={"month": "202609", "publisher_type": "GOOGLE"}), "invoice month 202609"),
    ],
)
def test_an_export_of_other_rows_is_refused(desk: Desk, row: dict[str, object], said: str) -> None:
    drops.gcp(desk.drop, [row])
    assert said in str(desk.ingest().refusals[0])


def test_a_month_is_final_when_its_invoice_is_known(desk: Desk) -> None:
    drops.gcp(desk.drop, [gcp_row()])
    desk.ingest()
    before = desk.ledger.current_slices("2026-10")[0]
    drops.control(desk.drop, "gcp", ["I1", PARENT, "Google", "2026-10", "EUR", "1", "0", "1"])
    desk.ingest()
    after = desk.ledger.current_slices("2026-10")[0]
    assert (before["is_final"], after["is_final"]) == (False, True)
    assert before["slice_id"] == after["slice_id"]
