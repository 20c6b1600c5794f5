"""What the commands share: options, progress on stderr, and a result as text or as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines import printing
from pipelines.errors import RebillError

ConfigOption = Annotated[Path, typer.Option("--config", envvar="REBILL_CONFIG", help="Configuration directory.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines, nothing else.")]
Period = Annotated[str, typer.Argument(help="Billing period, YYYY-MM.", metavar="YYYY-MM")]
LakeOption = Annotated[Path, typer.Option("--lake", envvar="REBILL_LAKE", help="Folder of the lake.")]
DEFAULT_CONFIG = Path("config")
DEFAULT_LAKE = Path("data/lake")


class speaking:  # noqa: N801 - reads as a statement where it is used
    """Progress on stderr while a verb runs; a RebillError becomes its problems and exit code."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=True, quiet=as_json)

    def __enter__(self) -> printing.Progress:
        return printing.Progress(self.console)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RebillError):
            if self.as_json:
                print_json({"problems": [asdict(problem) for problem in error.problems], "exit_code": error.exit_code})
            else:
                printing.problems(Console(stderr=True), error.problems)
            raise typer.Exit(error.exit_code) from error


def finish(result: Any, as_json: bool, show: Any = printing.plain) -> None:
    """Print a result: as JSON, or as `show` prints it for a person."""
    if as_json:
        print_json(plain(result))
    else:
        show(Console(), result)


def plain(value: Any) -> Any:
    """A dataclass as a dictionary, anything else as it is."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(value, indent=2, sort_keys=True, default=str))
