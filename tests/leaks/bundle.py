"""What a buyer holds: every file of its bundle, read in every way that a file can be read."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]
NUMBER = re.compile(r"(?<![\w.])-?\d{1,26}(?:\.\d{1,26})?(?![\w.])")


@dataclass(frozen=True)
class Bundle:
    """One version directory, as its buyer downloads it; `label` names the edge in findings."""

    label: str
    folder: Path

    @cached_property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    @cached_property
    def tables(self) -> dict[str, list[Row]]:
        """Rows of every table file, in file order, by file name."""
        found: dict[str, list[Row]] = {}
        for path in self.files:
            if path.suffix == ".parquet":
                found[path.name] = pq.read_table(path, partitioning=None).to_pylist()
            elif path.suffix == ".csv":
                with path.open(encoding="utf-8", newline="") as stream:
                    found[path.name] = list(csv.DictReader(stream))
        return found

    @property
    def charges(self) -> list[Row]:
        return self.tables["cost_and_usage.parquet"]

    @property
    def period(self) -> str:
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return str(manifest["BillingPeriod"])

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every distinct text of the bundle, and one place where it stands."""
        found: dict[str, str] = {}
        for place, text in self._all_texts():
            found.setdefault(text, place)
        return found

    def _all_texts(self) -> Iterator[tuple[str, str]]:
        for path in self.files:
            yield "file name", path.name
            if path.suffix == ".parquet":
                yield from _texts_of_parquet(path)
            elif path.suffix == ".json":
                yield from _texts_of_json(path.name, json.loads(path.read_text(encoding="utf-8")))
            else:
                yield path.name, path.read_text(encoding="utf-8")
        for name, rows in self.tables.items():
            for row in rows:
                yield from ((f"{name}.{column}", value) for column, value in row.items() if isinstance(value, str))

    @cached_property
    def numbers(self) -> dict[Decimal, str]:
        """Every distinct number of the bundle, also those inside texts, and one place where it stands."""
        found: dict[Decimal, str] = {}
        for name, rows in self.tables.items():
            for row in rows:
                for column, value in row.items():
                    if isinstance(value, Decimal | int):
                        found.setdefault(Decimal(value).normalize(), f"{name}.{column}")
        for text, place in self.texts.items():
            for match in NUMBER.findall(text) if len(text) < 4_096 else ():
                found.setdefault(Decimal(match).normalize(), place)
        return found


def _texts_of_parquet(path: Path) -> Iterator[tuple[str, str]]:
    """Metadata, statistics and whole dictionaries, used or not."""
    file = pq.ParquetFile(path)
    metadata = file.metadata
    for key, value in (metadata.metadata or {}).items():
        yield f"{path.name} metadata", f"{key!r}: {value!r}"
    yield from ((f"{path.name} columns", name) for name in metadata.schema.names)
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.is_stats_set and column.statistics.has_min_max:
                place = f"{path.name} statistics of {column.path_in_schema}"
                yield place, str(column.statistics.min)
                yield place, str(column.statistics.max)
    texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    for column in pq.ParquetFile(path, read_dictionary=texts).read().itercolumns():
        for chunk in column.chunks:
            if pa.types.is_dictionary(chunk.type):
                yield from ((f"{path.name} dictionary", text) for text in chunk.dictionary.to_pylist() if text)


def _texts_of_json(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield place, key
            yield from _texts_of_json(f"{place}.{key}", entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts_of_json(place, entry)
    else:
        yield place, str(value)
