"""What every provider room needs to read its files: column lists, whole-file checks, exact sums.

A room describes its source columns in `columns.csv` and asks here which header carries which column, how
to select it as exact text, and whether a delivered file is whole. Nothing here knows a provider, and
nothing here writes to the lake.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import BadDelivery, Problem
from pipelines.providers.export import Delivery

CHUNK = 1 << 20
SCRATCH = "(format parquet, compression zstd, compression_level 1, row_group_size 12288)"
"""How a file that only this run reads is written. A row group is in memory as a whole, once per thread, and texts are
wide: ten times as many rows do not fit half a gigabyte, and to spill them costs four times the work itself."""
ROOMS = Path(__file__).resolve().parent
MACROS = (ROOMS / "macros.sql").read_text(encoding="utf-8")
CASTS = {
    ("text", "text"): "nullif(cast({0} as varchar), '')",
    # The shortest exact text of a double, the digits of a decimal; some writers spell an absent number None.
    ("decimal", "text"): "nullif(nullif(trim(cast({0} as varchar)), ''), 'None')",
    ("decimal", "number"): "cast({0} as varchar)",
    ("timestamp", "text"): "cast(cast(nullif(cast({0} as varchar), '') as timestamptz) as timestamp)",
    ("timestamp", "time"): "cast({0} as timestamp)",
    ("map", "text"): "cast({0} as map(varchar, varchar))",
}
NULLS = {"decimal": "varchar", "text": "varchar", "timestamp": "timestamp", "map": "map(varchar, varchar)"}


@dataclass(frozen=True)
class SourceColumn:
    """One line of a room's columns.csv.

    `type` is text, decimal, timestamp, map, native (as it is: lists) or ignored (known, not read).
    """

    name: str
    aliases: tuple[str, ...]
    type: str
    required: bool
    meaning: str


@dataclass(frozen=True)
class Matched:
    """Which headers of a file carry which column, and the headers that no column claims."""

    columns: tuple[tuple[SourceColumn, tuple[str, ...]], ...]
    extras: tuple[str, ...]


def source_columns(path: Path) -> tuple[SourceColumn, ...]:
    """Read a columns.csv (name,aliases,type,required,meaning; aliases separated by |)."""
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(
            SourceColumn(
                record["name"],
                tuple(alias for alias in record["aliases"].split("|") if alias),
                record["type"],
                record["required"] == "yes",
                record["meaning"],
            )
            for record in csv.DictReader(stream)
        )


def match_columns(found: Sequence[str], columns: Sequence[SourceColumn], file: str) -> Matched:
    """Pair a file's headers with the columns by name or alias, whatever their case.

    Raises BadDelivery with one problem per missing required column.
    """
    claims = {alias.casefold(): column.name for column in columns for alias in (column.name, *column.aliases)}
    taken: dict[str, list[str]] = {}
    extras = []
    for header in found:
        owner = claims.get(header.strip().casefold())
        if owner is None:
            extras.append(header)
        else:
            taken.setdefault(owner, []).append(header)
    missing = [column for column in columns if column.required and column.name not in taken]
    if missing:
        raise BadDelivery(
            [
                Problem(
                    file,
                    f"required column {column.name} is missing ({column.meaning})",
                    "export again with this column, or name its new header in columns.csv",
                    column=column.name,
                )
                for column in missing
            ]
        )
    return Matched(tuple((column, tuple(taken.get(column.name, ()))) for column in columns), tuple(extras))


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """A quoted SQL text."""
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Leaf:
    """One value of a file that a column can come from: its SQL, and whether it is text, number or time."""

    sql: str
    kind: str = "text"


def select_items(matched: Matched, leaves: Mapping[str, Leaf] | None = None) -> list[str]:
    """One `expression as "name"` per column of columns.csv: exact text, null where the file lacks it.

    `leaves` describes headers that are not plain text columns (`parquet_leaves`). Native columns are given
    as they are and left out where the file lacks them: the room knows their type.
    """
    items = []
    for column, headers in matched.columns:
        if column.type == "ignored" or (column.type == "native" and not headers):
            continue
        casts = [_cast(column.type, _leaf(header, leaves)) for header in headers]
        text = f"cast(null as {NULLS[column.type]})" if not casts else casts[0]
        text = text if len(casts) < 2 else f"coalesce({', '.join(casts)})"
        items.append(f"{text} as {identifier(column.name)}")
    return items


def _leaf(header: str, leaves: Mapping[str, Leaf] | None) -> Leaf:
    return (leaves or {}).get(header, Leaf(identifier(header)))


def _cast(target: str, leaf: Leaf) -> str:
    if target == "native":
        return leaf.sql
    return CASTS.get((target, leaf.kind), CASTS[target, "text"]).format(leaf.sql)


def extras_item(headers: Sequence[str], leaves: Mapping[str, Leaf] | None = None, name: str = "x_Extras") -> str:
    """A JSON object of the given source columns as text, null where all of them are empty."""
    if not headers:
        return f"cast(null as varchar) as {identifier(name)}"
    texts = [_cast("text", _leaf(header, leaves)) for header in headers]
    fields = ", ".join(f"{literal(header)}, {text}" for header, text in zip(headers, texts, strict=True))
    present = f"coalesce({', '.join(texts)}) is not null"
    # Merging into {} drops the empty fields: an extra that a row does not have is not worth a null.
    merged = f"cast(json_merge_patch('{{}}', json_object({fields})) as varchar)"
    return f"case when {present} then {merged} end as {identifier(name)}"


def each(manifests: Iterable[Path], read: Callable[[Path], Delivery | None]) -> Iterator[Delivery]:
    """Read every manifest; yield what is sound first, then raise one BadDelivery with all the problems.

    So one bad manifest never hides the deliveries that follow it. None means: not a manifest of this room.
    """
    problems: list[Problem] = []
    for manifest in manifests:
        try:
            delivery = read(manifest)
        except BadDelivery as error:
            problems.extend(error.problems)
        else:
            if delivery is not None:
                yield delivery
    if problems:
        raise BadDelivery(problems)


def find_manifests(root: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """Files below `root` whose name ends with one of the suffixes, in path order. Hidden folders are skipped."""
    if not root.is_dir():
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(tuple(suffixes)):
                yield Path(folder, name)


def read_manifest(path: Path, required: Sequence[str] = ()) -> dict[str, Any]:
    """A manifest's JSON object; numbers with a fraction stay text. Raises BadDelivery naming what is wrong."""
    again = "fetch the manifest again; a manifest is written last, so the delivery may not be finished"
    try:
        loaded = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=str)
    except (OSError, ValueError) as error:
        raise BadDelivery(Problem(str(path), f"the manifest cannot be read: {error}", again)) from error
    if not isinstance(loaded, dict):
        raise BadDelivery(Problem(str(path), "the manifest is not a JSON object", again))
    missing = [key for key in required if loaded.get(key) in (None, "")]
    if missing:
        raise BadDelivery([Problem(str(path), f"the manifest has no {key}", again, column=key) for key in missing])
    return loaded


def child_path(root: Path, name: str, manifest: Path) -> Path:
    """`root/name`, refusing names that leave the delivery's folder."""
    relative = PurePosixPath(name)
    if not name or relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name:
        raise BadDelivery(
            Problem(
                str(manifest),
                f"the manifest names {name!r}, outside the delivery's folder",
                "do not load this delivery; ask who wrote the manifest",
            )
        )
    return root / relative


def count_rows(path: Path) -> int | None:
    """Read a data file to its last byte and count its rows; None for a kind that has no rows.

    Raises BadDelivery when the file is absent, cut off, corrupt or empty where a header must be.
    """
    name = path.name.lower()
    try:
        if name.endswith(".parquet"):
            return int(pq.read_metadata(path).num_rows)
        if name.endswith((".csv", ".csv.gz")):
            return _count_lines(path, quoted=True, header=True)
        if name.endswith((".json", ".json.gz", ".jsonl", ".jsonl.gz")):
            return _count_lines(path, quoted=False, header=False)
        if not path.is_file():
            raise FileNotFoundError("no such file")
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise BadDelivery(
            Problem(str(path), f"the file is missing or damaged: {error}", "fetch this file again and ingest once more")
        ) from error
    return None


def _count_lines(path: Path, *, quoted: bool, header: bool) -> int:
    """Count records: line ends outside quotes, blank lines left out, a last line without an end counted."""
    lines, in_quotes, content = 0, False, False
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            assert isinstance(chunk, bytes)
            pieces = chunk.split(b'"') if quoted else [chunk]
            for index, piece in enumerate(pieces):
                if index:
                    in_quotes, content = not in_quotes, True
                if in_quotes:
                    continue
                first, *rest = piece.split(b"\n")
                content = content or bool(first.strip())
                for text in rest:
                    lines += content
                    content = bool(text.strip())
    return lines + content - (1 if header and (lines or content) else 0)


def prepare(con: duckdb.DuckDBPyConnection, provider: str) -> None:
    """Give a connection what a room's SQL may use: the macros of macros.sql; raw_services, its services.csv as text."""
    con.execute(MACROS)
    con.execute(
        "create or replace table raw_services as select * "
        f"from read_csv({literal(ROOMS / provider / 'services.csv')}, header = true, all_varchar = true)"
    )


def distinct_values(con: duckdb.DuckDBPyConnection, view: str, column: str) -> list[str]:
    """The distinct non-null texts of a staged column, sorted."""
    query = f"select distinct {column} as value from {view} where {column} is not null order by value"
    return [str(row[0]) for row in con.execute(query).fetchall()]


def refuse_mixed_currencies(con: duckdb.DuckDBPyConnection, view: str, column: str, file: str) -> None:
    """One bill has one currency: raise BadDelivery naming all that were found when there are more."""
    currencies = distinct_values(con, view, column)
    if len(currencies) > 1:
        raise BadDelivery(
            Problem(
                file,
                f"one bill mixes the currencies {', '.join(currencies)}",
                "ask the provider for a delivery with one currency per bill",
                column=column,
            )
        )


def promised(files: Sequence[Mapping[str, Any] | str], key: str) -> list[tuple[str, int | None]]:
    """(name, promised rows) of a manifest's file list, whose entries may be objects or plain names."""
    pairs: list[tuple[str, int | None]] = []
    for entry in files:
        if isinstance(entry, str):
            pairs.append((entry, None))
        else:
            rows = entry.get("rows")
            pairs.append((str(entry.get(key, "")), None if rows is None else int(rows)))
    return pairs


def parquet_groups(files: Sequence[Path]) -> list[tuple[pa.Schema, list[int]]]:
    """The files' ordinals grouped by equal schema: reading unlike files as one would widen exact to double."""
    groups: list[tuple[pa.Schema, list[int]]] = []
    for ordinal, path in enumerate(files):
        schema = pq.read_schema(path).remove_metadata()
        for known, ordinals in groups:
            if known.equals(schema):
                ordinals.append(ordinal)
                break
        else:
            groups.append((schema, [ordinal]))
    return groups


def parquet_leaves(schema: pa.Schema) -> dict[str, Leaf]:
    """Every value of a Parquet schema by dotted path; structs are opened, lists and maps stay whole."""
    leaves: dict[str, Leaf] = {}

    def visit(path: str, sql: str, kind: pa.DataType) -> None:
        if pa.types.is_struct(kind):
            for part in kind:
                visit(f"{path}.{part.name}", f"struct_extract({sql}, {literal(part.name)})", part.type)
        elif pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
            leaves[path] = Leaf(sql, "number")
        else:
            leaves[path] = Leaf(sql, "time" if pa.types.is_temporal(kind) else "text")

    for part in schema:
        visit(part.name, identifier(part.name), part.type)
    return leaves


def parquet_relation(files: Sequence[Path], ordinals: Sequence[int]) -> tuple[str, list[str]]:
    """FROM item over some of the files, and the select items x_SourceFile, x_SourceRow for it."""
    paths = ", ".join(literal(files[ordinal]) for ordinal in ordinals)
    position = f"cast([{', '.join(map(str, ordinals))}][cast(file_index + 1 as bigint)] as integer)"
    if list(ordinals) == list(range(ordinals[0], ordinals[0] + len(ordinals))):
        position = f"cast(file_index + {ordinals[0]} as integer)"
    row = "cast(file_row_number as bigint)"
    return (
        f"read_parquet([{paths}], file_row_number = true, hive_partitioning = false)",
        [f"{position} as x_SourceFile", f"{row} as x_SourceRow"],
    )
