"""FOCUS rules as an asset check on the slices of one provider and month, before anything is rated from them.

The build asks again by itself; this shows it where the slices are, with every finding.
"""

import warnings
from collections.abc import Iterator

import dagster as dg

from pipelines import engine
from pipelines.conformance import Finding, summary
from pipelines.errors import BadConfig
from pipelines.money import Decimal
from pipelines.orchestration.assets import POOL, SLICES
from pipelines.orchestration.figures import Table
from pipelines.orchestration.metadata import explained, tables
from pipelines.orchestration.partitions import source_of, sources
from pipelines.orchestration.resources import Places
from pipelines.printing import money
from pipelines.providers.registry import owner

NAME = "focus_rules"


def _spec() -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            NAME,
            asset=SLICES,
            description="The charges keep the money rules of FOCUS, but for gaps that were reviewed and waived.",
            blocking=True,
            partitions_def=sources,
        )


@dg.multi_asset_check(name="focus_rules_of_charges", specs=[_spec()], pool=POOL)
def focus_rules(context: dg.AssetCheckExecutionContext, places: Places) -> Iterator[dg.AssetCheckResult]:
    """Hold the current slices of one provider and month against the rules."""
    month, provider = source_of(context)
    config = places.config_path if places.config_path.is_dir() else None
    current = [row for row in places.ledger.current_slices(month.label) if owner(row["provider"]).name == provider]
    found: list[Finding] = []
    if current:
        with explained():
            try:
                report = engine.conformance(month, lake=places.lake_path, config=config)
            except BadConfig:
                # The build says what is wrong with it; until then the shipped waivers judge what was taken in.
                report = engine.conformance(month, lake=places.lake_path)
        charges = [finding for finding in report.findings if finding.view == "buy"]
        found = [finding for finding in charges if not finding.provider or owner(finding.provider).name == provider]
    yield result_of(found)


def result_of(found: list[Finding]) -> dg.AssetCheckResult:
    """Blocked (ERROR), warned (WARN) or passed, with what breaks a rule and what is waived."""
    broken = [finding for finding in found if finding.violations and finding.waived_by is None]
    waived = [finding for finding in found if finding.violations and finding.waived_by is not None]
    blocked = any(finding.blocks for finding in broken)
    return dg.AssetCheckResult(
        asset_key=SLICES,
        check_name=NAME,
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if blocked else dg.AssetCheckSeverity.WARN,
        description=summary(found),
        metadata={
            "broken": len(broken),
            "rows waived": sum(finding.violations for finding in waived),
            **tables({"failing rules": _table(broken), "waived": _table(waived)}),
        },
    )


def _table(findings: list[Finding]) -> Table:
    rows = [
        (item.rule, item.place, item.violations, item.checked, _amount(item.amount, item.currency), item.waived_by,
         item.example)
        for item in findings
    ]  # fmt: skip
    return Table(("rule", "where", "violations", "checked", "amount", "waived by", "example"), tuple(rows))


def _amount(amount: Decimal, currency: str | None) -> str:
    return money(amount, currency) if currency else money(amount)
