"""Writers of small provider drops: what a test says in rows becomes files in the provider's own shape."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.money import Decimal

Row = Mapping[str, Any]
PAYER = "111122223333"
PARENT = "0A0A0A-0B0B0B-0C0C0C"
TEXT_MAP = pa.map_(pa.string(), pa.string())
DOUBLES = ("cost", "amount", "commitment_to_date", "used_commitment", "fee", "fee_for_billing_period", "quantity")
LEGACY = {
    "bill": "bill",
    "line_item": "lineItem",
    "pricing": "pricing",
    "product": "product",
    "reservation": "reservation",
    "savings_plan": "savingsPlan",
    "identity": "identity",
}


def aws_line(kind: str = "Usage", cost: str | Decimal = "1.0", **values: Any) -> dict[str, Any]:
    """One CUR line with CUR 2.0 names; amounts as text."""
    return {
        "bill_invoice_id": "INV1",
        "bill_bill_type": "Anniversary",
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": "2026-10-01T00:00:00Z",
        "bill_billing_period_end_date": "2026-11-01T00:00:00Z",
        "bill_payer_account_id": PAYER,
        "line_item_currency_code": "USD",
        "line_item_line_item_type": kind,
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_account_id": "444455556666",
        "line_item_usage_start_date": "2026-10-02T00:00:00Z",
        "line_item_usage_end_date": "2026-10-03T00:00:00Z",
        "line_item_unblended_cost": cost,
        **values,
    }


def cur2(root: Path, rows: Sequence[Row], version: str = "20261103T010000", **changes: Any) -> Path:
    """A CUR 2.0 export: doubles, timestamps and maps as AWS writes them. Returns the manifest's path."""
    base = root / "aws" / PAYER / "cur2"
    names = list(dict.fromkeys(name for row in rows for name in row))
    arrays = [_cur2_array(name, [row.get(name) for row in rows]) for name in names]
    key = f"data/BILLING_PERIOD=2026-10/{version}/cur2-00001.snappy.parquet"
    path = base / key
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(arrays, names=names), path)
    manifest = {
        "executionId": version,
        "exportName": "cur2",
        "payerAccountId": PAYER,
        "billingPeriod": "2026-10",
        "createdAt": version,
        "contentType": "PARQUET",
        "columns": [],
        "dataFiles": [{"key": key, "rows": len(rows)}],
    }
    return write_json(base / "metadata" / "BILLING_PERIOD=2026-10" / version / "cur2-Manifest.json", manifest | changes)


def cur(root: Path, rows: Sequence[Row], assembly: str = "20261103T010000Z") -> Path:
    """A legacy report of the same lines: slash names, every value as text, tags as columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    plain = [name for name in names if name not in ("resource_tags", "product", "discount")]
    tags = sorted({key for row in rows for key in row.get("resource_tags") or {}})
    parts = sorted({key for row in rows for key in row.get("product") or {}})
    header = [
        *map(legacy_name, plain),
        *(f"resourceTags/user:{key.removeprefix('user_')}" for key in tags),
        *(legacy_name(f"product_{key}") for key in parts),
    ]
    base = root / "aws" / PAYER / "cur" / "20261001-20261101"
    path = base / assembly / "cur-00001.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for row in rows:
            values = [row.get(name) for name in plain]
            values += [(row.get("resource_tags") or {}).get(key) for key in tags]
            values += [(row.get("product") or {}).get(key) for key in parts]
            writer.writerow(["" if value is None else value for value in values])
    manifest = {
        "assemblyId": assembly,
        "account": PAYER,
        "columns": [],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": "r",
        "reportName": "cur",
        "bucket": "b",
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "reportKeys": [f"prefix/cur/20261001-20261101/{assembly}/cur-00001.csv.gz"],
    }
    return write_json(base / "cur-Manifest.json", manifest)


def add_columns(report: Path, columns: Mapping[str, str]) -> None:
    """Give every line of a legacy report further columns, under their own headers."""
    with gzip.open(report, "rt", encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    with gzip.open(report, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[*header, *columns], *([*row, *columns.values()] for row in rows)])


def legacy_name(name: str) -> str:
    """line_item_usage_type -> lineItem/UsageType."""
    family = next(family for family in sorted(LEGACY, key=len, reverse=True) if name.startswith(f"{family}_"))
    words = name.removeprefix(f"{family}_").split("_")
    return f"{LEGACY[family]}/{''.join(word.capitalize() for word in words)}"


def gcp_row(cost: Any = 1.0, given: Sequence[Mapping[str, Any]] = (), **values: Any) -> dict[str, Any]:
    """One row of a Google export; nested records as dicts."""
    return {
        "billing_account_id": "SUB001",
        "invoice": {"month": "202610", "publisher_type": "GOOGLE"},
        "cost_type": "regular",
        "service": {"id": "s", "description": "Compute Engine"},
        "sku": {"id": "SKU1", "description": "N2 core running in Frankfurt"},
        "usage_start_time": datetime(2026, 10, 2, tzinfo=UTC),
        "usage_end_time": datetime(2026, 10, 3, tzinfo=UTC),
        "project": {"id": "p1", "name": "shop", "labels": [{"key": "team", "value": "web"}]},
        "labels": [{"key": "env", "value": "prod"}],
        "cost": cost,
        "currency": "EUR",
        "usage": {"amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0, "pricing_unit": "hour"},
        "credits": [{"type": None, "id": None, "name": None, **credit} for credit in given],
        **values,
    }


def gcp(
    root: Path,
    rows: Sequence[Row],
    *,
    table: str = "reseller_billing_detailed_export_v1",
    export: str = "e1",
    order: str = "2026-11-05T00:00:00Z",
    schema: Mapping[str, pa.DataType] | None = None,
    **changes: Any,
) -> Path:
    """An export of one table and month; `schema` fixes the type of a column, e.g. NUMERIC money."""
    folder = root / "gcp" / PARENT / table / "invoice_month=202610" / export
    folder.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    credit = pa.struct(
        [
            ("type", pa.string()),
            ("id", pa.string()),
            ("name", pa.string()),
            ("amount", (schema or {}).get("cost", pa.float64())),
        ]
    )
    types = {"credits": pa.list_(credit), "cost": pa.float64(), **(schema or {})}
    arrays = [pa.array([row.get(name) for row in rows], type=types.get(name)) for name in names]
    pq.write_table(pa.table(arrays, names=names), folder / "000000000000.parquet")
    manifest = {
        "table": table,
        "exportId": export,
        "parentAccount": PARENT,
        "invoiceMonth": "202610",
        "maxExportTime": order,
        "rowCount": len(rows),
        "files": [{"name": "000000000000.parquet", "rows": len(rows)}],
    }
    return write_json(folder / "export-manifest.json", manifest | changes)


def control(root: Path, provider: str, *rows: Sequence[str]) -> Path:
    """An invoice control file."""
    path = root / provider / "invoices.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["invoice_id,billing_account_id,issuer,billing_period,currency,net,tax,total", *(",".join(r) for r in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_json(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def _cur2_array(name: str, values: Sequence[Any]) -> pa.Array:
    if name in ("product", "resource_tags", "discount"):
        return pa.array([None if value is None else list(value.items()) for value in values], type=TEXT_MAP)
    if name.endswith(("start_date", "end_date")):
        stamps = [None if value is None else datetime.fromisoformat(value.replace("Z", "")) for value in values]
        return pa.array(stamps, type=pa.timestamp("ms"))
    if name.endswith(DOUBLES) and not all(isinstance(value, Decimal | None) for value in values):
        return pa.array([None if value is None else float(value) for value in values], type=pa.float64())
    if any(isinstance(value, Decimal) for value in values):
        return pa.array(values, type=pa.decimal128(38, 15))
    return pa.array(values, type=pa.string())


def focus_row(cost: Any = "1.00", **values: Any) -> dict[str, Any]:
    """One row of FOCUS 1.2 with the columns that every version requires; None leaves a value empty."""
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "BillingAccountId": "ACCOUNT-1",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-02T00:00:00Z",
        "ChargePeriodEnd": "2026-10-03T00:00:00Z",
        "ChargeCategory": "Usage",
        "ServiceCategory": "Databases",
        "ServiceName": "Warehouse",
        "ProviderName": "Acme",
        "InvoiceId": "I-1",
        **values,
    }


def focus(
    root: Path, rows: Sequence[Row], vendor: str = "acme", *, kind: str = "csv", folder: str = "1", **changes: Any
) -> Path:
    """A vendor's FOCUS files with their manifest; `kind` is csv, csv.gz or parquet. Returns the manifest's path."""
    base = root / "focus" / vendor / folder
    base.mkdir(parents=True, exist_ok=True)
    name = f"charges.{kind}"
    focus_file(base / name, rows)
    manifest = {
        "vendor": vendor,
        "focusVersion": "1.2",
        "billingAccountId": "ACCOUNT-1",
        "billingPeriod": "2026-10",
        "created": f"2026-11-{int(folder):02}T06:00:00Z",
        "files": [{"name": name, "rows": len(rows)}],
    }
    return write_json(base / "focus-manifest.json", manifest | changes)


def focus_file(path: Path, rows: Sequence[Row]) -> Path:
    """FOCUS rows as CSV, CSV.gz or Parquet, by the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
        return path
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows([["" if row.get(name) is None else row[name] for name in names] for row in rows])
    return path
