"""`focus_schemas/` as typed records: the FOCUS columns, our extensions and the storage types.

Nothing is written twice: dbt contracts, Parquet types, the slice writer and the docs read it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "focus_schemas"
VERSION = "1_4"


@dataclass(frozen=True)
class Column:
    """One column: its FOCUS id, storage type (DuckDB name), nullability, allowed values, meaning.

    `sources`: for a column of an older version that ours lacks, the columns of ours that fill it, the first one first.
    """

    id: str
    storage: str
    nulls: bool
    values: tuple[str, ...]
    meaning: str
    in_rate_key: bool
    sources: tuple[str, ...] = ()


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@cache
def storage_types() -> dict[str, str]:
    """FOCUS type name -> DuckDB type name."""
    return {name: str(storage) for name, storage in _read(SCHEMAS / "types.yml").items()}


@cache
def dataset(name: str, version: str = VERSION) -> tuple[Column, ...]:
    """The columns of one FOCUS dataset, e.g. `cost_and_usage`, in their order of publication."""
    records = _read(SCHEMAS / f"v{version}" / f"{name}.yml")["columns"]
    rate_key = set(_read(SCHEMAS / "extensions.yml")["rate_key"]) if name == "cost_and_usage" else set()
    return tuple(_column(record, record["id"] in rate_key) for record in records)


@cache
def dataset_id(name: str, version: str = VERSION) -> str:
    """The name that FOCUS has for a dataset: CostAndUsage for cost_and_usage."""
    return str(_read(SCHEMAS / f"v{version}" / f"{name}.yml")["dataset"])


@cache
def dataset_types(name: str, version: str = VERSION) -> dict[str, str]:
    """FOCUS column -> its FOCUS type, a key of types.yml."""
    records = _read(SCHEMAS / f"v{version}" / f"{name}.yml")["columns"]
    return {str(record["id"]): str(record["type"]) for record in records}


@cache
def extensions() -> tuple[Column, ...]:
    """Our `x_` columns of a focus slice, in order."""
    return tuple(_column(record, bool(record["key"])) for record in _read(SCHEMAS / "extensions.yml")["columns"])


@cache
def slice_columns() -> tuple[Column, ...]:
    """All columns of a focus slice: FOCUS 1.4 Cost and Usage, then ours."""
    return dataset("cost_and_usage") + extensions()


@cache
def rate_key_columns() -> tuple[str, ...]:
    """The columns that make a rate key, FOCUS ones first."""
    return tuple(column.id for column in slice_columns() if column.in_rate_key)


def _column(record: dict[str, Any], in_rate_key: bool) -> Column:
    return Column(
        id=record["id"],
        storage=storage_types()[record["type"]],
        nulls=bool(record["nulls"]),
        values=tuple(record.get("values", ())),
        meaning=record["meaning"],
        in_rate_key=in_rate_key,
        sources=tuple(record.get("from", ())),
    )
