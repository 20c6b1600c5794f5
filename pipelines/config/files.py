"""Configuration files as records: text with the file and line it stands on, nothing interpreted.

CSV and YAML give the same records. YAML scalars stay the text that was written: `0.1` never becomes a
float, `2026-10-01` no timestamp, `NO` no boolean. What a field means is decided in models.py.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pipelines.config.records import Place, Record, Unreadable
from pipelines.config.yaml_text import read_yaml
from pipelines.errors import Problem

SUFFIXES = (".csv", ".yaml", ".yml")
SUGGESTION_LIMIT = 50  # similar names are searched for the first problems only: the search is slow


def nearest(name: str, names: Iterable[str], found: Sequence[Problem] = ()) -> str:
    """`, did you mean 'x'?` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1) if len(found) < SUGGESTION_LIMIT else []
    return f", did you mean {close[0]!r}?" if close else ""


def record_files(directory: Path) -> list[Path]:
    """Every CSV and YAML file below a directory, in name order; hidden files and folders are not config."""
    found = (path for path in directory.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(directory).parts))


def files_of(directory: Path, kind: str) -> list[Path]:
    """The files that hold one kind of record: `kind.csv|yaml|yml` and everything in a folder `kind/`."""
    names = [path.relative_to(directory) for path in record_files(directory)]
    return [directory / name for name in names if kind in (name.parts[0], name.stem if len(name.parts) == 1 else "")]


def read_records(
    path: Path, root: Path, fields: Collection[str], required: Collection[str], problems: list[Problem]
) -> list[Record]:
    """The records of one CSV or YAML file.

    A CSV header holds nothing but `fields`, and all of `required`. Raises Unreadable when the syntax is broken.
    """
    name = path.relative_to(root).as_posix()
    text = read_text(path, name)
    if path.suffix == ".csv":
        return list(_csv_records(text, name, fields, required, problems))
    documents = read_yaml(text, name, problems)
    top = documents if isinstance(documents, list) else [] if documents is None else [documents]
    records = []
    for item in top:
        if isinstance(item, Record):
            records.append(item)
        else:
            what = "the file is not a list of mappings"
            problems.append(Problem(name, what, "write one `- field: value` block for each record"))
    return records


def read_text(path: Path, name: str) -> str:
    """The text of a file, without a byte order mark. Raises Unreadable when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(name, f"not UTF-8 text (byte {error.start})", "save the file with UTF-8 encoding")
        raise Unreadable(problem) from error


def _csv_records(
    text: str, name: str, fields: Collection[str], required: Collection[str], problems: list[Problem]
) -> Iterator[Record]:
    rows = _csv_rows(text, name)
    header_line, header = next(rows, (1, []))
    columns = _csv_header(header, Place(name, header_line), fields, problems)
    missing = [column for column in required if column not in header]
    if missing:
        what = f"the header lacks {', '.join(missing)}"
        raise Unreadable(Place(name, header_line).problem(what, f"the columns are {','.join(fields)}"))
    for line, row in rows:
        place = Place(name, line)
        if len(row) != len(header):
            what = f"{len(row)} values under {len(header)} column names"
            problems.append(place.problem(what, "give every column a value or a blank, and quote values with commas"))
            continue
        yield Record(place, {column: row[index] or None for index, column in columns}, {})


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they start on; blank lines and lines that start with # are comments."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        problem = Problem(name, f"broken CSV: {error}", "close every quote and double the quotes inside", line)
        raise Unreadable(problem) from error


def _csv_header(
    header: list[str], place: Place, fields: Collection[str], problems: list[Problem]
) -> list[tuple[int, str]]:
    """(position, name) of the usable columns; unknown and repeated names are problems, once per file."""
    if not header:
        raise Unreadable(place.problem("the file is empty", f"begin with the header {','.join(fields)}"))
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise Unreadable(place.problem("the columns are not separated by commas", "save the file as comma-separated"))
    columns: dict[str, int] = {}
    for index, column in enumerate(header):
        if column in columns:
            problems.append(place.problem(f"column {column!r} stands twice", "keep one of them", column))
        elif column not in fields:
            what = f"unknown field {column!r}{nearest(column, fields)}"
            problems.append(place.problem(what, f"use one of {', '.join(fields)}", column))
        else:
            columns[column] = index
    return [(index, column) for column, index in columns.items()]
