"""A month of provider deliveries out of nothing: realistic, of any size, and the same bytes for the same seed.

It is the demo's input, the tests' and the benchmark's. What is in it is told in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import Problem, RebillError
from pipelines.generator import aws, azure, config_files, gcp
from pipelines.generator.accounts import build_estate
from pipelines.generator.dice import Dice
from pipelines.generator.scene import Scene
from pipelines.generator.tenants import build_tree
from pipelines.layers import Layer
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter, silent

TRUTH_LIMIT = 1_000_000
MIN_CUSTOMERS = 12
MIN_LINES = 2_000
WRITERS = {"azure": azure.write, "aws": aws.write, "gcp": gcp.write}


@dataclass(frozen=True)
class GenerateReport:
    """What was written: where, how many lines each provider books, who has been left unlinked."""

    out: Path
    period: str
    lines: Mapping[str, int]
    customers: int
    unlinked_account: str | None
    truth: Path | None

    @property
    def total(self) -> int:
        return sum(self.lines.values())


def generate(
    out: Path,
    period: BillingPeriod,
    *,
    customers: int,
    lines: int,
    seed: int,
    truth: bool | None = None,
    unlinked: bool = True,
    history: bool = False,
    report: Reporter = silent,
) -> GenerateReport:
    """Write OUT/deliveries, OUT/config and, if asked (or by default up to a million lines), OUT/truth.

    `lines` is about how many lines the three providers book together; `unlinked` leaves one AWS account
    without an owner, so that one reseller's bill is held; `history` adds what bought commitments in the month before,
    as deliveries of that month. Raises RebillError for sizes too small to be a
    month and for a folder that already holds deliveries.
    """
    _check(out, customers, lines)
    dice = Dice(f"{seed}/{period}/{customers}/{lines}")
    tree = build_tree(period, customers, dice)
    estate = build_estate(tree, period, lines, dice, unlinked=unlinked)
    config_files.write(out / "config", period, tree, estate)
    report(Layer.RAW, f"configuration of {customers} customers and {len(tree.resellers)} resellers")
    counts = {}
    for provider, write in WRITERS.items():
        counts[provider] = write(Scene(out / "deliveries" / provider, period, tree, estate, dice, history))
        report(Layer.RAW, f"{provider}: {counts[provider]:,} lines delivered")
    wanted = lines <= TRUTH_LIMIT if truth is None else truth
    place = _write_truth(out, period, report) if wanted else None
    return GenerateReport(out, period.label, counts, customers, estate.unlinked, place)


def _check(out: Path, customers: int, lines: int) -> None:
    problems = []
    if customers < MIN_CUSTOMERS:
        problems.append(Problem("customers", f"{customers} customers are too few", f"give at least {MIN_CUSTOMERS}"))
    if lines < MIN_LINES:
        problems.append(Problem("lines", f"{lines} lines are too few", f"give at least {MIN_LINES}"))
    if (out / "deliveries").exists():
        problems.append(Problem(str(out), "already holds deliveries", "name a new folder, or delete this one first"))
    if problems:
        raise RebillError(problems)


def _write_truth(out: Path, period: BillingPeriod, report: Reporter) -> Path:
    # Imported late: the oracle is a second reading of the same files and takes no part in writing them.
    from pipelines.generator.truth import compute, write_truth

    found = compute(out / "deliveries", out / "config", period.label)
    write_truth(found, out / "truth")
    report(Layer.RAW, "truth computed line by line")
    return out / "truth"
