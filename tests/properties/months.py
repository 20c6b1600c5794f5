"""Generated months, the lakes that bill them, and what two lakes can be compared by."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines import engine
from pipelines.generator.truth import Truth, compute
from pipelines.lake import Lake
from pipelines.period import BillingPeriod
from tests.support.entities import sell_under_names

PERIOD = "2026-10"
CUSTOMERS = 12
LINES = 4_000


@dataclass(frozen=True)
class Month:
    """A generated month: its delivery drop and its configuration."""

    seed: int
    root: Path

    @property
    def deliveries(self) -> Path:
        return self.root / "deliveries"

    @property
    def config(self) -> Path:
        return self.root / "config"

    def truth(self) -> Truth:
        return compute(self.deliveries, self.config, PERIOD)


def generate(root: Path, seed: int) -> Month:
    engine.generate(root, PERIOD, customers=CUSTOMERS, lines=LINES, seed=seed, truth=False)
    sell_under_names(root / "config")
    return Month(seed, root)


def bill(month: Month, lake: Path) -> Path:
    """Run the month into a lake; returns the folder of the marts that it built."""
    report = engine.run(PERIOD, lake=lake, config=month.config, deliveries=month.deliveries)
    assert report.publish is not None, [str(problem) for problem in report.problems]
    assert report.build is not None
    return Lake(lake.resolve()).build(BillingPeriod(PERIOD), report.build.build_id)


def tree(root: Path) -> dict[str, str]:
    """Hash of every visible file below a folder by its relative name; hidden ones are work in progress."""
    files = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def published(lake: Path) -> dict[str, str]:
    """What readers of the lake can see: bundles and their pointers, byte for byte."""
    return tree(Lake(lake).published(BillingPeriod(PERIOD)))


def drops(deliveries: Path, scratch: Path) -> Iterator[Path]:
    """The month's deliveries as single drops, one unit each, every one with its provider's control file."""
    for provider in sorted(path for path in deliveries.iterdir() if path.is_dir()):
        for unit in sorted(path for path in provider.iterdir() if path.is_dir()):
            drop = scratch / f"{provider.name}-{unit.name}"
            shutil.copytree(unit, drop / provider.name / unit.name)
            shutil.copy(provider / "invoices.csv", drop / provider.name / "invoices.csv")
            yield drop
