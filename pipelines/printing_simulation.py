"""What the command line shows of a simulation: what was changed, bills and margins before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipelines.config.fields import currencies
from pipelines.money import Decimal, round_to
from pipelines.printing import money


def simulation(console: Console, report: Any) -> None:
    """Three tables, biggest differences first, and what to know of them. Nothing here is a bill."""
    console.print(f"[bold]simulated[/] {report.period}: {', '.join(report.changes)}", highlight=False, markup=True)
    _table(console, "Bills", ("seller", "buyer"), report.bills)
    _table(console, "Margins", ("seller",), report.margins)
    _table(console, "Provider totals", ("provider",), report.providers)
    for note in report.notes:
        console.print(f"  [yellow]note[/] {note}", highlight=False)
    console.print("Nothing of the period, its configuration or its bundles has changed.")


def _table(console: Console, title: str, names: tuple[str, ...], figures: Sequence[Any]) -> None:
    """Only what differs; the rest as a count. Amounts in their own currency, rounded to its minor unit."""
    moved = [figure for figure in figures if figure.difference or figure.held_before != figure.held_after]
    with_state = any(figure.held_before or figure.held_after for figure in moved)
    table = Table(title=f"{title} (simulated)", title_justify="left", box=SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for column in ("before", "after", "difference"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("", "state") if with_state else ("",):
        table.add_column(column, no_wrap=True)
    for figure in moved:
        amounts = (_amount(value, figure.currency) for value in (figure.before, figure.after, figure.difference))
        state = (_state(figure),) if with_state else ()
        table.add_row(*(figure.seller, figure.buyer)[: len(names)], *amounts, figure.currency, *state)
    same = len(figures) - len(moved)
    if moved:
        console.print(table)
    console.print(f"{title}: {same} unchanged" if moved else f"{title}: all {same} unchanged", highlight=False)


def _amount(value: Decimal, currency: str) -> str:
    return money(round_to(value, currencies()[currency], "half_up"))


def _state(figure: Any) -> str:
    if figure.held_after:
        return "[yellow]held[/]" if figure.held_before else "[yellow]would be held[/]"
    return "[green]no longer held[/]" if figure.held_before else ""
