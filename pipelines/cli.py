"""The command line: parses arguments, calls one verb, prints, and sets the exit code. No rule lives here."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines import printing
from pipelines.errors import EXIT_BAD_INPUT, RebillError

app = typer.Typer(
    help=(
        "Rebill: provider bills in, exact tenant bills out.\n\n"
        "A month is `rebill run 2026-10`. Its stages can be called one by one: ingest (raw to focus), build "
        "(rated and marts), check (the gate), publish.\n\n"
        "Exit codes: 0 all published; 2 bad input, nothing lost; 3 published, some bills held; "
        "4 the gate refused, nothing published; 1 a defect of Rebill itself."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="The contracts as files: check them before a run does.", no_args_is_help=True)
app.add_typer(config_app, name="config")

Period = Annotated[str, typer.Argument(help="Billing period, YYYY-MM.", metavar="YYYY-MM")]
LakeOption = Annotated[Path, typer.Option("--lake", envvar="REBILL_LAKE", help="Folder of the lake.")]
ConfigOption = Annotated[Path, typer.Option("--config", envvar="REBILL_CONFIG", help="Configuration directory.")]
DeliveriesOption = Annotated[
    Path, typer.Option("--deliveries", envvar="REBILL_DELIVERIES", help="Folder with provider deliveries.")
]
ProviderOption = Annotated[
    list[str] | None, typer.Option("--provider", help="Only this provider; repeat for several. Default: all.")
]
ForceOption = Annotated[
    str | None, typer.Option("--force-reason", help="Accept a shorter re-delivery; the reason is recorded.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines, nothing else.")]
DEFAULT_LAKE = Path("data/lake")
DEFAULT_CONFIG = Path("config")
DEFAULT_DELIVERIES = Path("deliveries")


@app.command()
def generate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write deliveries/, config/ and truth/ into.")],
    period: Annotated[str, typer.Option("--period", help="Billing period, YYYY-MM.")] = "2026-10",
    customers: Annotated[int, typer.Option(min=4, help="End customers.")] = 24,
    lines: Annotated[int, typer.Option(min=1000, help="Booked provider lines, all providers together.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    truth: Annotated[
        bool | None, typer.Option(help="Write the independently computed truth (default: to 1 M).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Generate a realistic month of three providers with known truth: demo, test and benchmark input."""
    with _speaking(as_json) as report:
        from pipelines import engine

        result = engine.generate(out, period, customers=customers, lines=lines, seed=seed, truth=truth, report=report)
        _finish(result, as_json)


@app.command()
def ingest(
    period: Period,
    deliveries: DeliveriesOption = DEFAULT_DELIVERIES,
    lake: LakeOption = DEFAULT_LAKE,
    provider: ProviderOption = None,
    force_reason: ForceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in deliveries: verify, keep, normalize to FOCUS. The same delivery twice changes nothing."""
    with _speaking(as_json) as report:
        from pipelines import engine

        result = engine.ingest(
            period, lake=lake, deliveries=deliveries, providers=provider, force_reason=force_reason, report=report
        )
        _finish(result, as_json, printing.ingest)
        if result.refusals:
            raise typer.Exit(EXIT_BAD_INPUT)


@app.command()
def build(
    period: Period, config: ConfigOption = DEFAULT_CONFIG, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False
) -> None:
    """Price every charge on every edge of the resale chain and prove it."""
    with _speaking(as_json) as report:
        from pipelines import engine

        _finish(engine.build(period, lake=lake, config=config, report=report), as_json)


@app.command()
def check(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Judge the current build; the verdict is recorded for exactly its content."""
    with _speaking(as_json) as report:
        from pipelines import engine

        verdict = engine.check(period, lake=lake, report=report)
        _finish(verdict, as_json, printing.verdict)
        raise typer.Exit(printing.verdict_exit_code(verdict))


@app.command()
def publish(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Write the bundles that the verdict allows. The same content again writes nothing."""
    with _speaking(as_json) as report:
        from pipelines import engine

        result = engine.publish(period, lake=lake, report=report)
        _finish(result, as_json, printing.publish)
        raise typer.Exit(printing.publish_exit_code(result))


@app.command()
def run(
    period: Period,
    config: ConfigOption = DEFAULT_CONFIG,
    deliveries: DeliveriesOption = DEFAULT_DELIVERIES,
    lake: LakeOption = DEFAULT_LAKE,
    provider: ProviderOption = None,
    force_reason: ForceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bill a month: ingest, build, check and publish, then show who owes what and where to look next."""
    with _speaking(as_json) as report:
        from pipelines import engine

        result = engine.run(
            period,
            lake=lake,
            config=config,
            deliveries=deliveries,
            providers=provider,
            force_reason=force_reason,
            report=report,
        )
        if as_json:
            _print_json({**_plain(result), "exit_code": result.exit_code})
        else:
            printing.run(Console(), lake, result)
        raise typer.Exit(result.exit_code)


@app.command()
def status(
    period: Annotated[str | None, typer.Argument(help="Billing period, YYYY-MM; all known ones if left out.")] = None,
    lake: LakeOption = DEFAULT_LAKE,
    as_json: JsonOption = False,
) -> None:
    """Where each period stands: slices, last verdict, bundles published and held."""
    with _speaking(as_json):
        from pipelines.status import status as read_status

        found = read_status(lake, period)
        if as_json:
            _print_json(found)
        else:
            printing.status(Console(), found)


@config_app.command("check")
def config_check(
    config: Annotated[Path, typer.Argument(help="Configuration directory.")] = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print every problem of a configuration with file, line and remedy."""
    from pipelines.config import check as check_config

    problems = check_config(config)
    if as_json:
        _print_json([asdict(problem) for problem in problems])
    else:
        printing.problems(Console(), problems, ok=f"{config}: no problem found")
    raise typer.Exit(EXIT_BAD_INPUT if problems else 0)


class _speaking:  # noqa: N801 - reads as a statement where it is used
    """Progress on stderr while a verb runs; a RebillError becomes its problems and exit code."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=True, quiet=as_json)

    def __enter__(self) -> printing.Progress:
        return printing.Progress(self.console)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RebillError):
            if self.as_json:
                _print_json({"problems": [asdict(problem) for problem in error.problems], "exit_code": error.exit_code})
            else:
                printing.problems(Console(stderr=True), error.problems)
            raise typer.Exit(error.exit_code) from error


def _finish(result: Any, as_json: bool, show: Any = printing.plain) -> None:
    if as_json:
        _print_json(_plain(result))
    else:
        show(Console(), result)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, sort_keys=True, default=str))


def main() -> None:
    """Entry point of the `rebill` command."""
    app()
