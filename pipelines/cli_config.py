"""`rebill config`: check the configuration, import exchange rates, move tenants. No rule lives here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines import printing
from pipelines.cli_parts import DEFAULT_CONFIG, ConfigOption, JsonOption, finish, print_json, speaking
from pipelines.errors import EXIT_BAD_INPUT, Problem, RebillError

config_app = typer.Typer(
    help="The contracts as files: check them, import exchange rates, move tenants.", no_args_is_help=True
)


@config_app.command("check")
def config_check(
    config: Annotated[Path, typer.Argument(help="Configuration directory.")] = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print every problem of a configuration with file, line and remedy."""
    from pipelines.config import check as check_config

    problems = check_config(config)
    if as_json:
        print_json([asdict(problem) for problem in problems])
    else:
        printing.problems(Console(), problems, ok=f"{config}: no problem found")
    raise typer.Exit(EXIT_BAD_INPUT if problems else 0)


@config_app.command("import-fx")
def import_fx(
    file: Annotated[Path, typer.Argument(help="eurofxref from the ECB: csv, xml or zip, daily or historical.")],
    period: Annotated[str, typer.Option("--period", help="Billing period, YYYY-MM.")],
    config: ConfigOption = DEFAULT_CONFIG,
    on: Annotated[
        str | None, typer.Option("--date", help="Last day on or before this one; default: the period's last day.")
    ] = None,
    cross: Annotated[str | None, typer.Option("--cross", help="Also rates from these currencies: USD,GBP")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite rates that differ.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the ECB's euro reference rates of one day as the exchange rates of a billing period."""
    with speaking(as_json):
        from pipelines import printing_config
        from pipelines.authoring.rates import import_rates
        from pipelines.period import BillingPeriod

        crosses = [code.strip() for code in (cross or "").split(",") if code.strip()]
        result = import_rates(
            file, config, BillingPeriod(period), day=_day(on), crosses=crosses, replace=replace, dry_run=dry_run
        )
        finish(result, as_json, printing_config.imported_rates)


@config_app.command("move")
def config_move(
    moves: Annotated[Path | None, typer.Argument(help="CSV with tenant,new_parent,date and contract terms.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    all_of: Annotated[str | None, typer.Option("--all-of", help="Everyone who buys from this reseller moves.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="With --all-of: the new parent.")] = None,
    on: Annotated[str | None, typer.Option("--date", help="With --all-of: first day with the new parent.")] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="With --all-of: contract whose terms the new ones copy.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the files; without it nothing changes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what moving tenants to other parents would change; with --apply write it, all or nothing."""
    with speaking(as_json):
        from pipelines import printing_config
        from pipelines.authoring.move_files import portfolio, read_moves
        from pipelines.authoring.moves import move

        start = _day(on)
        if moves is not None and not (all_of or to or on or template):
            wanted = read_moves(moves)
        elif moves is None and all_of and to and start:
            wanted = portfolio(config, all_of, to, start, template)
        else:
            remedy = "give a file of moves, or --all-of RESELLER --to RESELLER --date YYYY-MM-DD"
            raise RebillError(Problem("config move", "it is not said who moves", remedy))
        result = move(config, wanted, apply=apply)
        finish(result, as_json, printing_config.moves)
        if result.problems:
            raise typer.Exit(EXIT_BAD_INPUT)


def _day(raw: str | None) -> date | None:
    from pipelines.config.fields import Unfit, day

    try:
        return day(raw) if raw is not None else None
    except Unfit as unfit:
        raise RebillError(Problem("--date", unfit.what, unfit.remedy)) from unfit
