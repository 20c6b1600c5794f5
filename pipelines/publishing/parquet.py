"""How published Parquet is written: ordered, fixed row groups, the same bytes on any number of threads.

Small files are compressed with snappy because zstd's set-up per column would cost more than the rows do; larger ones
with zstd 1. Statistics stand only where a reader can skip by them: ids, days and names, never amounts.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake import ROW_GROUP

SMALL = 8_192
STATISTICS = {
    "TenantId",
    "x_TenantId",
    "SubAccountId",
    "x_SubAccountId",
    "ResourceId",
    "ChargePeriodStart",
    "ChargeDate",
    "ServiceName",
    "x_ServiceName",
    "InvoiceId",
    "InvoiceDetailId",
    "SellerTenantId",
    "BuyerTenantId",
}


def open_writer(path: Path, schema: pa.Schema, rows: int) -> pq.ParquetWriter:
    """A writer for about `rows` rows; Arrow's own schema is left out, so readers see plain Parquet types."""
    names = schema.names
    path.parent.mkdir(parents=True, exist_ok=True)
    small = rows < SMALL
    return pq.ParquetWriter(
        path,
        schema,
        store_schema=False,
        compression="snappy" if small else "zstd",
        compression_level=None if small else 1,
        use_dictionary=[name for name in names if not name.endswith("Cost")],
        write_statistics=[name for name in names if name in STATISTICS],
    )


def write_stream(path: Path, reader: pa.RecordBatchReader, rows: int) -> None:
    """Write ordered batches of at most ROW_GROUP rows to one file."""
    with open_writer(path, reader.schema, rows) as writer:
        for batch in reader:
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROW_GROUP)


def write_table(path: Path, table: pa.Table) -> None:
    """Write one ordered table to one file."""
    with open_writer(path, table.schema, table.num_rows) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)
