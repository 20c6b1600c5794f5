"""The oracle reads AWS months: CUR 2.0 Parquet or, where there is none, the legacy CUR as CSV."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.generator.truth_aws_rows import WANTED, Month, Row
from pipelines.generator.truth_charges import Charge
from pipelines.generator.truth_deliveries import Export, accepted, best_kind, load_json

BATCH = 16_384
TAG = "resourceTags/"


def read(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every booked row of the period, one payer account after the other."""
    root = deliveries / "aws"
    for export in best_kind(accepted([*_data_exports(root, period), *_legacy(root, period)]), ("cur2", "cur")):
        month = Month()
        rows = _parquet_rows(export) if export.kind == "cur2" else _csv_rows(export)
        for row in rows:
            yield from month.charges(row)
        yield from month.remainders()


def _data_exports(root: Path, period: str) -> Iterator[Export]:
    for path in sorted(root.rglob(f"metadata/BILLING_PERIOD={period}/**/*-Manifest.json")):
        manifest = load_json(path)
        base = next(parent for parent in path.parents if parent.name == "metadata").parent
        entries = [entry if isinstance(entry, dict) else {"key": entry} for entry in manifest["dataFiles"]]
        files = tuple(base / _below(str(entry["key"])) for entry in entries)
        rows = sum(int(entry["rows"]) for entry in entries) if all("rows" in entry for entry in entries) else None
        yield Export(str(manifest["payerAccountId"]), "cur2", str(manifest["createdAt"]), rows, files)


def _below(key: str) -> str:
    """The part of a data file's key below the export: from `data/BILLING_PERIOD=` on."""
    return key[key.index("data/BILLING_PERIOD=") :]


def _legacy(root: Path, period: str) -> Iterator[Export]:
    for path in sorted(root.rglob(f"{period.replace('-', '')}01-*/*-Manifest.json")):
        manifest = load_json(path)
        files = tuple(_report_file(path.parent, str(key)) for key in manifest["reportKeys"])
        order = f"{manifest['billingPeriod']['start']} {manifest['assemblyId']}"
        yield Export(str(manifest["account"]), "cur", order, None, files)


def _report_file(folder: Path, key: str) -> Path:
    assembly, name = key.split("/")[-2:]
    nested = folder / assembly / name
    return nested if nested.exists() else folder / name


def _parquet_rows(export: Export) -> Iterator[Row]:
    for path in export.files:
        file = pq.ParquetFile(path)
        names = [name for name in file.schema_arrow.names if _squeezed(name) in WANTED]
        for batch in file.iter_batches(batch_size=BATCH, columns=names):
            columns = [(_squeezed(name), batch.column(name).to_pylist()) for name in names]
            for index in range(batch.num_rows):
                yield {name: values[index] for name, values in columns if values[index] not in (None, "")}


def _csv_rows(export: Export) -> Iterator[Row]:
    for path in export.files:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            names = [name if name.startswith(TAG) else _squeezed(name) for name in next(reader)]
            for values in reader:
                row: Row = {name: value for name, value in zip(names, values, strict=True) if value != ""}
                yield row | {"resourcetags": _tags(row)}


def _tags(row: Row) -> list[tuple[str, str]]:
    """The legacy report has a column per tag; the newer one writes user:app as user_app."""
    return [(name.removeprefix(TAG).replace(":", "_"), row[name]) for name in row if name.startswith(TAG)]


def _squeezed(name: str) -> str:
    """One spelling for `line_item_unblended_cost` and `lineItem/UnblendedCost`, ARNs included."""
    return name.replace("_", "").replace("/", "").lower()
