"""What a provider room promises: its deliveries, how to stage them, how to count them.

A room is a folder with the same files for every provider: README.md, config.py, export.py, columns.csv,
focus.sql, totals.sql. The room `focus` reads FOCUS files, whoever wrote them. `export.py` implements
`BillingExport`; everything that is alike for all rooms (hashing, versions, slices) is in `intake.py` and
`slices.py`, never in a room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb


@dataclass(frozen=True)
class SourceFile:
    """One data file that a manifest names. `rows` is the manifest's promise, if it makes one."""

    name: str
    path: Path
    rows: int | None = None


@dataclass(frozen=True)
class Delivery:
    """One versioned export as its manifest describes it; nothing is read but the manifest."""

    provider: str
    # azure: (unbilled_)usage | (unbilled_)reconciliation | actual | amortized; aws: cur2 | cur;
    # gcp: rebilling | detailed; any: focus
    kind: str
    account: str  # the provider's billing account (partner tenant, payer, parent account)
    period: str  # YYYY-MM
    unit: str  # what one delivery replaces as a whole: CSP invoice id; payer or parent account and month
    version: str  # the provider's id of this version: eTag, execution or assembly id, export id
    order: str  # sorts versions of one unit and kind, oldest first: created / execution / max export time
    manifest: Path
    files: tuple[SourceFile, ...]
    rows: int | None = None  # total promised by the manifest
    attributes: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, ...] = ()  # manifest fields that are credentials: blanked before anything is kept or hashed


class BillingExport(Protocol):
    """The verbs of a provider room."""

    name: str
    """`azure`, `aws`, `gcp` or `focus`."""

    books: tuple[tuple[str, ...], ...]
    """Which kinds book a unit, best first: the first group of which a unit has any kind is used."""

    amortizes: bool
    """Whether the provider leaves amortized cost out, so that it is derived: see `amortization.py`."""

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every delivery below `root`, read from manifests only. Raises BadDelivery naming the manifest."""

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create the `raw_*` views that focus.sql and totals.sql read, all values still exact text or native.

        Each view has x_SourceFile INTEGER (ordinal in the slice) and x_SourceRow BIGINT (0-based, in file
        order). Missing required columns raise BadDelivery; missing optional ones are added as null.
        """
