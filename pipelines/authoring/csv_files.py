"""A CSV file that can be edited without touching what is not meant: comments, order, quotes, line ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BYTE_ORDER_MARK = "\ufeff"


@dataclass(eq=False)
class Row:
    """One record: values by column, blank as empty text, and its text as it stands in the file.

    `line` counts from 1; a new row has none and no text.
    """

    values: dict[str, str]
    line: int | None = None
    source: str = ""


class CsvFile:
    """The header, records and comments of one file. A file that is not there begins with `columns`."""

    def __init__(self, path: Path, columns: Iterable[str] = ()) -> None:
        self.path = path
        self.columns: list[str] = []
        self.added: list[str] = []
        text = path.read_bytes().decode("utf-8") if path.exists() else ",".join(columns) + "\n"
        self.mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._parts: list[str | Row] = []
        self._changed: set[int] = set()
        self._followers: dict[int, list[Row]] = {}
        self._parse(text.removeprefix(BYTE_ORDER_MARK))

    def _parse(self, text: str) -> None:
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, strict=True)
        start = 0
        for cells in ([cell.strip() for cell in row] for row in reader):
            source = "".join(lines[start : reader.line_num])
            if not any(cells) or cells[0].startswith("#"):
                self._parts.append(source)
            elif not self.columns:
                self.columns = cells
                self._header = len(self._parts)
                self._parts.append(source)
            else:
                self._parts.append(Row(dict(zip(self.columns, cells, strict=True)), start + 1, source))
            start = reader.line_num

    @property
    def rows(self) -> list[Row]:
        """The records that stand in the file."""
        return [part for part in self._parts if isinstance(part, Row)]

    @property
    def is_changed(self) -> bool:
        return bool(self._changed)

    def change(self, row: Row, values: Mapping[str, str]) -> None:
        """Give some columns of a row other values; a column that the file lacks is added at its end."""
        self._need(values)
        row.values.update(values)
        self._changed.add(id(row))

    def add(self, values: Mapping[str, str], after: Row | None = None) -> Row:
        """A new row behind another one, else at the end."""
        self._need(values)
        row = Row(dict(values))
        if after is None:
            self._parts.append(row)
        else:
            self._followers.setdefault(id(after), []).insert(0, row)
        self._changed.add(id(row))
        return row

    def _need(self, values: Mapping[str, str]) -> None:
        for column, value in values.items():
            if value and column not in self.columns and column not in self.added:
                self.added.append(column)

    def text(self) -> str:
        """The whole file as it is to be written."""
        lines = (line for place, part in enumerate(self._parts) for line in self._shown(place, part))
        return self.mark + "".join(line if line.endswith(("\n", "\r")) else line + self.newline for line in lines)

    def _shown(self, place: int, part: str | Row) -> Iterator[str]:
        if isinstance(part, str):
            yield ",".join([part.rstrip("\r\n"), *self.added]) if place == self._header and self.added else part
            return
        if id(part) in self._changed:
            yield self._written([part.values.get(column, "") for column in (*self.columns, *self.added)])
        else:
            yield part.source.rstrip("\r\n") + "," * len(self.added) if self.added else part.source
        for row in self._followers.get(id(part), ()):
            yield from self._shown(-1, row)

    def _written(self, cells: list[str]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow(cells)
        return buffer.getvalue()
