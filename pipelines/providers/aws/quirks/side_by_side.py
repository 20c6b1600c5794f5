"""The same AWS report through this room and through focus_converters: what each books, and how fast, in one run.

    python -m pipelines.providers.aws.quirks.side_by_side --lines 800000 --converter <python that has focus-converter>

focus_converters (FinOps Foundation, archived in 2024) pins libraries that this project cannot share, so it lives in an
environment of its own; without one this says so and ends. Seconds are from the report's file to written rows, without
starting Python: here with hashing, the copy into the raw layer, sorting and the check of the sums, there reading,
converting and writing. CPU seconds are of each side's whole process, which a busy machine bends less. Runs alternate,
so that both meet the same machine. The results stand in docs/comparison.md.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from pipelines import generator
from pipelines.lake import connect, write_json
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers.aws.config import NAME
from pipelines.providers.staging import literal

PERIOD = BillingPeriod("2026-10")
REPORT = "report/report/year=2026/month=10/report-00001.snappy.parquet"
INGEST = """
import json, sys, time
from pathlib import Path
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
start = time.monotonic()
lake = Lake(Path(sys.argv[2]))
report = intake.ingest(lake, Ledger(lake), Path(sys.argv[1]), BillingPeriod(sys.argv[3]), [sys.argv[4]], silent)
sys.exit(str(report.refusals)) if report.refusals else print(json.dumps({"seconds": time.monotonic() - start}))
"""
CONVERT = """
import json, sys, time
from focus_converter.converter import FocusConverter
from focus_converter.data_loaders.data_loader import DataFormats, ParquetDataFormat
if __name__ == "__main__":
    start = time.monotonic()
    converter = FocusConverter(column_prefix=None)
    converter.load_provider_conversion_configs()
    converter.load_data(sys.argv[1], DataFormats.PARQUET, ParquetDataFormat.FILE)
    converter.configure_data_export(export_path=sys.argv[2], export_include_source_columns=False)
    converter.prepare_horizontal_conversion_plan(provider="aws")
    converter.convert()
    print(json.dumps({"seconds": time.monotonic() - start}))
"""
"""Run by the other interpreter, as the converter's own tests do."""


def make_report(place: Path, lines: int) -> tuple[Path, int]:
    """A generated month's largest CUR 2.0 as a legacy Parquet report, which both sides read: (its drop, its rows)."""
    generator.generate(place / "month", PERIOD, customers=200, lines=lines, seed=5, truth=False, report=silent)
    deliveries = place / "month" / "deliveries" / NAME
    folders = {path.parent for path in deliveries.rglob("*.snappy.parquet")}
    largest = max(folders, key=lambda folder: sum(path.stat().st_size for path in folder.glob("*.parquet")))
    drop = place / "drop"
    target = drop / NAME / REPORT
    target.parent.mkdir(parents=True)
    with connect() as con:
        source = f"read_parquet({literal(largest / '*.parquet')}, hive_partitioning = false)"
        tags = con.execute(
            f"select distinct unnest(map_keys(resource_tags)) as tag from {source} order by tag"
        ).fetchall()
        items = "".join(f", resource_tags[{literal(tag)}] as resource_tags_{tag}" for (tag,) in tags)
        con.execute(
            "copy (select * exclude (resource_tags, product, discount, cost_category, tags), "
            "product['product_name'] as product_product_name, product['region'] as product_region"
            f"{items} from {source}) to {literal(target)} (format parquet, compression snappy)"
        )
        query = f"select any_value(bill_payer_account_id), count(*) from read_parquet({literal(target)})"
        payer, rows = con.execute(query).fetchall()[0]
    manifest = {
        "assemblyId": "a1",
        "account": payer,
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "reportKeys": [REPORT],
    }
    write_json(drop / NAME / "report" / "20261001-20261101" / "report-Manifest.json", manifest)
    return drop, int(rows)


class Run(NamedTuple):
    """One run: seconds on the clock as the side itself measures them, and CPU seconds of its process."""

    wall: float
    cpu: float


def run(python: str, program: str, *arguments: object) -> Run:
    """Run a side in a process of its own. Raises RuntimeError with its last words when it fails."""
    command = [python, "-c", program, *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().splitlines()
    if process.returncode:
        raise RuntimeError("\n".join(lines[-5:]))
    return Run(float(json.loads(lines[-1])["seconds"]), usage.ru_utime + usage.ru_stime)


def is_there(converter: Path) -> bool:
    """Whether that interpreter has the converter."""
    if not converter.is_file():
        return False
    return subprocess.run([str(converter), "-c", "import focus_converter"], capture_output=True).returncode == 0  # noqa: S603


def report(console: Console, rows: int, sides: dict[str, list[Run]]) -> None:
    """Medians of each side and how the sides relate, on the clock and in CPU."""
    table = Table("side", title=f"{rows:,} lines", title_justify="left")
    for column in ("median wall s", "all wall s", "lines per s", "median CPU s"):
        table.add_column(column, justify="right")
    medians = {}
    for name, runs in sides.items():
        wall, cpu = (statistics.median(values) for values in zip(*runs, strict=True))
        medians[name] = Run(wall, cpu)
        walls = ", ".join(f"{one.wall:.1f}" for one in runs)
        table.add_row(name, f"{wall:.1f}", walls, f"{rows / wall:,.0f}", f"{cpu:.1f}")
    console.print(table)
    ours, theirs = medians["rebill"], medians["focus_converters"]
    console.print(f"lines per second, rebill to focus_converters: {theirs.wall / ours.wall:.2f}")
    console.print(f"lines per CPU second, rebill to focus_converters: {theirs.cpu / ours.cpu:.2f}")


def show(console: Console, lake: Path, out: Path) -> None:
    """What each side books by category, and how many of the rows name a commitment."""
    sides = {"rebill": lake / "focus" / "**" / "charges.parquet", "focus_converters": out / "**" / "*.parquet"}
    for name, files in sides.items():
        table = Table("category", title=name, title_justify="left")
        for column in ("rows", "BilledCost", "EffectiveCost", "ListCost", "with commitment"):
            table.add_column(column, justify="right")
        with connect() as con:
            source = f"read_parquet({literal(files)}, hive_partitioning = false)"
            rows = con.execute(
                "select coalesce(ChargeCategory, '') as category, count(*), sum(BilledCost), sum(EffectiveCost), "
                f"sum(ListCost), count(CommitmentDiscountId) from {source} group by category order by category"
            ).fetchall()
        for category, *values in rows:
            table.add_row(category or "(none)", *("" if value is None else f"{value:,}" for value in values))
        console.print(table)


def main(
    converter: Annotated[Path, typer.Option("--converter", help="Python that has focus-converter.")] = Path(
        ".venv-focus-converters/bin/python"
    ),
    lines: Annotated[int, typer.Option("--lines", help="Lines to generate, all providers together.")] = 800_000,
    runs: Annotated[int, typer.Option("--runs", help="Runs of each side.")] = 3,
) -> None:
    """Run both sides in turn; print the medians, their ratio and what each booked."""
    console = Console()
    if not is_there(converter):
        console.print(f"skipped: {converter} has no focus_converters; docs/comparison.md says how to install it")
        return
    with tempfile.TemporaryDirectory(prefix="rebill-side-by-side-") as folder:
        place = Path(folder)
        drop, rows = make_report(place, lines)
        sides: dict[str, list[Run]] = {"rebill": [], "focus_converters": []}
        for turn in range(runs):
            sides["rebill"].append(run(sys.executable, INGEST, drop, place / f"lake-{turn}", PERIOD.label, NAME))
            sides["focus_converters"].append(run(str(converter), CONVERT, drop / NAME / REPORT, place / f"out-{turn}"))
        report(console, rows, sides)
        show(console, place / "lake-0", place / "out-0")


if __name__ == "__main__":
    typer.run(main)
