"""One generated month for all tests of the generator, and plain readers of its files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.generator import GenerateReport, generate
from pipelines.period import BillingPeriod

PERIOD = BillingPeriod("2026-10")


class Month:
    """The demo-sized month: every line of every delivery, read with the standard library only."""

    def __init__(self, report: GenerateReport) -> None:
        self.report = report
        self.root = report.out / "deliveries"
        self._read: dict[str, list[dict[str, Any]]] = {}

    def _once(self, name: str, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """Read a file once for all tests; nobody changes the rows."""
        if name not in self._read:
            self._read[name] = read()
        return self._read[name]

    def invoices(self, provider: str) -> list[dict[str, str]]:
        with (self.root / provider / "invoices.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def azure(self, invoice: str, kind: str) -> list[dict[str, Any]]:
        return self._once(f"{invoice}/{kind}", lambda: self._azure(invoice, kind))

    def aws(self) -> list[dict[str, Any]]:
        """Lines of CUR 2.0, all payers that have one."""
        return self._once("aws", self._cur2)

    def legacy(self) -> list[dict[str, Any]]:
        """Lines of the legacy report, all payers that have one."""
        return self._once("legacy", self._legacy)

    def gcp(self) -> list[dict[str, Any]]:
        """Rows of the rebilling export."""
        return self._once("gcp", self._gcp)

    def _azure(self, invoice: str, kind: str) -> list[dict[str, Any]]:
        folder = self.root / "azure" / invoice / kind
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["blobCount"] == len(manifest["blobs"])
        return [row for blob in manifest["blobs"] for row in _json_lines(folder / blob["name"])]

    def all_azure(self, kind: str) -> list[dict[str, Any]]:
        return [row for invoice in self.invoices("azure") for row in self.azure(invoice["invoice_id"], kind)]

    def _cur2(self) -> list[dict[str, Any]]:
        rows = []
        for path in sorted(self.root.glob("aws/*/cur2/metadata/*/*/cur2-Manifest.json")):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            for file in manifest["dataFiles"]:
                found = pq.read_table(path.parents[3] / file["key"]).to_pylist()
                assert len(found) == file["rows"]
                rows += found
        return rows

    def _legacy(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted(self.root.glob("aws/*/cur/*/cur-Manifest.json")):
            for key in json.loads(path.read_text(encoding="utf-8"))["reportKeys"]:
                with gzip.open(path.parents[2] / key, "rt", encoding="utf-8", newline="") as stream:
                    rows += csv.DictReader(stream)
        return rows

    def _gcp(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted(self.root.glob("gcp/*/*/*/*/export-manifest.json")):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            for file in manifest["files"]:
                found = pq.read_table(path.parent / file["name"]).to_pylist()
                assert len(found) == file["rows"]
                rows += found
            assert manifest["rowCount"] == len(rows)
        return rows

    def config(self, name: str) -> list[dict[str, str]]:
        with (self.report.out / "config" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(line for line in stream if not line.startswith("#")))


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line, parse_float=Decimal, parse_int=Decimal)


def exact(value: float | None) -> Decimal:
    """The amount that a double stands for: its shortest text."""
    return Decimal(repr(value)) if value is not None else Decimal(0)


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    out = tmp_path_factory.mktemp("generated") / "month"
    return Month(generate(out, PERIOD, customers=24, lines=20_000, seed=7, truth=False))
