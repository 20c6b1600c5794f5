"""Writers of AWS deliveries in each shape that AWS has: what a test gives as rows or as a table of texts."""

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

from tests.unit.providers.drops import DOUBLES, PAYER, TEXT_MAP, Row, write_json

MAPS = ("product", "resource_tags", "discount", "cost_category", "tags")
MONTH = {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"}


def legacy_manifest(root: Path, assembly: str, keys: Sequence[str], folder: str = "", **changes: Any) -> Path:
    """The manifest of a legacy report, below `report/20261001-20261101/<folder>`."""
    content = {
        "assemblyId": assembly,
        "account": PAYER,
        "columns": [],
        "charset": "UTF-8",
        "reportId": "r",
        "reportName": "report",
        "bucket": "b",
        "billingPeriod": MONTH,
        "reportKeys": list(keys),
    }
    return write_json(
        root / "aws" / "report" / "20261001-20261101" / folder / "report-Manifest.json", content | changes
    )


def legacy_csv(root: Path, headers: Sequence[str], rows: Sequence[Sequence[str]], assembly: str = "a1") -> Path:
    """A legacy CSV.gz report that overwrites: the data lie beside the manifest. Returns the data file."""
    path = root / "aws" / "report" / "20261001-20261101" / "report-00001.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headers, *rows])
    legacy_manifest(root, assembly, ["prefix/report/20261001-20261101/report-00001.csv.gz"])
    return path


def legacy_parquet(root: Path, rows: Sequence[Row], assembly: str = "a1", part: int = 1) -> Path:
    """A legacy Parquet report as the Athena integration writes it: parts below year=/month=. Returns the data file."""
    name = f"report-{part:05}.snappy.parquet"
    path = root / "aws" / "report" / "report" / "year=2026" / "month=10" / name
    parquet(path, rows)
    legacy_manifest(root, assembly, [f"prefix/report/report/year=2026/month=10/{name}"])
    return path


def current(root: Path, rows: Sequence[Row], execution: str = "", **changes: Any) -> Path:
    """A CUR 2.0 Parquet export: overwriting, or below a folder per execution. Returns the data file."""
    base = root / "aws" / "exports" / "cur2"
    place = "/".join(filter(None, ["BILLING_PERIOD=2026-10", execution]))
    key = f"data/{place}/cur2-00001.snappy.parquet"
    parquet(base / key, rows)
    content = {"exportName": "cur2", "executionId": execution or "e1", "dataFiles": [f"s3://bucket/exports/cur2/{key}"]}
    write_json(base / "metadata" / place / "cur2-Manifest.json", content | changes)
    return base / key


def parquet(path: Path, rows: Sequence[Row]) -> None:
    """Rows as Parquet with AWS's types: doubles, timestamps, maps; an empty text is a null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    arrays = [_array(name, [row.get(name) or None for row in rows]) for name in names]
    pq.write_table(pa.table(arrays, names=names), path, compression="snappy")


def _array(name: str, values: Sequence[Any]) -> pa.Array:
    if name in MAPS:
        return pa.array([None if v is None else list(_pairs(v).items()) for v in values], type=TEXT_MAP)
    if name.endswith(("start_date", "end_date")):
        stamps = [None if v is None else datetime.fromisoformat(v.replace("Z", "")) for v in values]
        return pa.array(stamps, type=pa.timestamp("ms"))
    if name.endswith(DOUBLES) and not name.startswith("discount_"):
        return pa.array([None if v is None else float(v) for v in values], type=pa.float64())
    return pa.array(values, type=pa.string())


def _pairs(value: Any) -> Mapping[str, Any]:
    pairs: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return pairs


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """A table of texts with a line per column and a column per record: (names of the records, the records)."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    return header[1:], [{line[0]: line[place] for line in lines} for place in range(1, len(header))]
