"""Cost and Usage rows of our own FOCUS version as an older one, for readers that know only that.

Which columns the other version has, and where the value of a column that ours lacks comes from, is data in
`focus_schemas/`. A rendition renames and leaves out; it never computes, so no amount can change. Whether a buyer may
see a column is not decided here: what is not in the source is not in the rendition.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import Problem, RebillError
from pipelines.lake import ROW_GROUP, write_batches
from pipelines.schemas import Column, dataset

FOCUS_1_2 = "1_2"
OWN = "x_"


def rendered(table: pa.Table, version: str = FOCUS_1_2, *, extensions: bool = True) -> pa.Table:
    """The same rows with the columns of `version` in their order, then (unless told otherwise) our `x_` columns.

    A column named by `from` holds the first of its sources that is filled; sources that the table lacks count as empty.
    Raises RebillError naming every column of `version` for which the table has no source at all.
    """
    columns = dataset("cost_and_usage", version)
    missing = [column for column in columns if not _sources(column, table)]
    if missing:
        raise RebillError([_problem(column, version) for column in missing])
    filled = {column.id: _filled(table, column) for column in columns}
    if extensions:
        filled |= {name: table[name] for name in table.column_names if name.startswith(OWN)}
    return pa.table(filled)


def write_rendition(source: Path, target: Path, version: str = FOCUS_1_2, *, extensions: bool = True) -> int:
    """Render a Parquet file of charges, a slice's or a bundle's, part by part and in its order; returns the rows."""
    with rendering(source, version, extensions=extensions) as (reader, _):
        return write_batches(reader, target)


@contextmanager
def rendering(
    source: Path, version: str = FOCUS_1_2, *, extensions: bool = True
) -> Iterator[tuple[pa.RecordBatchReader, int]]:
    """The rendered rows of a Parquet file as batches of at most ROW_GROUP, in its order, and how many there are."""
    with pq.ParquetFile(source) as file:
        schema = rendered(file.schema_arrow.empty_table(), version, extensions=extensions).schema
        batches = (
            batch
            for read in file.iter_batches(ROW_GROUP)
            for batch in rendered(pa.table(read), version, extensions=extensions).combine_chunks().to_batches()
        )
        yield pa.RecordBatchReader.from_batches(schema, batches), file.metadata.num_rows


def _sources(column: Column, table: pa.Table) -> list[str]:
    return [name for name in column.sources or (column.id,) if name in table.column_names]


def _filled(table: pa.Table, column: Column) -> pa.ChunkedArray:
    names = _sources(column, table)
    if len(names) == 1:
        return table[names[0]]
    return pc.coalesce(*(_plain(table[name]) for name in names))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _problem(column: Column, version: str) -> Problem:
    wanted = " or ".join(column.sources or (column.id,))
    return Problem("cost_and_usage", f"no {wanted}, which FOCUS {version.replace('_', '.')} needs for {column.id}",
                   "render a file of whole FOCUS rows")  # fmt: skip
