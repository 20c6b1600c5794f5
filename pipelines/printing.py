"""What the command line shows a person: progress, tables, problems. Figures come formatted, never computed.

Money is shown as published: the exact decimal with thousands separators and its currency.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.errors import EXIT_HELD, EXIT_OK, EXIT_REFUSED, Problem
from pipelines.lake import Lake, connect
from pipelines.money import Decimal

SHARED_SHOWN = 10
VERDICT_STYLE = {"pass": "bold green", "hold": "bold yellow", "refuse": "bold red"}


class Progress:
    """A reporter that prints each finished step with the time since the start."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.start = time.monotonic()

    def __call__(self, layer: str, text: str) -> None:
        elapsed = time.monotonic() - self.start
        self.console.print(f"[dim]{elapsed:6.1f} s[/]  [cyan]{layer:<9}[/]  {text}", highlight=False)


def money(value: Decimal | None, currency: str = "") -> str:
    """1234.5000 EUR -> `1,234.50 EUR`: the published digits, trailing zeros beyond cents dropped."""
    if value is None:
        return "-"
    text = f"{value:,f}"
    if "." in text:
        whole, decimals = text.split(".")
        decimals = decimals.rstrip("0").ljust(2, "0")
        text = f"{whole}.{decimals}"
    return f"{text} {currency}".strip()


def plain(console: Console, result: Any) -> None:
    """Any small report as its fields."""
    for name, value in vars(result).items():
        console.print(f"  [dim]{name}[/]  {value}", highlight=False)


def problems(console: Console, found: Sequence[Problem], ok: str = "no problem found") -> None:
    """Every problem with its place and remedy."""
    if not found:
        console.print(f"[green]{ok}[/]")
    for problem in found:
        place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        column = f" [{problem.column}]" if problem.column else ""
        console.print(
            f"[red]x[/] [bold]{place}[/]{column}\n    {problem.what}\n    [dim]do:[/] {problem.remedy}",
            highlight=False,
            markup=True,
        )


def ingest(console: Console, report: Any) -> None:
    """One line per replacement unit, then the refusals."""
    table = Table("provider", "account", "unit", "status", title="Deliveries", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("rows", justify="right")
    for unit in report.units:
        table.add_row(unit.provider, unit.account, unit.unit, unit.outcome, f"{unit.rows:,}")
    console.print(table)
    problems(console, report.refusals, ok="no delivery refused")


def verdict(console: Console, found: Any) -> None:
    """The gate's word and its reasons."""
    console.print(f"gate: [{VERDICT_STYLE[found.status]}]{found.status}[/]  {found.summary}", highlight=False)
    shared = found.shared_commitments
    for check in shared[:SHARED_SHOWN]:
        word = "[red]in breach[/]" if check.name == "commitments_shared_in_breach" else "[yellow]shared[/]"
        console.print(f"  {word} {escape(check.scope)}: {escape(check.measured)}", highlight=False)
    if len(shared) > SHARED_SHOWN:
        console.print(f"  and {len(shared) - SHARED_SHOWN} more: `rebill commitments`", highlight=False)


def verdict_exit_code(found: Any) -> int:
    """Exit code of a verdict."""
    return {"pass": EXIT_OK, "hold": EXIT_HELD, "refuse": EXIT_REFUSED}[found.status]


def publish(console: Console, report: Any) -> None:
    """Counts of bundles and what was held."""
    console.print(f"bundles: {len(report.published)} current, {len(report.held)} held", highlight=False)
    for edge in report.held:
        console.print(f"  [yellow]held[/] {edge}", highlight=False)


def publish_exit_code(report: Any) -> int:
    """Exit code of a publication."""
    return EXIT_HELD if report.held else EXIT_OK


def run(console: Console, lake: Path, report: Any) -> None:
    """The end of a month's run: bills, margin, proof, holds, and where to look next."""
    if report.build is not None:
        _bills(console, report.build.directory)
        _proof(console, report.build.directory)
    if report.verdict is not None:
        verdict(console, report.verdict)
    if report.publish is not None:
        publish(console, report.publish)
    if report.problems:
        problems(console, report.problems)
    _next_steps(console, Lake(Path(lake).resolve()), report)


BILLS = """
    with margin as (
        select SellerTenantId, BuyerTenantId, HomeCurrency, sum(Margin) as Margin
        from read_parquet('{build}/marts_margin.parquet', hive_partitioning = false)
        group by SellerTenantId, BuyerTenantId, HomeCurrency
    )
    select i.SellerTenantId, i.BuyerTenantId, i.BilledCost, i.BillingCurrency,
        cast(m.Margin as decimal(38, 2)), m.HomeCurrency, i.IsHeld
    from read_parquet('{build}/marts_invoices.parquet', hive_partitioning = false) as i
    left join margin as m on i.SellerTenantId = m.SellerTenantId and i.BuyerTenantId = m.BuyerTenantId
    order by i.SellerTenantId, i.BuyerTenantId, i.BillingCurrency
"""


def _bills(console: Console, build: Path) -> None:
    """One table per seller: what each buyer owes it, and what it earns on that."""
    with connect() as con:
        rows = con.execute(BILLS.format(build=build)).fetchall()
    for seller, bills in groupby(rows, key=lambda row: row[0]):
        table = Table("buyer", title=f"{seller} bills (preview)", title_justify="left", box=SIMPLE_HEAD)
        table.add_column("owes", justify="right", no_wrap=True)
        table.add_column("margin", justify="right", no_wrap=True)
        table.add_column("state", no_wrap=True)
        for _, buyer, billed, currency, margin, home, held in bills:
            state = "[yellow]held[/]" if held else "[green]published[/]"
            table.add_row(buyer, money(billed, currency), money(margin, home), state)
        console.print(table)


def _proof(console: Console, build: Path) -> None:
    table = Table("check", title="Proof", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("scopes", justify="right")
    table.add_column("largest difference", justify="right")
    with connect() as con:
        rows = con.execute(
            f"""
            select CheckName, count(*), max(abs(Difference))
            from read_parquet('{build}/marts_reconciliation.parquet', hive_partitioning = false)
            group by CheckName order by CheckName
            """
        ).fetchall()
    for name, scopes, difference in rows:
        text = "[green]0[/]" if difference == 0 else f"[bold red]{difference:f}[/]"
        table.add_row(name, f"{scopes:,}", text)
    console.print(table)


def _next_steps(console: Console, lake: Lake, report: Any) -> None:
    if report.exit_code == EXIT_HELD:
        console.print("Exit code 3: some bills wait for an answer (see held above); all others are published.")
    console.print(f"bundles     {lake.published(report.period)}", highlight=False)
    console.print(f"state       rebill status {report.period} --lake {lake.root}", highlight=False)
    console.print("dashboards  make dev", highlight=False)


def status(console: Console, periods: Sequence[dict[str, Any]]) -> None:
    """One block per period."""
    if not periods:
        console.print("nothing has been ingested yet")
    for found in periods:
        judged = found["verdict"]
        word = judged["status"] if judged else "not judged"
        rows = sum(item["row_count"] for item in found["slices"])
        console.print(
            f"[bold]{found['period']}[/]  {len(found['slices'])} slices, {rows:,} rows; verdict: {word}; "
            f"{len(found['bundles'])} bundles",
            highlight=False,
        )
        for item in found["slices"]:
            kind = "final" if item["is_final"] else "estimate"
            console.print(
                f"  {item['provider']:<6} {item['account']} / {item['unit']}: {item['row_count']:,} rows, {kind}",
                highlight=False,
            )
        if found["last_event"]:
            console.print(f"  last: {json.dumps(found['last_event'])}", highlight=False)
