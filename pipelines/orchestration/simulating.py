"""The job of a what-if: the verb `simulate` for one month, with its figures in the run's metadata."""

import dagster as dg

from pipelines import engine
from pipelines.orchestration.figures import Table
from pipelines.orchestration.metadata import explained, tables
from pipelines.orchestration.partitions import months
from pipelines.orchestration.resources import Places, logging_reporter
from pipelines.period import BillingPeriod


class Changes(dg.Config):
    """What to change, as `rebill simulate` takes it: `sharing=off`, `expired=COMMITMENT_ID` and the like."""

    changes: list[str]


@dg.op(description="Builds the month as it is and with the changes, and compares. Writes nothing that lasts.")
def what_if(context: dg.OpExecutionContext, config: Changes, places: Places) -> None:
    """Every bill, margin and provider total before and after."""
    with explained():
        result = engine.simulate(
            BillingPeriod(context.partition_key),
            lake=places.lake_path,
            config=places.config_path,
            changes=config.changes,
            report=logging_reporter(context),
        )
    shown = {
        name: Table(
            ("seller", "buyer", "currency", "before", "after", "difference"),
            tuple((f.seller, f.buyer, f.currency, str(f.before), str(f.after), str(f.difference)) for f in figures),
        )
        for name, figures in result.sections.items()
    }
    notes = Table(("note",), tuple((note,) for note in result.notes))
    context.add_output_metadata({"changes": ", ".join(result.changes), **tables({**shown, "notes": notes})})


@dg.job(
    partitions_def=months,
    description="What if: every bill and margin before and after changes. The month itself stays as it is.",
)
def simulate() -> None:
    """One step: it only reads."""
    what_if()
