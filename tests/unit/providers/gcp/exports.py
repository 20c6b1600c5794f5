"""Small Google exports from rows under dotted names (`service.id`), lists as JSON: one table, every kind of file."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.money import Decimal
from tests.unit.providers.drops import PARENT, write_json

Texts = Mapping[str, str]
TABLES = {
    "rebilling": "reseller_billing_detailed_export_v1",
    "offline": "reseller_billing_offline_orders_detailed_export_v0",
    "detailed": "gcp_billing_export_resource_v1_0A0A0A_0B0B0B_0C0C0C",
    "standard": "gcp_billing_export_v1_0A0A0A_0B0B0B_0C0C0C",
    "focus_export": "gcp_billing_export_focus_0A0A0A_0B0B0B_0C0C0C",
    "focus_view": "focus_v1_0",
}
EXACT = ("rebilling", "offline", "focus_export", "focus_view")
NUMBERS = frozenset(
    """cost cost_at_list cost_at_effective_price_default customer_cost usage.amount usage.amount_in_pricing_unit
    usage.amount_in_pricing_units price.list_price price.effective_price price.effective_price_default
    price.tier_start_amount price.pricing_unit_quantity BilledCost EffectiveCost ListCost ContractedCost ListUnitPrice
    ContractedUnitPrice ConsumedQuantity PricingQuantity x_CostAtEffectivePriceDefault amount Amount customer_amount
    PricingCurrencyEffectiveCost""".split()
)
FLOATS = frozenset({"currency_conversion_rate", "x_CurrencyConversionRate"})
MOMENTS = frozenset(
    """usage_start_time usage_end_time export_time BillingPeriodStart BillingPeriodEnd ChargePeriodStart ChargePeriodEnd
    x_ExportTime""".split()
)
KINDS = ("parquet", "jsonl.gz", "csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a transposed table: a line per column, a column per row."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    return [{line[0]: line[number] for line in lines[1:]} for number in range(1, len(lines[0]))]


def deliver(root: Path, kind: str, rows: Sequence[Texts], form: str = "parquet", **changes: Any) -> Path:
    """A delivery of one export kind in one form of file. Returns the manifest's path."""
    table = TABLES[kind]
    folder = root / "gcp" / PARENT / table / changes.get("exportId", "e1")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"000000000000.{form}"
    write(folder / name, rows, exact=kind in EXACT)
    manifest = {
        "table": f"project.billing.{table}",
        "exportId": "e1",
        "parentAccount": PARENT,
        "invoiceMonth": "202610",
        "maxExportTime": "2026-11-05T00:00:00Z",
        "rowCount": len(rows),
        "files": [{"name": name, "rows": len(rows)}],
        **({"focusVersion": "1.0"} if kind == "focus_view" else {}),
    }
    return write_json(folder / "export-manifest.json", manifest | changes)


def write(path: Path, rows: Sequence[Texts], *, exact: bool) -> None:
    """The rows as BigQuery writes them: nested in Parquet and JSON, where nulls are left out; dotted in CSV."""
    if path.name.endswith(".parquet"):
        nested = [_nested(row, exact) for row in rows]
        pq.write_table(pa.Table.from_pylist(nested, schema=_schema(nested)), path)
    elif path.name.endswith((".json", ".json.gz", ".jsonl", ".jsonl.gz")):
        lines = [json.dumps(_without_nulls(_nested(row, exact)), default=_spelled) for row in rows]
        _write_text(path, "".join(f"{line}\n" for line in lines))
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _write_text(path: Path, text: str) -> None:
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "wt", encoding="utf-8") as stream:
        stream.write(text)


def _spelled(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else str(value)


def _value(name: str, text: str, exact: bool) -> Any:
    if text == "":
        return None
    if text[0] in "[{":
        return _typed(json.loads(text, parse_float=str), exact)
    if name in MOMENTS:
        return datetime.fromisoformat(text)
    if name in FLOATS or (name in NUMBERS and not exact):
        return float(text)
    return Decimal(text) if name in NUMBERS else text


def _typed(value: Any, exact: bool) -> Any:
    if isinstance(value, list):
        return [_typed(entry, exact) for entry in value]
    if isinstance(value, dict):
        return {
            key: _value(key, str(entry), exact)
            if isinstance(entry, str | int) and not isinstance(entry, bool)
            else entry
            for key, entry in value.items()
        }
    return value


def _nested(row: Texts, exact: bool) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, text in row.items():
        head, _, field = name.partition(".")
        value = _value(name, text, exact)
        if field:
            record.setdefault(head, {})[field] = value
        else:
            record[head] = value
    return record


def _schema(rows: Sequence[Mapping[str, Any]]) -> pa.Schema:
    """What the rows imply, numbers as BigQuery's NUMERIC."""
    inferred = pa.Table.from_pylist([dict(row) for row in rows]).schema
    return pa.schema([(part.name, _numeric(part.type)) for part in inferred])


def _numeric(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.decimal128(38, 9)
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _numeric(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return kind if pa.types.is_null(kind.value_type) else pa.list_(_numeric(kind.value_type))
    return pa.string() if pa.types.is_null(kind) else kind


def _without_nulls(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in record.items()
        if value is not None
    }


def net(row: Texts) -> Decimal:
    """The cost of a row and its credits."""
    taken = json.loads(row["credits"] or "[]", parse_float=str)
    return sum((Decimal(credit["amount"]) for credit in taken), Decimal(row["cost"]))
