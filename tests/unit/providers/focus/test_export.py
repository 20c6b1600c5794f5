"""FOCUS files of any provider: what is found, refused, kept, repaired and flagged."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.money import Decimal
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk
from tests.unit.providers.drops import focus_row

NOV = datetime(2026, 11, 1)


def repairs(desk: Desk, where: str = "true") -> dict[str, dict[str, str | None]]:
    """x_Repairs of the one charge that `where` leaves, without what every file of the tests needs."""
    ((text,),) = desk.charges("x_Repairs", where)
    usual = {"BillingAccountType", "ChargeFrequency", "HostProviderName", "InvoiceIssuerName", "PricingCurrency",
             "PricingCurrencyEffectiveCost", "ServiceProviderName", "ServiceSubcategory"}  # fmt: skip
    return {name: entry for name, entry in json.loads(text or "{}").items() if name not in usual}


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
def test_every_version_and_kind_of_file_is_read(desk: Desk, kind: str, version: str) -> None:
    rows = [focus_row("1.10"), focus_row("-0.000000000001", ChargeCategory="Credit")]
    drops.focus(desk.drop, rows, kind=kind, focusVersion=version)
    assert desk.ingest().refusals == ()
    assert desk.charges("x_Provider, BilledCost, ServiceProviderName") == [
        ("acme", Decimal("1.1"), "Acme"),
        ("acme", Decimal("-0.000000000001"), "Acme"),
    ]


def test_two_vendors_and_a_second_time(desk: Desk) -> None:
    drops.focus(desk.drop, [focus_row()], "oracle")
    drops.focus(desk.drop, [focus_row()], "snow-flake_2")
    first, second = desk.ingest(), desk.ingest()
    assert [(unit.provider, unit.status) for unit in first.units] == [("oracle", "new"), ("snow-flake_2", "new")]
    assert {unit.status for unit in second.units} == {"unchanged"}


def test_a_newer_version_replaces_and_a_shorter_one_blocks(desk: Desk) -> None:
    drops.focus(desk.drop, [focus_row(), focus_row()], folder="1")
    drops.focus(desk.drop, [focus_row(), focus_row("2")], folder="2")
    assert desk.ingest().units[0].status == "new"
    assert [row[0] for row in desk.charges("BilledCost")] == [Decimal(1), Decimal(2)]
    drops.focus(desk.drop, [focus_row()], folder="3")
    assert "has 1 rows, the earlier version" in desk.ingest().refusals[0].what


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vendor": "Oracle"}, "'Oracle' is no vendor id"),
        ({"vendor": "focus"}, "'focus' is no vendor id"),
        ({"vendor": "aws"}, "a delivery of aws in the drop of focus"),
        ({"billingAccountId": None}, "the manifest has no billingAccountId"),
        ({"focusVersion": "0.5"}, "FOCUS version '0.5' is not read"),
        ({"focusVersion": None}, "the manifest has no focusVersion"),
        ({"billingPeriod": "October"}, "October"),
        ({"created": "yesterday"}, "'yesterday' is not a date and time"),
        ({"files": []}, "the manifest names no files"),
        ({"files": ["../charges.csv"]}, "outside the delivery's folder"),
        ({"files": [{"name": "charges.csv", "rows": 2}]}, "the manifest promises 2"),
        ({"billingAccountId": "ANOTHER"}, "1 rows of billing account ACCOUNT-1 and month 2026-10"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(desk: Desk, changes: dict[str, Any], said: str) -> None:
    drops.focus(desk.drop, [focus_row()], **changes)
    (problem,) = desk.ingest().refusals
    assert said in problem.what
    assert problem.remedy


@pytest.mark.parametrize(
    "column",
    ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingAccountId", "BillingCurrency",
     "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory",
     "ServiceCategory", "ServiceName"],
)  # fmt: skip
def test_a_missing_required_column_is_refused_by_file_and_name(desk: Desk, column: str) -> None:
    drops.focus(desk.drop, [{name: value for name, value in focus_row().items() if name != column}])
    (problem,) = desk.ingest().refusals
    assert (problem.file, problem.column) == ("charges.csv", column)
    assert f"required column {column} is missing" in problem.what


def test_a_file_without_any_name_of_the_provider_is_refused(desk: Desk) -> None:
    drops.focus(desk.drop, [{name: value for name, value in focus_row().items() if name != "ProviderName"}])
    assert "ServiceProviderName (ProviderName until FOCUS 1.3) is missing" in desk.ingest().refusals[0].what


UNBILLABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"BilledCost": None}, "BilledCost", "has no BilledCost"),
    ({"BilledCost": "1,234.50"}, "BilledCost", "is not a number"),
    ({"ListUnitPrice": "n/a"}, "ListUnitPrice", "is not a number"),
    ({"ChargeCategory": "Rental"}, "ChargeCategory", "none of the words of FOCUS"),
    ({"CommitmentDiscountStatus": "Half"}, "CommitmentDiscountStatus", "none of the words of FOCUS"),
    ({"BillingCurrency": "US$"}, "BillingCurrency", "not a currency code"),
    ({"ChargePeriodStart": "31.10.2026"}, "ChargePeriodStart", "is not a date and time"),
    ({"ChargePeriodEnd": "2026-10-01T00:00:00Z"}, "ChargePeriodEnd", "ends before it starts"),
]


def test_values_that_cannot_be_billed_are_refused_by_line_and_column(desk: Desk) -> None:
    drops.focus(desk.drop, [focus_row(), *(focus_row(**values) for values, _, _ in UNBILLABLE)])
    found = {problem.line: problem for problem in desk.ingest().refusals}
    for line, (_, column, said) in enumerate(UNBILLABLE, start=2):
        assert (found[line].file, found[line].column) == ("charges.csv", column)
        assert said in found[line].what
    assert len(found) == len(UNBILLABLE)


def test_a_header_that_stands_twice_is_refused(desk: Desk) -> None:
    path = drops.focus(desk.drop, [focus_row()]).with_name("charges.csv")
    head, row = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{head},billedcost\n{row},7\n", encoding="utf-8")
    assert "column billedcost stands twice" in desk.ingest().refusals[0].what


def test_unknown_columns_are_kept_and_renamed_ones_recognised(desk: Desk) -> None:
    row = focus_row(x_Team="blue", Surprise="1.10", Empty=None)
    row["billed_cost"] = row.pop("BilledCost")
    row["Provider"] = row.pop("ProviderName")
    drops.focus(desk.drop, [row])
    assert desk.ingest().refusals == ()
    ((extras, billed),) = desk.charges("x_Extras, BilledCost")
    assert json.loads(extras) == {"x_Team": "blue", "Surprise": "1.10"}
    assert billed == Decimal(1)


def test_several_accounts_and_months_of_one_file_become_their_own_slices(desk: Desk) -> None:
    september = {
        "BillingPeriodStart": "2026-09-01T00:00:00Z",
        "BillingPeriodEnd": "2026-10-01T00:00:00Z",
        "BillingAccountId": "/billing/accounts/2:b",
    }
    rows = [focus_row("1"), focus_row("2", BillingAccountId="/billing/accounts/2:b"), focus_row("4", **september)]
    drops.focus(
        desk.drop, rows, billingAccountId=["ACCOUNT-1", "/billing/accounts/2:b"], billingPeriod=["2026-09", "2026-10"]
    )
    report = desk.ingest()
    assert report.refusals == ()
    assert [(unit.account, unit.rows) for unit in report.units] == [("/billing/accounts/2:b", 1), ("ACCOUNT-1", 1)]
    assert sorted(desk.charges("BillingAccountId, BilledCost")) == [
        ("/billing/accounts/2:b", Decimal(2)),
        ("ACCOUNT-1", Decimal(1)),
    ]


def test_ids_that_a_file_keeps_as_doubles_are_refused_unless_empty(desk: Desk) -> None:
    empty, full = focus_row(SkuId=float("nan")), focus_row(SkuId=1e19)
    drops.focus(desk.drop, [empty], kind="parquet", folder="1")
    assert desk.ingest().refusals == ()
    assert desk.charges("SkuId") == [(None,)]
    drops.focus(desk.drop, [empty, full], kind="parquet", folder="2")
    (problem,) = desk.ingest().refusals
    assert (problem.column, problem.line) == ("SkuId", 2)
    assert "floating-point" in problem.what


def test_ids_of_digits_stay_text_and_doubles_are_cast_by_their_digits(desk: Desk) -> None:
    rows = [focus_row(0.1 + 0.2, BillingAccountId="007", SkuId="12345678901234567890", SubAccountId="0042")]
    drops.focus(desk.drop, rows, kind="parquet", billingAccountId="007")
    assert desk.ingest().refusals == ()
    assert desk.charges("BillingAccountId, SkuId, SubAccountId, BilledCost") == [
        ("007", "12345678901234567890", "0042", Decimal("0.3"))
    ]


REPAIRS: list[tuple[dict[str, Any], str, object, tuple[str | None, str] | None]] = [
    ({"BillingPeriodEnd": "2026-10-31T00:00:00Z"}, "BillingPeriodEnd", NOV,
     ("2026-10-31T00:00:00Z", "inclusive end")),
    ({"BillingPeriodEnd": "2026-10-31"}, "BillingPeriodEnd", NOV, ("2026-10-31", "inclusive end; no zone: UTC")),
    ({"BillingPeriodEnd": "2026-11-01 00:00:00"}, "BillingPeriodEnd", NOV, ("2026-11-01 00:00:00", "no zone: UTC")),
    ({"BillingPeriodEnd": "11/1/26"}, "BillingPeriodEnd", NOV, ("11/1/26", "month/day/year, UTC")),
    ({"BillingPeriodEnd": "2026-11-01T02:00:00+02:00"}, "BillingPeriodEnd", NOV, None),
    ({"ChargePeriodEnd": "2026-10-02T23:59:59Z"}, "ChargePeriodEnd", datetime(2026, 10, 3),
     ("2026-10-02T23:59:59Z", "inclusive end")),
    ({"ChargePeriodEnd": "2026-10-02T00:00:00Z"}, "ChargePeriodEnd", datetime(2026, 10, 3),
     ("2026-10-02T00:00:00Z", "inclusive end")),
    ({"ChargeCategory": "usage"}, "ChargeCategory", "Usage", ("usage", "spelling")),
    ({"ChargeFrequency": "Usage-based"}, "ChargeFrequency", "Usage-Based", ("Usage-based", "spelling")),
    ({"ChargeClass": "regular"}, "ChargeClass", None, ("regular", "no word of FOCUS: none")),
    ({"PricingCategory": "ON_DEMAND"}, "PricingCategory", "Other", ("ON_DEMAND", "no word of FOCUS: Other")),
    ({"ServiceCategory": "ai and machine learning"}, "ServiceCategory", "AI and Machine Learning",
     ("ai and machine learning", "spelling")),
    ({"ServiceCategory": "Observability"}, "ServiceCategory", "Other", ("Observability", "no word of FOCUS: Other")),
    ({"ServiceCategory": "Misc", "ServiceSubcategory": "caching"}, "ServiceCategory", "Databases",
     ("Misc", "by ServiceSubcategory")),
    ({"ServiceSubcategory": "Caching"}, "ServiceSubcategory", "Caching", None),
    ({"ServiceSubcategory": "Gaming"}, "ServiceSubcategory", "Other (Databases)",
     ("Gaming", "not of this ServiceCategory")),
    ({"ServiceName": None}, "ServiceName", "Databases", (None, "none stated: ServiceCategory")),
    ({"BillingCurrency": "usd"}, "BillingCurrency", "USD", ("usd", "spelling")),
    ({"RegionId": "NULL"}, "RegionId", None, ("NULL", "null as a word")),
    ({"ChargeClass": "null"}, "ChargeClass", None, ("null", "null as a word")),
    ({"ConsumedQuantity": "(null)"}, "ConsumedQuantity", None, ("(null)", "null as a word")),
    ({"EffectiveCost": None}, "EffectiveCost", Decimal(1), (None, "none stated: BilledCost")),
    ({"EffectiveCost": None, "ChargeCategory": "Purchase", "CommitmentDiscountId": "c"}, "EffectiveCost",
     Decimal(0), (None, "none stated: 0 for a commitment")),
    ({"ContractedCost": "NULL"}, "ContractedCost", Decimal(1), ("NULL", "none stated: BilledCost")),
    ({"ContractedCost": None, "ContractedUnitPrice": "0.3", "PricingQuantity": "3"}, "ContractedCost",
     Decimal("0.9"), (None, "none stated: ContractedUnitPrice x PricingQuantity")),
    ({"ListCost": None, "ContractedCost": "3"}, "ListCost", Decimal(3), (None, "none stated: ContractedCost")),
    ({"ListUnitPrice": "2", "PricingQuantity": "3"}, "ListUnitPrice", None, ("2", "does not give ListCost")),
    ({"ListUnitPrice": "2", "PricingQuantity": "3", "ChargeClass": "Correction"}, "ListUnitPrice", Decimal(2), None),
    ({"Tags": '"a": "1"'}, "Tags", '{"a": "1"}', ('"a": "1"', "braces missing")),
    ({"Tags": "a=1"}, "Tags", None, ("a=1", "no JSON object")),
    ({"SkuPriceDetails": "{cpu"}, "SkuPriceDetails", None, ("{cpu", "no JSON")),
    ({"ListCost": "0", "ContractedCost": "0"}, "ListCost", Decimal(0), None),
]  # fmt: skip


def test_what_is_repaired_or_derived_says_so_and_keeps_what_was_there(desk: Desk) -> None:
    drops.focus(desk.drop, [focus_row(**{"ChargeFrequency": "Usage-Based", **case[0]}) for case in REPAIRS])
    assert desk.ingest().refusals == ()
    for record, (values, column, booked, entry) in zip(desk.records(), REPAIRS, strict=True):
        found = json.loads(record["x_Repairs"]).get(column)
        expected = None if entry is None else {"was": entry[0], "why": entry[1]}
        assert (values, column, record[column], found) == (values, column, booked, expected)


def test_a_file_of_the_newest_version_needs_no_repair(desk: Desk) -> None:
    complete = {
        "BillingAccountType": "Organization",
        "ChargeFrequency": "Usage-Based",
        "HostProviderName": "AWS",
        "InvoiceIssuerName": "Acme Inc.",
        "PricingCurrency": "USD",
        "PricingCurrencyEffectiveCost": "1",
        "ServiceProviderName": "Acme",
        "ServiceSubcategory": "Data Warehouses",
        "ProviderName": None,
    }
    drops.focus(desk.drop, [focus_row(**complete)], focusVersion="1.4")
    assert desk.ingest().refusals == ()
    assert desk.charges("x_Repairs, HostProviderName, ServiceProviderName") == [(None, "AWS", "Acme")]


@pytest.mark.parametrize(
    ("values", "currency", "cost", "price"),
    [
        ({}, "USD", "10", "5"),
        ({"PricingCurrency": "Credits", "PricingCurrencyEffectiveCost": "7", "PricingCurrencyListUnitPrice": "3.5"},
         "Credits", "7", "3.5"),
        ({"PricingCurrency": "EUR", "x_BillingExchangeRate": "1.25"}, "EUR", "8", None),
        ({"PricingCurrency": "EUR"}, "USD", "10", "5"),
    ],
)  # fmt: skip
def test_prices_in_another_currency(
    desk: Desk, values: dict[str, Any], currency: str, cost: str, price: str | None
) -> None:
    row = focus_row("10", ListUnitPrice="5", PricingQuantity="2", **values)
    drops.focus(desk.drop, [row])
    assert desk.ingest().refusals == ()
    assert desk.charges("PricingCurrency, PricingCurrencyEffectiveCost, PricingCurrencyListUnitPrice") == [
        (currency, Decimal(cost), None if price is None else Decimal(price))
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("SLA breach 10/2026", "sla"), ("Free tier", "free_tier"), ("Promo 42", "promotional"), ("volume", "volume"),
     ("Goodwill", "other")],
)  # fmt: skip
def test_the_description_says_the_kind_of_credit(desk: Desk, text: str, kind: str) -> None:
    drops.focus(desk.drop, [focus_row("-1", ChargeCategory="Credit", ChargeDescription=text)])
    desk.ingest()
    columns = "x_CreditKind, BilledCost, ListCost, x_PartnerBenefitAmount, x_PartnerBenefitKind"
    assert desk.charges(columns) == [(kind, Decimal(-1), Decimal(-1), Decimal(0), None)]


@pytest.mark.parametrize(
    ("publisher", "kept"), [("Acme", None), ("Acme Incorporated", None), ("Bravo GmbH", "Bravo GmbH"), (None, None)]
)
def test_a_publisher_that_is_not_the_provider_is_kept(desk: Desk, publisher: str | None, kept: str | None) -> None:
    drops.focus(desk.drop, [focus_row(PublisherName=publisher)])
    desk.ingest()
    assert desk.charges("x_PublisherName") == [(kept,)]


def test_totals_are_as_delivered_per_invoice_and_tax_is_apart(desk: Desk) -> None:
    rows = [
        focus_row("1.0000000000004"),
        focus_row("0.19", ChargeCategory="tax"),
        focus_row("-3", InvoiceId="I-2", ChargeClass="correction"),
    ]
    drops.focus(desk.drop, rows)
    assert desk.ingest().refusals == ()
    (row,) = desk.ledger.current_slices("2026-10")
    folder = desk.lake.slice("acme", "ACCOUNT-1", "2026-10", row["slice_id"])
    totals = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    assert [(t["InvoiceId"], Decimal(t["Net"]), Decimal(t["Tax"]), Decimal(t["Beyond12"])) for t in totals] == [
        ("I-1", Decimal("1.0000000000004"), Decimal("0.19"), Decimal("0.0000000000004")),
        ("I-2", Decimal(-3), Decimal(0), Decimal(0)),
    ]


def test_a_month_is_final_by_its_invoice_ids_or_by_its_known_invoice(desk: Desk) -> None:
    row = focus_row()
    del row["InvoiceId"]
    drops.focus(desk.drop, [row], "numbered", focusVersion="1.0", invoiceId="I-9")
    drops.focus(desk.drop, [row], "unnumbered", focusVersion="1.0")
    drops.focus(desk.drop, [row], "estimate", focusVersion="1.2")

    def finals() -> dict[str, bool]:
        assert desk.ingest().refusals == ()
        return {str(s["provider"]): bool(s["is_final"]) for s in desk.ledger.current_slices("2026-10")}

    assert finals() == {"numbered": True, "unnumbered": False, "estimate": False}
    drops.control(desk.drop / "focus", "unnumbered", ["I1", "ACCOUNT-1", "Acme", "2026-10", "USD", "1", "0", "1"])
    assert finals() == {"numbered": True, "unnumbered": True, "estimate": False}
    assert repairs(desk, "x_Provider = 'numbered'")["InvoiceId"] == {"was": None, "why": "named by the manifest"}


def test_a_control_file_without_a_vendor_is_refused(desk: Desk) -> None:
    drops.control(desk.drop, "focus", ["I1", "ACCOUNT-1", "Acme", "2026-10", "USD", "1", "0", "1"])
    assert "names no vendor" in desk.ingest().refusals[0].what
    drops.control(desk.drop / "focus", "aws", ["I1", "ACCOUNT-1", "Acme", "2026-10", "USD", "1", "0", "1"])
    assert "'aws' is no vendor id" in desk.ingest().refusals[1].what


def test_files_and_version_may_stand_in_the_metadata_of_focus(desk: Desk) -> None:
    manifest = drops.focus(
        desk.drop, [focus_row()], files=None, focusVersion=None, export="export1-metadata.json", schema="schema.json"
    )
    listed = [{"filepath": "/FOCUS/data/export1/charges.csv", "total_bytes": 1, "total_rows": 1}]
    drops.write_json(manifest.with_name("export1-metadata.json"), {"SchemaId": "s-1", "data_location": listed})
    schema = {"SchemaId": "s-1", "FocusVersion": "1.0", "CreationDate": "2026-01-01T00:00:00Z"}
    drops.write_json(manifest.with_name("schema.json"), schema)
    assert desk.ingest().refusals == ()
    assert "FOCUS 1.3" in json.loads(desk.charges("x_Repairs")[0][0])["HostProviderName"]["why"]


def test_maps_of_parquet_become_json(desk: Desk) -> None:
    path = drops.focus(desk.drop, [focus_row()], kind="parquet").with_name("charges.parquet")
    pairs = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
    table = pq.read_table(path)
    table = table.append_column("Tags", pa.array([[("team", "a")]], drops.TEXT_MAP))
    table = table.append_column("x_Discounts", pa.array([[{"key": "edp", "value": "1"}]], pairs))
    pq.write_table(table, path)
    assert desk.ingest().refusals == ()
    assert desk.charges("Tags, x_Extras") == [('{"team":"a"}', '{"x_Discounts":"{\\"edp\\":\\"1\\"}"}')]
