"""FOCUS rules and what breaks them, as a person reads them in a terminal. --json has every finding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape

from pipelines.conformance import Finding
from pipelines.printing_reports import table
from pipelines.reports import ConformanceReport

VIEWS = {"buy": "charges", "sell": "bills"}
SHOWN = 20


def conformance(console: Console, report: ConformanceReport) -> None:
    """What blocks and what warns, one by one; then what is waived, by provider and rule; then how many rules hold."""
    broken = [found for found in report.findings if found.violations and found.waived_by is None]
    waived = [found for found in report.findings if found.violations and found.waived_by is not None]
    if broken:
        _broken(console, report, sorted(broken, key=lambda found: not found.blocks))
    if waived:
        _waived(console, waived)
    looked = sorted({found.view for found in report.findings}, key=list(VIEWS).index)
    kept = len({found.rule for found in report.findings} - {found.rule for found in [*broken, *waived]})
    console.print(f"{kept} rules hold without exception, in {' and '.join(VIEWS[view] for view in looked)}")
    if "sell" not in looked:
        console.print("no build of the period yet: bills were not looked at")


def _broken(console: Console, report: ConformanceReport, broken: Sequence[Finding]) -> None:
    shown = table(f"FOCUS rules broken in {report.period}", ("rule", "where", "example"), ("rows", "of"))
    for found in broken[:SHOWN]:
        state = "[bold red]blocks[/]" if found.blocks else "[yellow]warns[/]"
        shown.add_row(
            f"{found.rule}\n{state}",
            escape(found.place),
            escape(found.example or "-"),
            f"{found.violations:,}",
            f"{found.checked:,}",
        )
    console.print(shown)
    if len(broken) > SHOWN:
        console.print(f"and {len(broken) - SHOWN} more: --json lists them all")
    for rule in sorted({found.rule for found in broken}):
        console.print(f"  {rule}: {escape(report.rules[rule])}", highlight=False)


def _waived(console: Console, waived: Sequence[Finding]) -> None:
    def key(found: Finding) -> tuple[str, str]:
        return (found.waived_by or "", found.view)

    shown = table("Waived: gaps of providers that were reviewed", ("waiver", "in"), ("rows",))
    for (waiver, view), group in groupby(sorted(waived, key=key), key=key):
        shown.add_row(escape(waiver), VIEWS[view], f"{sum(found.violations for found in group):,}")
    console.print(shown)
