"""All records of one kind, wherever they stand, as rows that can be ended, changed and followed by new ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.authoring.csv_files import CsvFile, Row
from pipelines.config import fields
from pipelines.config.fields import OPEN_END, OPEN_START, Shape
from pipelines.config.files import files_of, read_records
from pipelines.errors import BadConfig, Problem


@dataclass(eq=False)
class Entry:
    """One record. `file` is None where it stands in YAML: then it can be read but not changed."""

    place: str
    row: Row
    file: CsvFile | None

    def __getitem__(self, column: str) -> str:
        return self.row.values.get(column, "")

    @property
    def valid_from(self) -> date:
        return fields.day(self["valid_from"]) if self["valid_from"] else OPEN_START

    @property
    def valid_to(self) -> date:
        return fields.day(self["valid_to"]) if self["valid_to"] else OPEN_END

    def holds(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


class Sheet:
    """The records of one kind of a valid directory, found by the value of one column that never changes."""

    def __init__(self, directory: Path, kind: str, shape: Shape[Any], key: str) -> None:
        self.directory = directory
        self.kind = kind
        self.key = key
        self.files: list[CsvFile] = []
        self._entries: defaultdict[str, list[Entry]] = defaultdict(list)
        for path in files_of(directory, kind):
            name = path.relative_to(directory).as_posix()
            if path.suffix == ".csv":
                file = CsvFile(path)
                self.files.append(file)
                for row in file.rows:
                    self._keep(Entry(f"{name}:{row.line}", row, file))
            else:
                for record in read_records(path, directory, shape.names, shape.required, []):
                    values = {column: value for column, value in record.values.items() if isinstance(value, str)}
                    self._keep(Entry(f"{name}:{record.place.line}", Row(values), None))

    def _keep(self, entry: Entry) -> None:
        self._entries[entry[self.key]].append(entry)

    @property
    def entries(self) -> Iterator[Entry]:
        return (entry for group in self._entries.values() for entry in group)

    def of(self, value: str) -> list[Entry]:
        """The entries with one value of the key column."""
        return list(self._entries.get(value, ()))

    def change(self, entry: Entry, values: Mapping[str, str]) -> None:
        """Change some columns of an entry. Raises BadConfig if it stands in YAML."""
        if entry.file is None:
            raise BadConfig(self._only_csv(entry.place))
        entry.file.change(entry.row, values)

    def add(self, values: Mapping[str, str], after: Entry | None) -> Entry:
        """A new entry behind another one, else at the end of the kind's first CSV file."""
        file = after.file if after is not None else next(iter(self.files), None)
        if file is None:
            raise BadConfig(self._only_csv(after.place if after is not None else self.kind))
        row = file.add(values, after.row if after is not None else None)
        entry = Entry(f"{file.path.relative_to(self.directory).as_posix()} (new)", row, file)
        self._keep(entry)
        return entry

    def texts(self) -> dict[Path, str]:
        """The new text of every file that has changed."""
        return {file.path: file.text() for file in self.files if file.is_changed}

    def _only_csv(self, place: str) -> Problem:
        what = f"the {self.kind} that would change do not stand in a CSV file"
        return Problem(place, what, f"only CSV files are edited: write this record by hand, or keep {self.kind} as CSV")
