"""The assets: raw and focus by month and provider, rated and marts by dbt model, published by month.

Each body calls one verb of the engine and hands its figures to the metadata. Rules and money stay out.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import engine
from pipelines.errors import RebillError
from pipelines.layers import Layer
from pipelines.orchestration.lineage import models
from pipelines.orchestration.partitions import month_of, months, source_of, sources
from pipelines.orchestration.resources import Places, logging_reporter

DELIVERIES = dg.AssetKey([Layer.RAW.value, "deliveries"])
SLICES = dg.AssetKey([Layer.FOCUS.value, "charges"])
BUNDLES = dg.AssetKey([Layer.PUBLISHED.value, "bundles"])
INVOICES = dg.AssetKey([Layer.MARTS.value, "marts_invoices"])
SOURCES_BACKFILL = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


@dg.multi_asset(
    name="ingest",
    specs=[
        dg.AssetSpec(DELIVERIES, group_name=Layer.RAW.value, description="A provider's delivery exactly as received."),
        dg.AssetSpec(
            SLICES,
            group_name=Layer.FOCUS.value,
            deps=[DELIVERIES],
            description="FOCUS charges in the operator's buy view, one slice per unit of delivery.",
        ),
    ],
    partitions_def=sources,
    backfill_policy=SOURCES_BACKFILL,
    pool="lake",
)
def ingest(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """raw -> focus for one month of one provider."""
    month, provider = source_of(context)
    result = engine.ingest(
        month,
        lake=places.lake_path,
        deliveries=places.deliveries_path,
        providers=[provider],
        report=logging_reporter(context),
    )
    if result.refusals:
        raise _failure(RebillError(result.refusals))
    rows = sum(unit.rows for unit in result.units)
    yield dg.MaterializeResult(asset_key=DELIVERIES, metadata={"units": len(result.units)})
    yield dg.MaterializeResult(asset_key=SLICES, metadata={"units": len(result.units), "dagster/row_count": rows})


def _model_specs() -> list[dg.AssetSpec]:
    layer_of = {model.name: model.layer for model in models()}
    return [
        dg.AssetSpec(
            dg.AssetKey([model.layer.value, model.name]),
            group_name=model.layer.value,
            description=model.grain,
            deps=[dg.AssetKey([layer_of[name].value, name]) for name in model.refs]
            + ([SLICES] if model.reads_focus else []),
        )
        for model in models()
    ]


@dg.multi_asset(
    name="build", specs=_model_specs(), partitions_def=months, pool="lake", backfill_policy=SOURCES_BACKFILL
)
def build(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """focus -> rated -> marts for one month: the dbt project, run once."""
    try:
        result = engine.build(
            month_of(context), lake=places.lake_path, config=places.config_path, report=logging_reporter(context)
        )
    except RebillError as error:
        raise _failure(error) from error
    for model in models():
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([model.layer.value, model.name]),
            metadata={"build_id": result.build_id, "content_hash": result.content_hash, "slices": result.slices},
        )


@dg.asset(
    key=BUNDLES,
    group_name=Layer.PUBLISHED.value,
    partitions_def=months,
    deps=[INVOICES],
    pool="lake",
    backfill_policy=SOURCES_BACKFILL,
)
def published(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """marts -> published: immutable bundles per edge. Reads the verdict again and refuses by itself."""
    try:
        result = engine.publish(month_of(context), lake=places.lake_path, report=logging_reporter(context))
    except RebillError as error:
        raise _failure(error) from error
    return dg.MaterializeResult(
        metadata={"published": len(result.published), "held": len(result.held), "held edges": str(result.held)}
    )


def _failure(error: RebillError) -> dg.Failure:
    return dg.Failure(
        description=str(error),
        metadata={"problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in error.problems))},
        allow_retries=False,
    )
