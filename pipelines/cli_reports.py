"""`rebill commitments`, `benefits` and `conformance` report on a month, `render` renders a bundle. No rule is here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_parts import DEFAULT_LAKE, JsonOption, LakeOption, Period, finish, speaking
from pipelines.errors import EXIT_REFUSED

WaiversOption = Annotated[
    Path | None, typer.Option("--config", envvar="REBILL_CONFIG", help="Configuration with waivers of your own.")
]


def commitments(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Each commitment: whose it is, how much is used, what it saves, and whom else it reached."""
    with speaking(as_json):
        from pipelines import engine, printing_reports

        finish(engine.commitments(period, lake=lake), as_json, printing_reports.commitments)


def benefits(period: Period, lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Partner benefits: earned, missed with the money left on the table, and what was passed on."""
    with speaking(as_json):
        from pipelines import engine, printing_reports

        finish(engine.benefits(period, lake=lake), as_json, printing_reports.benefits)


def conformance(
    period: Period, lake: LakeOption = DEFAULT_LAKE, config: WaiversOption = None, as_json: JsonOption = False
) -> None:
    """FOCUS rules: what breaks them in charges and bills, what is waived and why. Exit code 4 if anything blocks."""
    with speaking(as_json):
        from pipelines import engine, printing_conformance

        report = engine.conformance(period, lake=lake, config=config)
        finish(report, as_json, printing_conformance.conformance)
        if report.blocking:
            raise typer.Exit(EXIT_REFUSED)


def render(
    period: Period,
    buyer: Annotated[str, typer.Option(help="Tenant whose bundle it is.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the file into, outside of the lake.")],
    focus: Annotated[str, typer.Option(help="FOCUS version.")] = "1.2",
    seller: Annotated[str | None, typer.Option(help="Only needed where the buyer has several.")] = None,
    lake: LakeOption = DEFAULT_LAKE,
    as_json: JsonOption = False,
) -> None:
    """Write a published bundle's charges in another FOCUS version; the publication stays as it is."""
    with speaking(as_json):
        from pipelines import engine

        finish(engine.render(period, lake=lake, buyer=buyer, out=out, focus=focus, seller=seller), as_json)
