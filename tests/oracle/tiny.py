"""Deliveries and configurations small enough to check by hand, in the providers' own shapes."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PERIOD = "2026-10"
PAYER = "111111111111"
MEMBER = "222222222222"
PARENT = "AAAAAA-111111-AAAAAA"
CUSTOMER = "c0000000-0000-0000-0000-000000000001"
ENTITLEMENT = "e0000000-0000-0000-0000-000000000001"
PLAN_SUBSCRIPTION = "50000000-0000-0000-0000-000000000001"
CONTROL = ("invoice_id", "billing_account_id", "issuer", "billing_period", "currency", "net", "tax", "total")
TABLES = {
    "tenants": ("tenant", "name", "kind", "parent", "home_currency", "valid_from", "valid_to"),
    "account_links": ("provider", "scope", "scope_id", "tenant", "covers", "valid_from", "valid_to"),
    "contracts": (
        "contract",
        "seller",
        "buyer",
        "currency",
        "plan",
        "rounding",
        "tax",
        "credits",
        "valid_from",
        "valid_to",
    ),
    "fx_rates": ("billing_period", "from_currency", "to_currency", "rate", "source", "as_of"),
}


class Number(str):
    """A number of a JSON document, written digit by digit as given."""

    __slots__ = ()


def json_line(record: dict[str, Any]) -> str:
    """One JSON object; `Number` values stand unquoted, exactly as written."""
    parts = (f"{json.dumps(k)}: {v if isinstance(v, Number) else json.dumps(v)}" for k, v in record.items())
    return "{" + ", ".join(parts) + "}\n"


def write_csv(path: Path, header: tuple[str, ...], records: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def write_control(
    deliveries: Path, provider: str, invoice: str, account: str, currency: str, net: str, tax: str
) -> None:
    """One line of a provider's invoice control file; the file is made when needed."""
    path = deliveries / provider / "invoices.csv"
    before = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
    record = {"invoice_id": invoice, "billing_account_id": account, "issuer": provider, "billing_period": PERIOD}
    write_csv(path, CONTROL, [*before, record | {"currency": currency, "net": net, "tax": tax, "total": ""}])


def aws_row(kind: str = "Usage", **values: Any) -> dict[str, Any]:
    """A CUR 2.0 line of the member account with 1 unit; amounts are doubles as AWS delivers them."""
    base: dict[str, Any] = {
        "bill_invoice_id": "INV-1",
        "bill_payer_account_id": PAYER,
        "bill_billing_entity": "AWS",
        "line_item_usage_account_id": MEMBER,
        "line_item_line_item_type": kind,
        "line_item_usage_start_date": datetime(2026, 10, 5),
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_amount": 1.0,
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": 0.0,
        "pricing_public_on_demand_cost": None,
        "pricing_unit": "Hrs",
        "pricing_rate_code": "RATE",
        "product": [("product_name", "Amazon Elastic Compute Cloud")],
        "product_sku": "SKU1",
        "product_region_code": "eu-central-1",
        "reservation_reservation_a_r_n": None,
        "reservation_effective_cost": None,
        "reservation_unused_amortized_upfront_fee_for_billing_period": None,
        "reservation_unused_recurring_fee": None,
        "savings_plan_savings_plan_a_r_n": None,
        "savings_plan_savings_plan_effective_cost": None,
        "savings_plan_total_commitment_to_date": None,
        "savings_plan_used_commitment": None,
    }
    return base | values


AWS_TEXTS = ("reservation_reservation_a_r_n", "savings_plan_savings_plan_a_r_n")


def write_aws(deliveries: Path, rows: list[dict[str, Any]], *, version: str = "exec-1") -> None:
    """One CUR 2.0 execution of the payer."""
    root = deliveries / "aws" / PAYER / "cur2"
    data = f"data/BILLING_PERIOD={PERIOD}/{version}/cur2-00001.snappy.parquet"
    fields = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        sample = next((value for value in values if value is not None), "" if name in AWS_TEXTS else 0.0)
        types = {float: pa.float64(), str: pa.string(), datetime: pa.timestamp("us")}
        kind = pa.map_(pa.string(), pa.string()) if isinstance(sample, list) else types[type(sample)]
        fields.append((name, pa.array(values, kind)))
    (root / data).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(fields)), root / data, compression="snappy")
    manifest = {
        "executionId": version,
        "exportName": "cur2",
        "payerAccountId": PAYER,
        "billingPeriod": PERIOD,
        "createdAt": f"2026-11-05T00:00:00Z {version}",
        "contentType": "PARQUET",
        "columns": [],
        "dataFiles": [{"key": data, "rows": len(rows)}],
    }
    place = root / f"metadata/BILLING_PERIOD={PERIOD}/{version}/cur2-Manifest.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(manifest), encoding="utf-8")


def azure_usage(**values: Any) -> dict[str, Any]:
    """A daily rated usage line, numbers as text of unquoted JSON numbers."""
    base = {
        "PartnerId": "partner",
        "CustomerId": CUSTOMER,
        "InvoiceNumber": "G1",
        "ProductId": "DZH318Z0BPS6",
        "SkuId": "0001",
        "AvailabilityId": "AV1",
        "PublisherName": "Microsoft",
        "SubscriptionId": PLAN_SUBSCRIPTION,
        "UsageDate": "2026-10-05T00:00:00Z",
        "MeterCategory": "Virtual Machines",
        "MeterId": "m1",
        "ResourceLocation": "westeurope",
        "ResourceGroup": "RG-One",
        "UnitPrice": Number("1"),
        "Quantity": Number("1"),
        "UnitType": "1 Hour",
        "BillingPreTaxTotal": Number("1"),
        "BillingCurrency": "EUR",
        "PCToBCExchangeRate": Number("1"),
        "EntitlementId": ENTITLEMENT,
        "PartnerEarnedCreditPercentage": Number("0"),
        "BenefitId": "",
        "BenefitType": "",
    }
    return base | values


def azure_line(**values: Any) -> dict[str, Any]:
    """A reconciliation line: a licence, unless the values say otherwise."""
    base = {
        "PartnerId": "partner",
        "CustomerId": CUSTOMER,
        "InvoiceNumber": "G1",
        "ProductId": "CFQ7TTC0LH18",
        "SkuId": "0001",
        "AvailabilityId": "AV9",
        "ProductName": "Microsoft 365 E3",
        "ChargeType": "cycleFee",
        "PublisherName": "Microsoft",
        "SubscriptionId": "50000000-0000-0000-0000-00000000000a",
        "ChargeStartDate": "2026-10-01T00:00:00Z",
        "ChargeEndDate": "2026-10-31T23:59:59Z",
        "UnitPrice": Number("10"),
        "Quantity": Number("2"),
        "BillableQuantity": Number("2"),
        "EffectiveUnitPrice": Number("10"),
        "Subtotal": Number("20"),
        "TaxTotal": Number("0"),
        "Currency": "EUR",
        "PCToBCExchangeRate": Number("1"),
        "UnitType": "licence",
        "MeterDescription": "",
        "ReservationOrderId": "",
        "PromotionId": "",
        "ReferenceId": "",
        "PriceAdjustmentDescription": "",
    }
    return base | values


def write_azure(
    deliveries: Path, usage: list[dict[str, Any]], lines: list[dict[str, Any]], invoice: str = "G1"
) -> None:
    """One billed CSP invoice: its two exports and its record."""
    root = deliveries / "azure" / invoice
    for kind, rows in (("usage", usage), ("reconciliation", lines)):
        (root / kind).mkdir(parents=True, exist_ok=True)
        with gzip.open(root / kind / "part-0.json.gz", "wt", encoding="utf-8") as stream:
            stream.writelines(json_line(row) for row in rows)
        manifest = {"createdDateTime": "2026-11-08T00:00:00Z", "eTag": "e1", "blobCount": 1}
        text = json.dumps(manifest | {"blobs": [{"name": "part-0.json.gz", "partitionValue": "default"}]})
        (root / kind / "manifest.json").write_text(text, encoding="utf-8")
    record = {"id": invoice, "billingPeriodStartDate": f"{PERIOD}-01T00:00:00Z"}
    (root / "invoice.json").write_text(json.dumps(record), encoding="utf-8")


def gcp_row(cost: str, credited: tuple[tuple[str, str], ...] = (), **values: Any) -> dict[str, Any]:
    """A rebilling row of one sub-account; amounts as text of the NUMERIC they become."""
    base = {
        "payer_billing_account_id": PARENT,
        "billing_account_id": "BBBBBB-222222-BBBBBB",
        "cost": cost,
        "cost_at_list": cost,
        "cost_type": "regular",
        "currency": "EUR",
        "usage_start_time": datetime(2026, 10, 5),
        "invoice": {"month": "202610"},
        "project": {"id": "project-1", "name": "Project 1"},
        "service": {"id": "S", "description": "Compute Engine"},
        "sku": {"id": "SKU-G", "description": "N2 Instance Core"},
        "usage": {"amount_in_pricing_unit": 1.0, "pricing_unit": "hour"},
        "location": {"region": "europe-west3"},
        "transaction_type": "GOOGLE",
        "seller_name": None,
        "credits": [{"type": kind, "amount": amount} for kind, amount in credited],
    }
    return base | values


def write_gcp(deliveries: Path, rows: list[dict[str, Any]]) -> None:
    """One extraction of the rebilling export with NUMERIC money."""
    root = deliveries / "gcp" / PARENT / "reseller_billing_detailed_export_v1/invoice_month=202610/x1"
    root.mkdir(parents=True, exist_ok=True)
    numeric = pa.decimal128(38, 9)
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0] if name not in GCP_MONEY}
    for name in ("cost", "cost_at_list"):
        columns[name] = pa.array([row[name] for row in rows], pa.string()).cast(numeric)
    kinds = pa.list_(pa.struct([("type", pa.string()), ("amount", pa.string())]))
    columns["credits"] = pa.array([row["credits"] for row in rows], kinds)
    pq.write_table(pa.table(columns), root / "part-0.parquet")
    manifest = {
        "table": "reseller_billing_detailed_export_v1",
        "exportId": "x1",
        "parentAccount": PARENT,
        "invoiceMonth": "202610",
        "maxExportTime": "2026-11-05T00:00:00Z",
        "rowCount": len(rows),
        "files": [{"name": "part-0.parquet", "rows": len(rows)}],
    }
    (root / "export-manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


GCP_MONEY = ("cost", "cost_at_list", "credits")


@dataclass
class TinyConfig:
    """A 2-tier chain op -> res -> cus in one currency; `plans` maps a plan to the YAML of its rules."""

    plans: dict[str, str]
    currency: str = "USD"
    tenants: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"tenant": "op", "kind": "operator"},
            {"tenant": "res", "kind": "reseller", "parent": "op"},
            {"tenant": "cus", "kind": "customer", "parent": "res"},
        ]
    )
    links: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"provider": "aws", "scope": "sub_account", "scope_id": MEMBER, "tenant": "cus"},
            {"provider": "aws", "scope": "billing_account", "scope_id": PAYER, "tenant": "op", "covers": "own"},
            {"provider": "azure", "scope": "customer", "scope_id": CUSTOMER.upper(), "tenant": "cus"},
            {"provider": "gcp", "scope": "customer", "scope_id": "BBBBBB-222222-BBBBBB", "tenant": "cus"},
        ]
    )
    contracts: list[dict[str, str]] = field(default_factory=list)
    rates: list[dict[str, str]] = field(default_factory=list)

    def write(self, directory: Path) -> Path:
        contracts = self.contracts or [
            {"contract": "C1", "seller": "op", "buyer": "res", "currency": self.currency, "plan": "first"},
            {"contract": "C2", "seller": "res", "buyer": "cus", "currency": self.currency, "plan": "second"},
        ]
        tables = {"tenants": self.tenants, "account_links": self.links, "contracts": contracts, "fx_rates": self.rates}
        for name, records in tables.items():
            write_csv(directory / f"{name}.csv", TABLES[name], records)
        (directory / "operator.yaml").write_text(
            f"operator: op\nhome_currency: {contracts[0]['currency']}\n", encoding="utf-8"
        )
        (directory / "plans").mkdir(exist_ok=True)
        for plan, rules in self.plans.items():
            body = "".join(f"  - {{rule: {plan}-{n}, {rule}}}\n" for n, rule in enumerate(rules.split("\n")))
            (directory / "plans" / f"{plan}.yaml").write_text(f"plan: {plan}\nrules:\n{body}", encoding="utf-8")
        return directory


def rate(source: str, target: str, value: str) -> dict[str, str]:
    """One FX record of the period."""
    return {"billing_period": PERIOD, "from_currency": source, "to_currency": target, "rate": value}
