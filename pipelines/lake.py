"""The lake on disk: where things are kept, the only opener of DuckDB and writer of Parquet.

Every path of the lake is named here. A file becomes visible under its name only when it is whole:
it is written beside it and renamed. Each run works in its own DuckDB file, so readers never meet a lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.layers import Layer
from pipelines.period import BillingPeriod

ROW_GROUP = 65_536
PER_THREAD = 400 << 20
"""Bytes that a thread of DuckDB is given: wide rows are sorted and written in less, but two threads then only spill."""
SIZES = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
MACROS = """
-- Exact decimals from text: the narrow cast is 30 times cheaper; the wide one takes what does not fit.
create or replace macro money(x) as
    coalesce(cast(try_cast(x as decimal(18,12)) as decimal(38,12)), cast(x as decimal(38,12)));
create or replace macro exact(x) as cast(x as decimal(38,24));
"""


def connect(
    path: Path | None = None, *, threads: int | None = None, memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with the settings every part of the project relies on; no extension is ever fetched."""
    con = duckdb.connect(
        str(path) if path else ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    con.execute("set timezone = 'UTC'")
    con.execute(f"set memory_limit = '{memory or os.environ.get('REBILL_MEMORY', '8GB')}'")
    con.execute(f"set threads = {threads or _fitting_threads(con)}")
    con.execute(MACROS)
    return con


def _fitting_threads(con: duckdb.DuckDBPyConnection) -> int:
    """As many threads as DuckDB would take, but no more than its memory feeds. Results depend on neither."""
    found = con.execute("select current_setting('memory_limit'), current_setting('threads')").fetchone()
    assert found is not None
    size, unit = str(found[0]).split()
    return max(1, min(int(found[1]), int(float(size) * SIZES[unit]) // PER_THREAD))


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write an ordered query to one Parquet file, byte for byte the same at any thread count.

    Row groups have a fixed size and one writer fills them in query order. Returns the row count.
    """
    reader = con.execute(query).to_arrow_reader(ROW_GROUP)
    return write_batches(reader, path)


def write_batches(reader: pa.RecordBatchReader, path: Path) -> int:
    """Write Arrow batches to one Parquet file with fixed row groups, then rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    rows = 0
    try:
        with pq.ParquetWriter(partial, reader.schema, compression="zstd", compression_level=1) as writer:
            for table in rechunk(reader):
                rows += table.num_rows
                writer.write_table(table, row_group_size=ROW_GROUP)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def rechunk(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Regroup batches of any size into tables of exactly ROW_GROUP rows (the last may be shorter)."""
    pending: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        pending.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP:
            table = pa.Table.from_batches(pending)
            yield table.slice(0, ROW_GROUP)
            pending = table.slice(ROW_GROUP).to_batches()
            count -= ROW_GROUP
    if count:
        yield pa.Table.from_batches(pending)


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(partial, 0o644)
    os.replace(partial, path)


def write_json(path: Path, value: object) -> None:
    """Write canonical JSON (sorted keys, two spaces, final newline) whole or not at all."""
    write_text(path, json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def staged_directory(target: Path) -> Iterator[Path]:
    """Fill a directory beside `target`; it takes the name only when the block ends well.

    If `target` appeared meanwhile (another run made the same content), the new one is dropped.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield partial
        os.chmod(partial, 0o755)
        if not target.exists():
            try:
                partial.rename(target)
            except OSError:
                if not target.exists():
                    raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def folder_name(identifier: str) -> str:
    """An id as one folder's name: slashes, colons and the like are percent-encoded, ordinary ids stay as they are."""
    return quote(identifier, safe=" @+")


@dataclass(frozen=True)
class Lake:
    """The folders of one lake. `root` holds everything; nothing else is written."""

    root: Path

    def layer(self, layer: Layer) -> Path:
        return self.root / layer.value

    @property
    def ledger_url(self) -> str:
        return os.environ.get("REBILL_LEDGER_URL", f"sqlite:///{self.root / 'ledger.sqlite'}")

    def delivery(self, provider: str, digest: str) -> Path:
        return self.layer(Layer.RAW) / f"provider={provider}" / f"delivery={digest[:32]}"

    def slice(self, provider: str, account: str, period: str, slice_id: str) -> Path:
        return (
            self.layer(Layer.FOCUS)
            / f"provider={provider}"
            / f"account={folder_name(account)}"
            / f"period={period}"
            / f"slice={slice_id}"
        )

    def config(self, digest: str) -> Path:
        return self.layer(Layer.RATED) / "config" / f"config={digest[:32]}"

    def facts(self, slice_id: str, spec: str) -> Path:
        return self.layer(Layer.RATED) / "facts" / f"slice={slice_id}" / f"spec={spec[:32]}.parquet"

    def cuts(self, slice_id: str, digest: str) -> Path:
        return self.layer(Layer.RATED) / "facts" / f"slice={slice_id}" / f"cuts={digest[:32]}.parquet"

    def conformance(self, slice_id: str, spec: str) -> Path:
        return self.layer(Layer.RATED) / "facts" / f"slice={slice_id}" / f"rules={spec[:32]}.parquet"

    def build(self, period: BillingPeriod, build_id: str) -> Path:
        return self.layer(Layer.MARTS) / f"period={period}" / f"build={build_id[:32]}"

    def published(self, period: BillingPeriod) -> Path:
        return self.layer(Layer.PUBLISHED) / f"period={period}"

    def work(self, name: str) -> Path:
        return self.root / "work" / name

    @contextmanager
    def exclusive(self, name: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold a lock of this machine by name; the system frees it when the process ends, however it ends.

        `waiting` is called once if another process holds it.
        """
        path = self.work("locks") / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
