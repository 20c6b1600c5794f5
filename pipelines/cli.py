"""The command line: parses arguments, calls one verb, prints, and sets the exit code. No rule lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines import cli_reports, printing
from pipelines.cli_config import config_app
from pipelines.cli_parts import (
    DEFAULT_CONFIG,
    DEFAULT_LAKE,
    ConfigOption,
    JsonOption,
    LakeOption,
    Period,
    finish,
    plain,
    print_json,
    speaking,
)
from pipelines.cli_simulate import simulate
from pipelines.errors import EXIT_BAD_INPUT

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
app.add_typer(config_app, name="config")
price_app = typer.Typer(help="Prices: which rule makes them, and why.", no_args_is_help=True)
app.add_typer(price_app, name="price")
app.command()(cli_reports.commitments)
app.command()(cli_reports.benefits)
app.command()(cli_reports.conformance)
app.command()(cli_reports.render)

DeliveriesOption = Annotated[
    Path, typer.Option("--deliveries", envvar="REBILL_DELIVERIES", help="Folder with provider deliveries.")
]
ProviderOption = Annotated[
    list[str] | None, typer.Option("--provider", help="Only this provider; repeat for several. Default: all.")
]
ForceOption = Annotated[
    str | None, typer.Option("--force-reason", help="Accept a shorter re-delivery; the reason is recorded.")
]
Attribute = Annotated[str | None, typer.Option(help='Of the charge; "" says that it has none.')]
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
    with speaking(as_json) as report:
        from pipelines import engine

        result = engine.generate(out, period, customers=customers, lines=lines, seed=seed, truth=truth, report=report)
        finish(result, as_json)


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
    with speaking(as_json) as report:
        from pipelines import engine

        result = engine.ingest(
            period, lake=lake, deliveries=deliveries, providers=provider, force_reason=force_reason, report=report
        )
        finish(result, as_json, printing.ingest)
        if result.refusals:
            raise typer.Exit(EXIT_BAD_INPUT)


@app.command()
def build(
    period: Period, config: ConfigOption = DEFAULT_CONFIG, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False
) -> None:
    """Price every charge on every edge of the resale chain and prove it."""
    with speaking(as_json) as report:
        from pipelines import engine

        finish(engine.build(period, lake=lake, config=config, report=report), as_json)


@app.command()
def check(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Judge the current build; the verdict is recorded for exactly its content."""
    with speaking(as_json) as report:
        from pipelines import engine

        verdict = engine.check(period, lake=lake, report=report)
        finish(verdict, as_json, printing.verdict)
        raise typer.Exit(printing.verdict_exit_code(verdict))


@app.command()
def publish(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Write the bundles that the verdict allows. The same content again writes nothing."""
    with speaking(as_json) as report:
        from pipelines import engine

        result = engine.publish(period, lake=lake, report=report)
        finish(result, as_json, printing.publish)
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
    with speaking(as_json) as report:
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
            print_json({**plain(result), "exit_code": result.exit_code})
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
    with speaking(as_json):
        from pipelines.status import status as read_status

        found = read_status(lake, period)
        if as_json:
            print_json(found)
        else:
            printing.status(Console(), found)


@price_app.command("explain")
def price_explain(
    tenant: Annotated[str, typer.Option(help="Tenant that the charge belongs to.")],
    sku: Annotated[str, typer.Option(help="SKU of the charge.")],
    date: Annotated[str, typer.Option(help="Day of the charge, YYYY-MM-DD.")],
    provider: Attribute = None,
    service: Attribute = None,
    service_category: Attribute = None,
    sku_price: Attribute = None,
    region: Attribute = None,
    charge_category: Annotated[str | None, typer.Option(help="Usage (default) or Purchase.")] = None,
    publisher: Attribute = None,
    commitment: Annotated[str | None, typer.Option(help="Commitment kind that pays for it (default: none).")] = None,
    commitment_id: Annotated[str | None, typer.Option(help="The provider's id of that commitment.")] = None,
    sub_account: Attribute = None,
    invoice_type: Attribute = None,
    unit: Annotated[str | None, typer.Option(help="Pricing unit of the charge.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="key=value; repeat for several.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    lake: Annotated[
        Path | None, typer.Option("--lake", help="Take what is not given from the month's charges with this SKU.")
    ] = None,
    period: Annotated[str | None, typer.Option(help="Month to look in; default: that of the date.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show for every edge of a tenant's chain which price rule wins on a day, and why the others lose."""
    with speaking(as_json):
        from pipelines import explain, printing_prices

        given = {
            "provider": provider,
            "service_category": service_category,
            "service": service,
            "sku": sku,
            "sku_price": sku_price,
            "region": region,
            "charge_category": charge_category,
            "publisher": publisher,
            "commitment": commitment,
            "sub_account": sub_account,
            "invoice_type": invoice_type,
            "pricing_unit": unit,
        }
        question = explain.read_question(tenant, date, given, tag or [], commitment_id)
        answer = explain.explain_price(question, config, lake=lake, period=period)
        finish(answer, as_json, printing_prices.explanations)


app.command()(simulate)


def main() -> None:
    """Entry point of the `rebill` command."""
    app()
