"""Where the files of an AWS report lie, and the manifests that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pipelines import lake
from pipelines.generator import aws_columns
from pipelines.generator.accounts import Payer
from pipelines.generator.scene import Scene


@dataclass(frozen=True)
class Report:
    """The files of one payer: folder, export kinds, and what the files have in common."""

    folder: Path
    payer: Payer
    execution: str
    assembly: str

    def cur2(self, period: str, part: int) -> Path:
        folder = self.folder / "cur2" / "data" / f"BILLING_PERIOD={period}" / self.execution
        return folder / f"cur2-{part + 1:05d}.snappy.parquet"

    def legacy(self, span: str, part: int) -> Path:
        return self.folder / "cur" / span / self.assembly / f"cur-{part + 1:05d}.csv.gz"


def span_of(scene: Scene) -> str:
    """The month as the legacy report names its folder: 20261001-20261101."""
    return f"{scene.period.start:%Y%m%d}-{scene.period.end:%Y%m%d}"


def write_manifests(scene: Scene, report: Report, rows: Sequence[int]) -> None:
    """Name the data files of every export of one payer; `rows` counts the lines of each file."""
    period = scene.period.label
    created = f"{scene.period.end + timedelta(days=5):%Y-%m-%d}"
    if "cur2" in report.payer.exports:
        root = report.folder / "cur2"
        keys = [report.cur2(period, part).relative_to(root).as_posix() for part in range(len(rows))]
        files = [{"key": key, "rows": count} for key, count in zip(keys, rows, strict=True)]
        columns = [{"name": name, "type": kind} for name, kind in aws_columns.cur2_columns()]
        lake.write_json(
            root / "metadata" / f"BILLING_PERIOD={period}" / report.execution / "cur2-Manifest.json",
            {
                "executionId": report.execution, "exportName": "cur2", "payerAccountId": report.payer.id,
                "billingPeriod": period, "createdAt": f"{created}T09:31:07Z", "contentType": "PARQUET",
                "columns": columns, "dataFiles": files,
            },
        )  # fmt: skip
    if "cur" in report.payer.exports:
        _write_legacy_manifest(scene, report, len(rows))


def _write_legacy_manifest(scene: Scene, report: Report, count: int) -> None:
    span, root = span_of(scene), report.folder / "cur"
    keys = [report.legacy(span, part).relative_to(report.folder).as_posix() for part in range(count)]
    columns = [dict(zip(("category", "name"), name.split("/", 1), strict=True)) for name in aws_columns.LEGACY]
    stamp = "%Y%m%dT000000.000Z"
    lake.write_json(
        root / span / "cur-Manifest.json",
        {
            "assemblyId": report.assembly, "account": report.payer.id, "columns": columns, "charset": "UTF-8",
            "compression": "GZIP", "contentType": "text/csv", "reportId": scene.dice.hexadecimal(64, report.payer.id),
            "reportName": "cur", "bucket": "nordlicht-billing", "reportKeys": keys,
            "billingPeriod": {"start": f"{scene.period.start:{stamp}}", "end": f"{scene.period.end:{stamp}}"},
        },
    )  # fmt: skip
