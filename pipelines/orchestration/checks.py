"""The gate as a blocking asset check, with the measured figures in its metadata."""

import dagster as dg

from pipelines import engine
from pipelines.orchestration.assets import INVOICES
from pipelines.orchestration.partitions import month_of, months
from pipelines.orchestration.resources import Places


@dg.asset_check(asset=INVOICES, name="gate", blocking=True, partitions_def=months)
def gate(context: dg.AssetCheckExecutionContext, places: Places) -> dg.AssetCheckResult:
    """Judge the current build. Held bills pass with a warning; a refusal blocks everything downstream."""
    verdict = engine.check(month_of(context), lake=places.lake_path)
    severity = dg.AssetCheckSeverity.ERROR if verdict.status == "refuse" else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=verdict.status == "pass",
        severity=severity,
        description=verdict.summary,
        metadata={"verdict": verdict.status, "content_hash": verdict.content_hash, **verdict.figures},
    )
