"""The gate as asset checks: one per group of evidence, on the mart it speaks about, all from one judgement.

A refused group blocks everything downstream; a warning is shown and lets pass. Publishing asks the recorded verdict
again, so nothing depends on these checks having run.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from pipelines import engine
from pipelines.gates import Verdict, current_build
from pipelines.gates.evidence import SEVERITIES, Check
from pipelines.orchestration import figures
from pipelines.orchestration.assets import POOL, model_key
from pipelines.orchestration.figures import Failing, Table
from pipelines.orchestration.metadata import explained, tables
from pipelines.orchestration.partitions import month_of, months
from pipelines.orchestration.resources import Places, logging_reporter


@dataclass(frozen=True)
class Group:
    """Evidence that is shown together: the measured checks it holds, on one mart."""

    name: str
    mart: str
    checks: tuple[str, ...]
    says: str

    @property
    def blocks(self) -> bool:
        """Whether a violation stops the month; a group whose checks only warn never does."""
        return not self.checks or any(SEVERITIES[name] == "fail" for name in self.checks)


VERDICT = Group("gate", "marts_invoices", (), "The verdict on the whole month: may its bills be published?")
GROUPS = (
    VERDICT,
    Group(
        "proof",
        "marts_reconciliation",
        ("proof_all_tied",),
        "Provider invoice = raw = focus = prices = lines = invoices: every difference is zero, without tolerance.",
    ),
    Group(
        "finality",
        "marts_reconciliation",
        ("estimates_present", "untied_invoices"),
        "Every slice is final and tied to an invoice of its provider. If not, the bills are estimates.",
    ),
    Group(
        "coverage",
        "marts_coverage",
        ("coverage_complete",),
        "Every unit of provider cost is billed, absorbed, excluded or quarantined, once, with a reason.",
    ),
    Group(
        "conservation",
        "marts_margin",
        ("conservation_per_edge",),
        "Between the tiers nothing appears and nothing is lost: bought = sold on, price = cost + margin.",
    ),
    Group("invoices", "marts_invoices", ("invoice_equals_lines",), "Every invoice is the sum of its lines."),
    Group(
        "lines",
        "marts_invoice_lines",
        ("line_ids_unique", "rounding_residual_bounded"),
        "Every line has its own id and was rounded once, by less than one minor unit.",
    ),
    Group(
        "money",
        "marts_invoice_lines",
        ("no_null_money", "sums_within_type"),
        "No amount is missing and no sum comes near the edge of its type.",
    ),
    Group(
        "sharing",
        "marts_commitment_sharing",
        ("commitments_shared_in_breach", "commitments_shared"),
        "No commitment's discount reached more than one end customer where its provider's rule forbids it.",
    ),
    Group(
        "focus_rules",
        "marts_cost_and_usage",
        (
            "focus_rules_examined",
            "focus_rules_of_charges",
            "focus_rules_of_bills",
            "focus_rules_warned",
            "focus_rules_waived",
        ),
        "Charges and bills keep the money rules of FOCUS, but for gaps of providers that were reviewed and waived.",
    ),
    Group("holds", "marts_holds", ("holds_present",), "No bill waits for an answer."),
)


def _specs() -> list[dg.AssetCheckSpec]:
    # Preview in this Dagster: that a check knows its month. Without it the UI mixes the months' verdicts.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                group.name,
                asset=model_key(group.mart),
                description=group.says,
                blocking=group.blocks,
                partitions_def=months,
            )
            for group in GROUPS
        ]


@dg.multi_asset_check(name="gate", specs=_specs(), can_subset=True, pool=POOL)
def gate(context: dg.AssetCheckExecutionContext, places: Places) -> Iterator[dg.AssetCheckResult]:
    """Judge the current build once and report each group of its evidence."""
    month = month_of(context)
    with explained():
        verdict = engine.check(month, lake=places.lake_path, report=logging_reporter(context))
        directory, _ = current_build(places.place, places.ledger, month)
    evidence = figures.evidence(directory, verdict.content_hash)
    failing = figures.failing_rows(directory)
    for group in GROUPS:
        if dg.AssetCheckKey(model_key(group.mart), group.name) in context.selected_asset_check_keys:
            yield result_of(group, verdict, evidence, failing)


def result_of(group: Group, verdict: Verdict, evidence: list[Check], failing: Failing) -> dg.AssetCheckResult:
    """What a verdict says of one group: passed, refused (ERROR) or noted (WARN), with its figures and failing rows."""
    if group is VERDICT:
        return _verdict(verdict)
    failed = [check for check in verdict.failed if check.name in group.checks]
    noted = [check for check in verdict.warnings if check.name in group.checks]
    measured = [check for check in evidence if check.name in group.checks]
    violated = [*failed, *noted]
    own = {"holds": failing.holds, "sharing": failing.shared}
    rows = own.get(group.name) or failing.untied.where("tie", {check.scope for check in violated})
    by_weight = sorted(measured, key=lambda check: -check.violations)
    return dg.AssetCheckResult(
        asset_key=model_key(group.mart),
        check_name=group.name,
        passed=not violated,
        severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description="; ".join(map(str, violated[:5])) or group.says,
        metadata={
            **tables({"failing rows": rows, "measured": figures.measurements(by_weight)}),
            "violated": len(violated),
        },
    )


def _verdict(verdict: Verdict) -> dg.AssetCheckResult:
    """The word itself. A refusal that no group shows (the suite did not hold) is visible here."""
    held = Table(
        ("seller", "buyer", "why", "what to do"),
        tuple((edge.seller, edge.buyer, edge.reason, edge.remedy) for edge in verdict.held_edges),
    )
    return dg.AssetCheckResult(
        asset_key=model_key(VERDICT.mart),
        check_name=VERDICT.name,
        passed=verdict.status != "refuse",
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict.summary,
        metadata={
            "verdict": verdict.status,
            "content judged": verdict.content_hash,
            **tables(
                {
                    "refused by": figures.measurements(verdict.failed),
                    "warnings": figures.measurements(verdict.warnings),
                    "held bills": held,
                }
            ),
        },
    )
