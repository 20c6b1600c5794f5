"""The benchmark: generate a month, run every stage in its own process, and relate each to a plain copy.

    python -m pipelines.benchmark --lines 1000000 --lines 10000000

Seconds depend on the machine; the ratio to copying the FOCUS table Parquet -> Parquet in the same run does
not, or much less. Each stage runs in a fresh process so that its peak memory is its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines.lake import connect

PERIOD = "2026-10"
MONEY = ("ListCost", "ContractedCost", "BilledCost", "EffectiveCost", "x_PartnerBenefitAmount", "PricingQuantity")
STAGES = ("generate", "ingest", "sum floor S", "copy floor C", "build", "build again", "check", "publish")


@dataclass(frozen=True)
class Measured:
    """One stage: wall and CPU seconds, and the peak resident memory of its process in MiB."""

    stage: str
    wall: float
    cpu: float
    peak: float


def measure(stage: str, root: Path, lines: int, customers: int) -> Measured:
    """Run one stage in a process of its own and account for it. Raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "pipelines.benchmark", "--stage", stage, "--root", str(root),
               "--lines", str(lines), "--customers", str(customers)]  # fmt: skip
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own module
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss: KiB on Linux, bytes on macOS
    return Measured(stage, time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def run_stage(stage: str, root: Path, lines: int, customers: int) -> None:
    """The body of one stage; called in its own process."""
    from pipelines import engine

    lake, month = root / "lake", root / "month"
    if stage == "generate":
        engine.generate(month, PERIOD, customers=customers, lines=lines, seed=11, truth=False)
    elif stage == "ingest":
        engine.ingest(PERIOD, lake=lake, deliveries=month / "deliveries")
    elif stage == "sum floor S":
        sums = ", ".join(f"sum({name})" for name in MONEY)
        with connect() as con:
            con.execute(f"select {sums} from read_parquet('{_charges(lake)}')").fetchall()
    elif stage == "copy floor C":
        with connect() as con:
            con.execute("set preserve_insertion_order = false")
            con.execute(
                f"copy (select * from read_parquet('{_charges(lake)}')) to '{root / 'copy.parquet'}' "
                "(format parquet, compression zstd, compression_level 1)"
            )
    elif stage in ("build", "build again"):
        engine.build(PERIOD, lake=lake, config=month / "config")
    elif stage == "check":
        engine.check(PERIOD, lake=lake)
    elif stage == "publish":
        engine.publish(PERIOD, lake=lake)


def _charges(lake: Path) -> str:
    return str(lake / "focus" / "**" / "charges.parquet")


def show(console: Console, lines: int, measured: list[Measured]) -> None:
    """One table per size."""
    floor = next(item for item in measured if item.stage == "copy floor C")
    table = Table("stage", title=f"{lines:,} lines", title_justify="left")
    for column in ("wall s", "CPU s", "lines per s", "peak MiB", "CPU / C"):
        table.add_column(column, justify="right")
    for item in measured:
        table.add_row(
            item.stage, f"{item.wall:,.1f}", f"{item.cpu:,.1f}", f"{lines / item.wall:,.0f}",
            f"{item.peak:,.0f}", f"{item.cpu / floor.cpu:.2f}",
        )  # fmt: skip
    total = [item for item in measured if item.stage in ("ingest", "build", "check", "publish")]
    wall, cpu = sum(item.wall for item in total), sum(item.cpu for item in total)
    table.add_row(
        "raw -> published", f"{wall:,.1f}", f"{cpu:,.1f}", f"{lines / wall:,.0f}",
        f"{max(item.peak for item in total):,.0f}", f"{cpu / floor.cpu:.2f}", style="bold",
    )  # fmt: skip
    console.print(table)


def main(
    lines: Annotated[list[int] | None, typer.Option("--lines", help="Booked lines; repeat for several sizes.")] = None,
    customers: Annotated[int, typer.Option("--customers", help="End customers per month; 0 = lines / 1500.")] = 0,
    root: Annotated[Path | None, typer.Option("--root", help="Keep everything in this folder.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", hidden=True)] = None,
) -> None:
    """Measure every stage at each size and print seconds, rows per second, peak memory and ratios."""
    sizes = lines or [1_000_000, 10_000_000]
    if stage is not None and root is not None:
        run_stage(stage, root, sizes[0], customers)
        return
    console = Console()
    for size in sizes:
        place = Path(tempfile.mkdtemp(prefix="rebill-bench-", dir=root))
        try:
            people = customers or max(24, min(7_000, size // 1_500))
            measured = []
            for name in STAGES:
                measured.append(measure(name, place, size, people))
                console.print(f"[dim]{name}: {measured[-1].wall:,.1f} s[/]", highlight=False)
            show(console, size, measured)
        finally:
            if root is None:
                shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
