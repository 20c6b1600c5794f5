"""`rebill simulate`: every bill and margin before and after a change. No rule lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_parts import (
    DEFAULT_CONFIG,
    DEFAULT_LAKE,
    ConfigOption,
    JsonOption,
    LakeOption,
    Period,
    finish,
    speaking,
)

Changes = Annotated[
    list[str],
    typer.Argument(
        metavar="CHANGE...",
        help=(
            "sharing=off[:operator], policy=as_applied|owner_only:owner|owner_only:operator|retained|pooled:POOL, "
            "basis=as_invoiced|amortized, expired=COMMITMENT_ID, moved=COMMITMENT_ID:TENANT, bought=FILE.yaml, "
            "config=DIRECTORY. Several changes hold together."
        ),
    ),
]


def simulate(
    period: Period,
    changes: Changes,
    config: ConfigOption = DEFAULT_CONFIG,
    lake: LakeOption = DEFAULT_LAKE,
    out: Annotated[Path | None, typer.Option("--out", help="Also write every figure to this CSV file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What if: show every bill and margin before and after changes, without touching the period."""
    with speaking(as_json) as report:
        from pipelines import engine, printing_simulation
        from pipelines.simulation import write_csv

        result = engine.simulate(period, lake=lake, config=config, changes=changes, report=report)
        if out is not None:
            write_csv(result, out)
        finish(result, as_json, printing_simulation.simulation)
