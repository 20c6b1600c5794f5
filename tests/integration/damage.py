"""What happens to deliveries on their way: each function harms a drop and returns the name of what it harmed."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.money import Decimal

LATER = "2026-11-28T00:00:00Z"
EARLIER = "2026-10-01T00:00:00Z"


def truncated_gzip(drop: Path) -> str:
    path = sorted(drop.glob("azure/*/usage/part-*.json.gz"))[0]
    path.write_bytes(path.read_bytes()[:-200])
    return path.name


def missing_blob(drop: Path) -> str:
    path = sorted(drop.glob("azure/*/reconciliation/part-*.json.gz"))[0]
    path.unlink()
    return path.name


def missing_parquet(drop: Path) -> str:
    path = sorted(drop.glob("gcp/**/*.parquet"))[-1]
    path.unlink()
    return path.name


def wrong_row_count(drop: Path) -> str:
    manifest = next(drop.glob("gcp/**/export-manifest.json"))
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"][0]["rows"] += 1
    manifest.write_text(json.dumps(content), encoding="utf-8")
    return str(content["files"][0]["name"])


def wrong_total_count(drop: Path) -> str:
    manifest = next(drop.glob("gcp/**/export-manifest.json"))
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for file in content["files"]:
        del file["rows"]
    manifest.write_text(json.dumps(content | {"rowCount": content["rowCount"] + 1}), encoding="utf-8")
    return manifest.name


def missing_column(drop: Path) -> str:
    redeliver(drop, LATER, lambda table: table.drop_columns(["line_item_unblended_cost"]))
    return "cur2-00001.snappy.parquet"


def missing_csv_column(drop: Path) -> str:
    path = sorted(legacy_only(drop).glob("cur/*/*/*.csv.gz"))[0]
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    at = header.index("lineItem/UnblendedCost")
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([row[:at] + row[at + 1 :] for row in (header, *rows)])
    manifest = next(path.parents[1].glob("*-Manifest.json"))
    content = json.loads(manifest.read_text(encoding="utf-8"))
    folder = path.parent.rename(path.parent.with_name("11111111-2222-4333-8444-555555555555"))
    keys = [key.replace(content["assemblyId"], folder.name) for key in content["reportKeys"]]
    manifest.write_text(json.dumps(content | {"assemblyId": folder.name, "reportKeys": keys, "createdAt": LATER}))
    return path.name


def mixed_currencies(drop: Path) -> str:
    redeliver(drop, LATER, lambda table: edited(table, "line_item_currency_code", lambda old, row: "EUR"))
    return "cur2-00001.snappy.parquet"


def without_three_rows(table: pa.Table) -> pa.Table:
    """Plain usage only: lines of commitments come in pairs."""
    kinds = table.column("line_item_line_item_type").to_pylist()
    gone = [row for row, kind in enumerate(kinds) if kind == "Usage"][:3]
    return table.take([row for row in range(table.num_rows) if row not in gone])


def legacy_only(drop: Path) -> Path:
    """The payer that delivers nothing but the legacy report."""
    return next(path for path in sorted(drop.glob("aws/*")) if path.is_dir() and not (path / "cur2").exists())


def edited(table: pa.Table, name: str, change: Callable[[Any, int], Any]) -> pa.Table:
    """One column changed, in the first row or wherever `change` says so."""
    column = table.column(name)
    values = [change(value, row) if row == 0 else value for row, value in enumerate(column.to_pylist())]
    return table.set_column(table.column_names.index(name), name, pa.array(values, type=column.type))


def redeliver(drop: Path, created: str, edit: Callable[[pa.Table], pa.Table]) -> str:
    """Deliver the first payer's CUR 2.0 once more as another execution; `edit` changes its first file.

    Returns the new execution's id.
    """
    manifest = sorted(drop.glob("aws/*/cur2/metadata/*/*/cur2-Manifest.json"))[0]
    content = json.loads(manifest.read_text(encoding="utf-8"))
    old, new = content["executionId"], "feedfeed-0000-4000-8000-000000000001"
    root = manifest.parents[3]
    folder = next(root.glob(f"data/*/{old}"))
    shutil.copytree(folder, folder.with_name(new))
    path = sorted(folder.with_name(new).glob("*.parquet"))[0]
    table = edit(pq.read_table(path))
    pq.write_table(table, path)
    files = [{**file, "key": file["key"].replace(old, new)} for file in content["dataFiles"]]
    for file in files:
        if file["key"].endswith(path.name):
            file["rows"] = table.num_rows
    target = manifest.parent.with_name(new) / manifest.name
    target.parent.mkdir()
    target.write_text(json.dumps(content | {"executionId": new, "createdAt": created, "dataFiles": files}))
    return new


def restate(drop: Path, created: str, plus: str = "100") -> str:
    """Deliver the first payer once more, every usage row dearer, and correct the control file accordingly."""
    moved: list[Decimal] = []
    account = sorted(drop.glob("aws/*/cur2"))[0].parent.name
    invoices: set[str] = set()

    def dearer(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        for row in rows:
            if row["line_item_line_item_type"] != "Usage" or not row["line_item_unblended_cost"]:
                continue
            invoices.add(row["bill_invoice_id"])
            billed = "line_item_net_unblended_cost" if row["line_item_net_unblended_cost"] is not None else None
            for name in (billed, "line_item_unblended_cost", "pricing_public_on_demand_cost"):
                if name and row[name] is not None:
                    before = Decimal(repr(row[name]))
                    row[name] = float(before + Decimal(plus))
                    if name == (billed or "line_item_unblended_cost"):
                        moved.append(Decimal(repr(row[name])) - before)
        return pa.Table.from_pylist(rows, schema=table.schema)

    version = redeliver(drop, created, dearer)
    assert moved
    (invoice,) = invoices
    correct_control(drop / "aws" / "invoices.csv", account, invoice, sum(moved, Decimal(0)))
    return version


def correct_control(path: Path, account: str, invoice: str, by: Decimal) -> None:
    """Move net and total of one control invoice."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    at = {name: position for position, name in enumerate(header)}
    for row in rows:
        if (row[at["billing_account_id"]], row[at["invoice_id"]]) == (account, invoice):
            for name in ("net", "total"):
                row[at[name]] = format(Decimal(row[at[name]]) + by, "f")
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
