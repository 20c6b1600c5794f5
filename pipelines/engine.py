"""The verbs of the engine: what the library, the command line and Dagster call, and nothing else does.

Each verb takes the lake and what it needs, does one thing, records it in the ledger and returns a report
value. Errors are RebillError with every problem found; nothing good is lost by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import building, gates, generator, publishing, reports, simulation
from pipelines import config as configuration
from pipelines.conformance import check_slices, own, summary
from pipelines.errors import EXIT_BAD_INPUT, EXIT_HELD, EXIT_OK, EXIT_REFUSED, GateRefused, Problem, RebillError
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter, silent
from pipelines.providers import intake

Period = str | BillingPeriod


@dataclass(frozen=True)
class RunReport:
    """One whole run: every stage's report, or what stopped it."""

    period: BillingPeriod
    ingest: intake.IngestReport
    build: building.BuildReport | None = None
    verdict: gates.Verdict | None = None
    publish: publishing.PublishReport | None = None
    problems: list[Problem] = field(default_factory=list)
    stopped: int | None = None

    @property
    def exit_code(self) -> int:
        """What stopped the run, else 2 a delivery refused, 3 some bills held, 0 all published."""
        if self.publish is None:
            return self.stopped or EXIT_REFUSED
        if self.ingest.refusals:
            return EXIT_BAD_INPUT
        return EXIT_HELD if self.publish.held else EXIT_OK


def generate(
    out: Path,
    period: Period,
    *,
    customers: int,
    lines: int,
    seed: int,
    truth: bool | None = None,
    report: Reporter = silent,
) -> generator.GenerateReport:
    """Write a month of provider-shaped deliveries with its configuration and known truth."""
    return generator.generate(
        Path(out), _period(period), customers=customers, lines=lines, seed=seed, truth=truth, report=report
    )


def ingest(
    period: Period,
    *,
    lake: Path,
    deliveries: Path,
    providers: Sequence[str] | None = None,
    force_reason: str | None = None,
    report: Reporter = silent,
) -> intake.IngestReport:
    """raw -> focus: take in what is new of a period's deliveries, slice by slice."""
    place, ledger, month = _open(lake, period)
    result = intake.ingest(place, ledger, Path(deliveries), month, providers, report, force_reason)
    ledger.record("ingest", month.label, "refused" if result.refusals else "ok", units=len(result.units))
    return result


def build(period: Period, *, lake: Path, config: Path, report: Reporter = silent) -> building.BuildReport:
    """focus -> rated -> marts: price every charge on every edge and prove it.

    Before that the slices are held against the FOCUS rules: GateRefused where one is broken and not waived.
    """
    place, ledger, month = _open(lake, period)
    try:
        terms = configuration.load(Path(config))
        checked = check_slices(place, ledger, month, own(terms.waivers))
        report("focus", summary(checked.findings))
        result = building.build(place, ledger, month, terms, report, checked)
    except RebillError as error:
        ledger.record("build", month.label, "refused", problems=[str(problem) for problem in error.problems])
        publishing.publish_failure(place, ledger, month, error.problems)
        raise
    ledger.record("build", month.label, "ok", build_id=result.build_id, content_hash=result.content_hash)
    return result


def check(period: Period, *, lake: Path, report: Reporter = silent) -> gates.Verdict:
    """Judge the current build; the verdict is recorded for exactly its content."""
    place, ledger, month = _open(lake, period)
    verdict = gates.check(place, ledger, month, report)
    ledger.record("check", month.label, verdict.status, content_hash=verdict.content_hash)
    return verdict


def publish(period: Period, *, lake: Path, report: Reporter = silent) -> publishing.PublishReport:
    """marts -> published: write the bundles that the recorded verdict allows. Raises GateRefused."""
    place, ledger, month = _open(lake, period)
    try:
        result = publishing.publish(place, ledger, month, report)
    except GateRefused as error:
        ledger.record("publish", month.label, "refused", problems=[str(problem) for problem in error.problems])
        raise
    ledger.record("publish", month.label, "ok", published=len(result.published), held=len(result.held))
    return result


def simulate(
    period: Period, *, lake: Path, config: Path, changes: Sequence[str], report: Reporter = silent
) -> simulation.SimulationReport:
    """What if: every bill and margin before and after changes such as `sharing=off`. The period stays as it is."""
    place, ledger, month = _open(lake, period)
    return simulation.simulate(place, ledger, month, Path(config), changes, report)


def render(
    period: Period, *, lake: Path, buyer: str, out: Path, focus: str = "1.2", seller: str | None = None
) -> publishing.Rendered:
    """A published bundle's charges in another FOCUS version, written into `out`; the publication stays as it is."""
    place, _, month = _open(lake, period)
    return publishing.render(place, month, buyer, focus, Path(out), seller)


def commitments(period: Period, *, lake: Path) -> reports.CommitmentReport:
    """Every commitment of the current build: owner, use, saving, what its sale brings, and whom else it reached."""
    return reports.commitments(*_open(lake, period))


def benefits(period: Period, *, lake: Path) -> reports.BenefitReport:
    """Every partner benefit of the current build: earned, missed and passed on, by tenant and sub-account."""
    return reports.benefits(*_open(lake, period))


def conformance(period: Period, *, lake: Path, config: Path | None = None) -> reports.ConformanceReport:
    """The FOCUS rules against the current slices, and against the bills of the current build if there is one.

    `config` is the directory with the operator's own waivers; without it only the shipped ones are applied.
    """
    waivers = own(configuration.load(Path(config)).waivers) if config else ()
    return reports.conformance(*_open(lake, period), waivers)


def run(
    period: Period,
    *,
    lake: Path,
    config: Path,
    deliveries: Path,
    providers: Sequence[str] | None = None,
    force_reason: str | None = None,
    report: Reporter = silent,
) -> RunReport:
    """All of it, in order. A refusal ends the run where it happens and is part of the report."""
    month = _period(period)
    taken = ingest(
        month, lake=lake, deliveries=deliveries, providers=providers, force_reason=force_reason, report=report
    )
    built: building.BuildReport | None = None
    verdict: gates.Verdict | None = None
    try:
        built = build(month, lake=lake, config=config, report=report)
        verdict = check(month, lake=lake, report=report)
        published = publish(month, lake=lake, report=report)
    except RebillError as error:
        return RunReport(month, taken, built, verdict, None, [*taken.refusals, *error.problems], error.exit_code)
    return RunReport(month, taken, built, verdict, published, list(taken.refusals))


def _open(lake: Path, period: Period) -> tuple[Lake, Ledger, BillingPeriod]:
    place = Lake(Path(lake).resolve())
    return place, Ledger(place), _period(period)


def _period(period: Period) -> BillingPeriod:
    return period if isinstance(period, BillingPeriod) else BillingPeriod(period)
