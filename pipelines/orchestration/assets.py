"""The assets: raw and focus by month and provider, rated and marts by dbt model, published by month.

Each body calls one verb of the engine and hands its figures to the metadata. Rules and money stay out.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import engine
from pipelines.layers import Layer
from pipelines.orchestration import figures
from pipelines.orchestration.figures import Table
from pipelines.orchestration.lineage import Model, models
from pipelines.orchestration.metadata import ROWS, column_schema, explained, problem_table, refusal, table, tables
from pipelines.orchestration.partitions import month_of, months, source_of, sources
from pipelines.orchestration.resources import Places, logging_reporter

DELIVERIES = dg.AssetKey([Layer.RAW.value, "deliveries"])
SLICES = dg.AssetKey([Layer.FOCUS.value, "charges"])
BUNDLES = dg.AssetKey([Layer.PUBLISHED.value, "bundles"])
POOL = "lake"  # one step at a time writes to the lake
# What dbt reads of each layer; the configuration and the period itself are no assets.
READS = {
    "raw.control_invoices": DELIVERIES,
    "raw.period": DELIVERIES,
    "raw.totals": SLICES,
    "focus.charges": SLICES,
    "focus.keys": SLICES,
    "focus.facts": SLICES,
    "focus.slices": SLICES,
}
MODELS = tuple(models())


def model_key(name: str) -> dg.AssetKey:
    """The asset of a dbt model: its layer, then its name."""
    return dg.AssetKey([name.partition("_")[0], name])


@dg.multi_asset(
    name="ingest",
    specs=[
        dg.AssetSpec(
            DELIVERIES,
            group_name=Layer.RAW.value,
            description="What a provider delivered for a month: files exactly as received, each known by its content, "
            "and the invoice totals they must tie to.",
            kinds={"file"},
        ),
        dg.AssetSpec(
            SLICES,
            group_name=Layer.FOCUS.value,
            deps=[DELIVERIES],
            description="FOCUS 1.4 charges as the provider bills the operator, one slice per invoice or account.\n\n"
            "If a delivery is refused this fails and lists every problem; whatever else was good is in the lake, what "
            "was current stays current, and the month can still be billed without the refused part.",
            kinds={"parquet"},
        ),
    ],
    partitions_def=sources,
    pool=POOL,
)
def ingest(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """raw -> focus for one month of one provider."""
    month, provider = source_of(context)
    with explained():
        result = engine.ingest(
            month,
            lake=places.lake_path,
            deliveries=places.deliveries_path,
            providers=[provider],
            report=logging_reporter(context),
        )
    delivered = figures.deliveries(places.ledger, month, provider, places.place)
    yield dg.MaterializeResult(
        asset_key=DELIVERIES,
        metadata={
            "deliveries": len(delivered.rows),
            "files": delivered.total("files"),
            ROWS: delivered.total("rows"),
            "refused": len(result.refusals),
            **tables(
                {
                    "refusals": problem_table(result.refusals),
                    "delivered": delivered,
                    "control totals": figures.control_totals(places.ledger, month, provider),
                }
            ),
        },
    )
    if result.refusals:
        raise refusal(result.refusals, "What could be taken in is in the lake; what was current stays current.")
    if not result.units:
        context.log.warning("%s has delivered nothing for %s below %s", provider, month, places.deliveries_path)
    parts, totals = figures.slices(places.ledger, month, provider, places.place)
    outcome = Table(("unit", "outcome", "account"), tuple((u.unit, u.outcome, u.account) for u in result.units))
    yield dg.MaterializeResult(
        asset_key=SLICES,
        metadata={
            "slices": len(parts.rows),
            ROWS: parts.total("charges"),
            **tables({"current slices": parts, "booked totals": totals, "this run": outcome}),
        },
    )


def _spec(model: Model) -> dg.AssetSpec:
    return dg.AssetSpec(
        model_key(model.name),
        group_name=model.layer.value,
        description=model.description,
        deps=sorted({*map(model_key, model.refs), *(READS[name] for name in model.sources & READS.keys())}),
        metadata={"dagster/column_schema": column_schema(model.columns)},
        kinds={"dbt", "view" if model.is_view else "table"},
    )


@dg.multi_asset(
    name="build",
    specs=[_spec(model) for model in MODELS],
    partitions_def=months,
    pool=POOL,
    # Not for speed: in this Dagster a backfill from the sources refuses an undividable group of monthly assets,
    # because two equal sets of partitions can compare as unequal.
    can_subset=True,
)
def build(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """focus -> rated -> marts for one month: the dbt project, always as a whole; reports the models asked for."""
    with explained():
        result = engine.build(
            month_of(context), lake=places.lake_path, config=places.config_path, report=logging_reporter(context)
        )
    tables = [(model.layer.value, model.name) for model in MODELS if not model.is_view]
    counts = figures.row_counts(places.place, result.build_id, result.directory, tables)
    shown = figures.mart_tables(result.directory)
    for model in (model for model in MODELS if model_key(model.name) in context.selected_asset_keys):
        metadata: dict[str, dg.MetadataValue | int | str] = {
            "build": result.build_id,
            "this run": "built" if result.is_new else "found as it was: nothing it is made from has changed",
        }
        if model.name in shown:
            metadata["figures"] = table(shown[model.name])
        if model.name in counts:
            metadata[ROWS] = counts[model.name]
        else:
            metadata["rows"] = "priced when a bundle is written"
        yield dg.MaterializeResult(asset_key=model_key(model.name), metadata=metadata)


@dg.asset(
    key=BUNDLES,
    group_name=Layer.PUBLISHED.value,
    partitions_def=months,
    deps=[model_key(model.name) for model in MODELS if model.layer is Layer.MARTS],
    pool=POOL,
    kinds={"parquet", "csv"},
    description="What buyers receive: an immutable bundle per seller and buyer; one for the operator, one of the state."
    "\n\nReads the verdict again for exactly the content it publishes, and refuses by itself; held bills wait.",
)
def published(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """marts -> published. The same content again writes nothing."""
    with explained():
        result = engine.publish(month_of(context), lake=places.lake_path, report=logging_reporter(context))
    bundles = [
        (placed.folder, placed.version, "new" if placed.is_new else "unchanged", placed.bundle[:12])
        for placed in (*result.published, result.operator, result.status)
    ]
    held = [(edge.seller, edge.buyer, edge.reason, edge.remedy) for edge in result.held]
    return dg.MaterializeResult(
        metadata={
            "bills published": len(result.published),
            "of them new": len(result.new),
            "bills held": len(result.held),
            **tables(
                {
                    "held": Table(("seller", "buyer", "why", "what to do"), tuple(held)),
                    "bundles": Table(("folder", "version", "this run", "content"), tuple(bundles)),
                }
            ),
            "folder": dg.MetadataValue.path(places.place.published(month_of(context))),
            "content judged": result.content_hash,
        }
    )
