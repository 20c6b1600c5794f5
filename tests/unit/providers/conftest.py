"""A lake, a ledger and a drop per test, and short ways to ingest and to read what was booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from pipelines.providers.aws.export import AwsExport
from pipelines.providers.azure.export import AzureExport
from pipelines.providers.export import BillingExport
from pipelines.providers.gcp.export import GcpExport
from pipelines.providers.registry import FOCUS
from pipelines.schemas import slice_columns

PERIOD = BillingPeriod("2026-10")


@dataclass
class Desk:
    """One lake with its drop."""

    lake: Lake
    drop: Path

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.lake)

    def ingest(self, drop: Path | None = None, force: str | None = None) -> intake.IngestReport:
        rooms: list[BillingExport] = [AwsExport(), FOCUS, GcpExport()]
        return intake.ingest_rooms(self.lake, self.ledger, drop or self.drop, PERIOD, rooms, silent, force)

    def azure(self) -> intake.IngestReport:
        """Ingest the drop of the Azure room alone."""
        return intake.ingest_rooms(self.lake, self.ledger, self.drop, PERIOD, [AzureExport()], silent)

    def charges(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of the current slices' charges, in the order of their source rows."""
        files = [
            str(self.lake.slice(row["provider"], row["account"], row["period"], row["slice_id"]) / "charges.parquet")
            for row in self.ledger.current_slices(PERIOD.label)
        ]
        con = connect()
        try:
            return con.execute(
                f"select {columns} from read_parquet({files!r}, hive_partitioning = false) where {where}"
                " order by x_SourceFile, x_SourceRow, x_SourcePart"
            ).fetchall()
        finally:
            con.close()

    def records(self) -> list[dict[str, Any]]:
        """Every charge as a record, in the order of the source rows."""
        names = [column.id for column in slice_columns()]
        return [dict(zip(names, row, strict=True)) for row in self.charges(", ".join(names))]

    def files(self) -> dict[str, bytes]:
        """Every file of raw and focus by its place, for whole-state comparisons."""
        return {
            path.relative_to(self.lake.root).as_posix(): path.read_bytes()
            for layer in ("raw", "focus")
            for path in sorted((self.lake.root / layer).rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Lake(tmp_path / "lake"), tmp_path / "drop")


@pytest.fixture
def make_desk(tmp_path: Path) -> Callable[[str], Desk]:
    """Further lakes for tests that compare two histories."""
    return lambda name: Desk(Lake(tmp_path / name), tmp_path / "drop")
