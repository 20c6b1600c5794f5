"""The benchmark of intake: one delivery per room, larger than the memory allowed, each taken in by its own process.

    python -m pipelines.benchmark_intake --lines 3000000 --memory 512MB

`size` is what the delivered files hold when unpacked, `peak` the most memory that the process ever had resident, of
which some 250 MiB are Python, its libraries and DuckDB itself. Bounded memory shows as a peak that stays where it is
while the lines are doubled. The last column relates rooms within one run, so that it hardly depends on the machine.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from pipelines.lake import connect
from pipelines.providers.registry import PROVIDERS

PERIOD = "2026-10"
ROOMS = tuple(sorted(PROVIDERS))
CHUNK = 1 << 22
MIB = 1 << 20
# A vendor's FOCUS 1.2 file, row n of it: a hash instead of dice, so that any part can be made again alone.
VENDOR_ROWS = """
with dice as (select n, hash(n, {seed}) as h from range({lines}) as t(n))
select
    'V-1' as BillingAccountId, 'Vendor account' as BillingAccountName, 'Organisation' as BillingAccountType,
    'EUR' as BillingCurrency, '2026-10-01T00:00:00Z' as BillingPeriodStart, '2026-11-01T00:00:00Z' as BillingPeriodEnd,
    strftime(timestamp '2026-10-01' + to_hours(n % 744), '%Y-%m-%dT%H:%M:%SZ') as ChargePeriodStart,
    strftime(timestamp '2026-10-01' + to_hours(n % 744 + 1), '%Y-%m-%dT%H:%M:%SZ') as ChargePeriodEnd,
    'INV-1' as InvoiceId, 'Vendor Ltd.' as InvoiceIssuerName, 'Vendor' as ProviderName, 'Vendor' as PublisherName,
    case when n % 97 = 0 then 'Tax' when n % 89 = 0 then 'Credit' else 'Usage' end as ChargeCategory,
    'Usage-Based' as ChargeFrequency, 'Compute time in cluster ' || h % 5000 as ChargeDescription,
    concat(case when n % 89 = 0 then '-' end, h % 1000, '.', lpad(cast(h // 1000 % 1000000000000 as varchar), 12, '0'))
        as BilledCost,
    BilledCost as EffectiveCost, BilledCost as ContractedCost, BilledCost as ListCost,
    'Standard' as PricingCategory, '1' as PricingQuantity, 'Hours' as PricingUnit,
    BilledCost as ListUnitPrice, BilledCost as ContractedUnitPrice, '3600' as ConsumedQuantity,
    'Seconds' as ConsumedUnit,
    'Databases' as ServiceCategory, 'Data Warehouses' as ServiceSubcategory, 'Warehouse ' || h % 40 as ServiceName,
    'SKU-' || h % 900 as SkuId, 'SKU-' || h % 900 || '-P' as SkuPriceId, 'eu-' || h % 12 as RegionId,
    'S-' || h % {accounts} as SubAccountId, 'Sub-account ' || h % {accounts} as SubAccountName,
    'resource/' || md5(cast(h % 100000 as varchar)) as ResourceId, 'Cluster' as ResourceType,
    concat('{{"team":"team-', h % 60, '","trace":"', md5(cast(n as varchar)), '"}}') as Tags,
    md5(cast(h as varchar)) as x_Batch
from dice
"""


@dataclass(frozen=True)
class Measured:
    """One room's intake: charges booked, bytes delivered unpacked, seconds, and peak resident memory in bytes."""

    room: str
    rows: int
    size: int
    wall: float
    cpu: float
    peak: int


def write_vendor(drop: Path, lines: int, seed: int) -> None:
    """A delivery of a vendor in FOCUS 1.2, as CSV.gz."""
    folder = drop / "focus" / "vendor"
    folder.mkdir(parents=True)
    rows = VENDOR_ROWS.format(seed=seed, lines=lines, accounts=max(24, lines // 1_500))
    with connect() as con:
        con.execute(f"copy ({rows}) to '{folder / 'part-1.csv.gz'}' (format csv, header true, compression gzip)")
    manifest = {
        "vendor": "vendor",
        "focusVersion": "1.2",
        "billingAccountId": "V-1",
        "billingPeriod": PERIOD,
        "created": "2026-11-03T06:00:00Z",
        "files": [{"name": "part-1.csv.gz", "rows": lines}],
    }
    (folder / "focus-manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def unpacked(folder: Path) -> int:
    """Bytes of the data files below a folder once unpacked: gzip to its end, Parquet as its footer says."""
    total = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            footer = pq.read_metadata(path)
            total += sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
        elif path.suffix == ".gz":
            with gzip.open(path) as stream:
                while chunk := stream.read(CHUNK):
                    total += len(chunk)
        elif path.suffix == ".csv":
            total += path.stat().st_size
    return total


def run_stage(stage: str, root: Path, lines: int, seed: int) -> None:
    """The body of one process: makes the deliveries, or takes in those of one room."""
    from pipelines import engine

    drop = root / "month" / "deliveries"
    if stage == "generate":
        people = max(24, min(7_000, lines // 1_500))
        engine.generate(root / "month", PERIOD, customers=people, lines=lines, seed=seed, truth=False)
        write_vendor(drop, lines // len(ROOMS), seed)
        return
    report = engine.ingest(PERIOD, lake=root / "lake", deliveries=drop, providers=[stage])
    if report.refusals:
        raise SystemExit("\n".join(map(str, report.refusals)))
    (root / f"{stage}.rows").write_text(str(sum(unit.rows for unit in report.units)), encoding="utf-8")


def measure(stage: str, root: Path, lines: int, seed: int, memory: str) -> Measured:
    """Run one stage in a process of its own. Raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "pipelines.benchmark_intake", "--stage", stage, "--root", str(root),
               "--lines", str(lines), "--seed", str(seed)]  # fmt: skip
    allowed = ["env", f"REBILL_MEMORY={memory}"] if stage in ROOMS else []
    start = time.monotonic()
    with subprocess.Popen([*allowed, *command], stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own module
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 1024 if sys.platform != "darwin" else 1  # ru_maxrss: KiB on Linux, bytes on macOS
    taken = root / f"{stage}.rows"
    rows = int(taken.read_text(encoding="utf-8")) if taken.is_file() else 0
    size = unpacked(root / "month" / "deliveries" / stage) if rows else 0
    return Measured(stage, rows, size, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def show(console: Console, memory: str, measured: Sequence[Measured]) -> None:
    """One line per room."""
    cheapest = min(item.cpu / item.rows for item in measured)
    table = Table("room", title=f"intake with {memory} for DuckDB", title_justify="left")
    for column in (
        "rows",
        "size MiB",
        "wall s",
        "rows per s",
        "CPU us per row",
        "peak MiB",
        "size / peak",
        "CPU ratio",
    ):
        table.add_column(column, justify="right")
    for item in measured:
        each = item.cpu / item.rows
        table.add_row(
            item.room, f"{item.rows:,}", f"{item.size / MIB:,.0f}", f"{item.wall:,.1f}",
            f"{item.rows / item.wall:,.0f}", f"{each * 1e6:,.1f}", f"{item.peak / MIB:,.0f}",
            f"{item.size / item.peak:.1f}", f"{each / cheapest:.2f}",
        )  # fmt: skip
    console.print(table)


def main(
    lines: Annotated[list[int] | None, typer.Option("--lines", help="Booked lines; repeat for several sizes.")] = None,
    memory: Annotated[str, typer.Option("--memory", help="DuckDB's memory limit in the intake.")] = "512MB",
    room: Annotated[list[str] | None, typer.Option("--room", help="Only this room; may be repeated.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same deliveries.")] = 11,
    root: Annotated[Path | None, typer.Option("--root", help="Keep everything in this folder.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", hidden=True)] = None,
) -> None:
    """Take in one delivery per room with little memory and print rows, bytes, speed and peak memory."""
    sizes = lines or [1_000_000, 4_000_000]
    if stage is not None and root is not None:
        run_stage(stage, root, sizes[0], seed)
        return
    console = Console()
    for size in sizes:
        place = Path(tempfile.mkdtemp(prefix="rebill-bench-", dir=root))
        try:
            measure("generate", place, size, seed, memory)
            measured = []
            for name in room or ROOMS:
                measured.append(measure(name, place, size, seed, memory))
                console.print(f"[dim]{name}: {measured[-1].wall:,.1f} s[/]", highlight=False)
            show(console, memory, measured)
        finally:
            if root is None:
                shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
