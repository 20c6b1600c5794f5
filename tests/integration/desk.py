"""One billed month that a test may harm: the lake, the drop, the configuration, and what must stay as it was."""

from __future__ import annotations

import gc
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines import engine
from pipelines.errors import Problem
from pipelines.hashing import sha256_file
from pipelines.lake import Lake
from pipelines.ledger import BUILDS, BUNDLES, CONTROL_INVOICES, SLICES, Ledger
from pipelines.period import BillingPeriod

PERIOD = "2026-10"
CLOCKS = ("updated_at", "published_at", "recorded_at", "judged_at")


def published(lake: Path) -> dict[str, str]:
    """Every file below `published/`, hidden ones included, by its path and content hash."""
    root = lake / "published"
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in sorted(root.rglob("*")) if path.is_file()}


@dataclass(frozen=True)
class Desk:
    """A month in one folder: `lake`, `config`, `deliveries`."""

    root: Path

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def deliveries(self) -> Path:
        return self.root / "deliveries"

    def run(self, force_reason: str | None = None) -> engine.RunReport:
        """The whole month through the engine."""
        return engine.run(
            PERIOD, lake=self.lake, config=self.config, deliveries=self.deliveries, force_reason=force_reason
        )

    def ingest(self, force_reason: str | None = None) -> list[Problem]:
        """Only the deliveries; returns what was refused."""
        report = engine.ingest(PERIOD, lake=self.lake, deliveries=self.deliveries, force_reason=force_reason)
        return list(report.refusals)

    def bills(self) -> dict[str, str]:
        """Every published byte and pointer but those of the status bundle, which speaks of the latest run."""
        return {name: digest for name, digest in published(self.lake).items() if "/status/" not in name}

    def status(self) -> dict[str, Any]:
        """What the current status bundle says."""
        return json.loads(self.status_file().read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def status_file(self) -> Path:
        folder = self.lake / "published" / f"period={PERIOD}" / "status"
        version = json.loads((folder / "current.json").read_text(encoding="utf-8"))["version"]
        return folder / f"version={version}" / "status.json"

    def build_dir(self) -> Path:
        """The marts of the current build."""
        (build,) = self.ledger(BUILDS)["builds"]
        return Lake(self.lake).build(BillingPeriod(PERIOD), build["build_id"])

    def ledger(self, *tables: sa.Table) -> dict[str, list[dict[str, Any]]]:
        """What the ledger calls current, without clocks and without the status bundle."""
        ledger = Ledger(Lake(self.lake))
        found = {}
        for table in tables or (SLICES, CONTROL_INVOICES, BUNDLES):
            rows = ledger.rows(sa.select(table).order_by(*table.primary_key.columns))
            plain = [{key: value for key, value in row.items() if key not in CLOCKS} for row in rows]
            found[table.name] = [row for row in plain if row.get("edge") != "status"]
        return found

    def restore_deliveries(self, kept: Path) -> None:
        """Put back the drop alone, as if the provider's files were fetched again."""
        shutil.rmtree(self.deliveries, ignore_errors=True)
        shutil.copytree(kept / "deliveries", self.deliveries)

    def restore(self, kept: Path) -> None:
        """Put back the folders as they are in `kept`, under the same path: a build knows where its lake lies."""
        gc.collect()  # an open ledger connection would take the restored write-ahead log with it when it closes
        for name in ("lake", "config", "deliveries"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            shutil.copytree(kept / name, self.root / name)
