"""What the commands that edit the configuration show a person."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipelines import printing


def imported_rates(console: Console, result: Any) -> None:
    """What an import of exchange rates wrote, or would write."""
    console.print(f"rates of {result.day} for {result.period}", highlight=False)
    for word, rates in (("added", result.added), ("replaced", result.replaced)):
        for rate in rates:
            console.print(f"  {word}  {rate}", highlight=False)
    console.print(f"  {result.unchanged} stand already with the same value", highlight=False)
    if result.unknown:
        console.print(f"  left out, no currency of today: {', '.join(result.unknown)}", highlight=False)
    _written(console, result.file, result.is_written)


def moves(console: Console, result: Any) -> None:
    """What each move changes, and whether the configuration is valid after it."""
    table = Table(box=SIMPLE_HEAD)
    for column in ("tenant", "from", "to", "first day", "contract ends", "contract begins", "seller changes"):
        table.add_column(column)
    for move in result.moves:
        lists = (", ".join(names) for names in (move.ended, move.begun, move.changed))
        table.add_row(move.tenant, move.old_parent, move.new_parent, str(move.day), *lists)
    console.print(table)
    for move in result.moves:
        for note in move.notes:
            console.print(f"  [yellow]note[/] {move.tenant}: {note}", highlight=False)
    printing.problems(console, result.problems, ok="the changed configuration is valid")
    if not result.problems:
        _written(console, ", ".join(result.files), result.is_written)


def _written(console: Console, files: str | None, is_written: bool) -> None:
    if not files:
        console.print("nothing to write")
    elif is_written:
        console.print(f"written: {files}", highlight=False)
    else:
        console.print(f"would change {files}; nothing is written", highlight=False)
