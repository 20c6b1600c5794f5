"""Assembles the Dagster definitions from parts that tests can swap."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.assets import build, ingest, published
from pipelines.orchestration.checks import gate
from pipelines.orchestration.conformance import focus_rules
from pipelines.orchestration.jobs import bill_month, take_in
from pipelines.orchestration.resources import Places
from pipelines.orchestration.simulating import simulate


def build_defs(*, places: Places | None = None) -> dg.Definitions:
    """One code location. Steps run in one process: each would otherwise import everything again."""
    return dg.Definitions(
        assets=[ingest, build, published],
        asset_checks=[gate, focus_rules],
        jobs=[take_in, bill_month, simulate],
        resources={"places": places or Places()},
        executor=dg.in_process_executor,
    )
