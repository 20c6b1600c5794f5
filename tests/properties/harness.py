"""The engine on the FOCUS rows of a world, without provider files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest

from pipelines import building
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from tests.oracle.worlds import PERIOD, World
from tests.support.compiled import Compiled
from tests.support.slices import add_slice


class Engine:
    """Bills worlds with the compiled project in place of dbt."""

    def __init__(self, compiled: Compiled, root: Path, patch: pytest.MonkeyPatch) -> None:
        self._root = root
        compiled.stand_in(patch)

    @contextmanager
    def billed(self, world: World) -> Iterator[Path]:
        """The marts of a world, in a lake that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self._root) as place:
            yield self.bill(world, Path(place))

    def bill(self, world: World, place: Path) -> Path:
        """The marts of a world in a lake below `place`. Raises what a build raises."""
        lake = Lake(place / "lake")
        for unit, charges in groupby(sorted(world.rows, key=_unit), key=_unit):
            add_slice(lake, [_explicit(row) for row in charges], unit=unit)
        config = world.write(place / "config")
        return building.build(lake, Ledger(lake), BillingPeriod(PERIOD), config, silent).directory


def _unit(row: dict[str, str | None]) -> str:
    """The slice of a row."""
    return f"{row['x_Provider']}-{row['BillingAccountId']}"


def _explicit(row: dict[str, str | None]) -> dict[str, str]:
    """A row that leaves nothing to the defaults of hand-written slices."""
    nulls = dict.fromkeys(("PricingQuantity", "PricingUnit", "SkuId", "SubAccountId", "InvoiceId"), "null")
    return nulls | {name: value for name, value in row.items() if value is not None}
