"""Where the assets find the lake, the configuration and the deliveries. Values come from the environment."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.progress import Reporter


class Places(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Folders of one installation; each has an environment variable."""

    lake: str = os.environ.get("REBILL_LAKE", "data/lake")
    config: str = os.environ.get("REBILL_CONFIG", "data/demo/config")
    deliveries: str = os.environ.get("REBILL_DELIVERIES", "data/demo/deliveries")

    @property
    def lake_path(self) -> Path:
        return Path(self.lake)

    @property
    def config_path(self) -> Path:
        return Path(self.config)

    @property
    def deliveries_path(self) -> Path:
        return Path(self.deliveries)

    @property
    def place(self) -> Lake:
        """The lake, to read figures from."""
        return Lake(self.lake_path.resolve())

    @property
    def ledger(self) -> Ledger:
        """The lake's ledger, to read figures from."""
        return Ledger(self.place)


def logging_reporter(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext,
) -> Reporter:
    """Progress of a verb as lines of the run's log."""

    def report(layer: str, text: str) -> None:
        context.log.info("%s: %s", layer, text)

    return report
