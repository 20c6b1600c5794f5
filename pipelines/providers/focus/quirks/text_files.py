"""CSV files as DuckDB reads them here: every value text, nothing guessed."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import BadDelivery, Problem
from pipelines.providers.staging import literal

BUFFER = 8 << 20
"""Bytes of text in memory at once, per thread; four times as many is DuckDB's own choice."""


def headers(path: Path, name: str) -> list[str]:
    """The headers of a CSV file. Raises BadDelivery where there are none, or one of them stands twice."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
        found = [header.strip() for header in next(csv.reader(stream), [])]
    if not found:
        raise BadDelivery(Problem(name, "the file has no header line", "fetch it again"))
    folded = [header.casefold() for header in found]
    twins = [header for place, header in enumerate(found) if header.casefold() in folded[:place]]
    if twins:
        raise BadDelivery(
            [
                Problem(name, f"column {twin} stands twice", "export again with one column of a name", column=twin)
                for twin in twins
            ]
        )
    return found


def relation(path: Path, names: Sequence[str]) -> str:
    """FROM item over a CSV file, columns c0, c1, ... as text in file order."""
    types = ", ".join(f"'c{position}': 'varchar'" for position in range(len(names)))
    return (
        f"read_csv({literal(path)}, auto_detect = false, header = false, skip = 1, delim = ',', "
        f"quote = '\"', escape = '\"', strict_mode = true, null_padding = false, buffer_size = {BUFFER}, "
        f"columns = {{{types}}})"
    )
