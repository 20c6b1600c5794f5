"""The status bundle: what the latest run of a period says, published or refused, for whoever watches.

It holds the verdict, every problem with its remedy, the holds and the proof, and for each edge whether its current
bundle is of this run. It speaks to the operator; no buyer sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from pipelines import gates
from pipelines.errors import Problem
from pipelines.gates.evidence import open_marts
from pipelines.lake import Lake, write_json
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.publishing.edges import Edge
from pipelines.publishing.tables import write_whole_marts
from pipelines.publishing.versions import Placed, folders_with_bundles, hash_directory, place, publisher_lock

FOLDER = "status"
WORDS = {"pass": "clear", "hold": "held", "refuse": "refused"}


def publish_status(lake: Lake, ledger: Ledger, period: BillingPeriod, report: Reporter) -> Placed:
    """Publish the state of the current build as its recorded verdict has it; also of a refused run.

    A build that was never judged counts as refused. Raises RebillError if the period has no build.
    """
    build_dir, _ = gates.current_build(lake, ledger, period)
    verdict = gates.recorded(ledger, gates.content_hash(build_dir))
    with publisher_lock(lake, period) as scratch, open_marts(build_dir) as con:
        placed = write_status(con, lake, period, scratch, verdict, {}, unjudged(period) if verdict is None else ())
    report("published", f"status: {WORDS[verdict.status] if verdict else 'not judged'}")
    return placed


def publish_failure(lake: Lake, ledger: Ledger, period: BillingPeriod, problems: Sequence[Problem]) -> Placed:
    """Publish that a run stopped before it had marts: the problems, and what earlier runs left current."""
    del ledger
    with publisher_lock(lake, period) as scratch:
        return write_status(None, lake, period, scratch, None, {}, problems)


def write_status(
    con: duckdb.DuckDBPyConnection | None,
    lake: Lake,
    period: BillingPeriod,
    scratch: Path,
    verdict: gates.Verdict | None,
    published: Mapping[str, str],
    problems: Sequence[Problem] = (),
) -> Placed:
    """Write the status bundle; `published` is folder -> bundle hash of this run's edges. Call under the lock."""
    staged = scratch / FOLDER
    staged.mkdir()
    if con is not None:
        write_whole_marts(con, "status", staged)
    period_dir = lake.published(period)
    known = [*(verdict.problems if verdict else ()), *problems]
    write_json(
        staged / "status.json",
        {
            "period": period.label,
            "verdict": WORDS[verdict.status] if verdict else "refused",
            "summary": verdict.summary if verdict else "the run stopped before it could be judged",
            "failed": [asdict(check) for check in verdict.failed] if verdict else [],
            "warnings": [asdict(check) for check in verdict.warnings] if verdict else [],
            "problems": [_without_paths(lake, problem) for problem in known],
            "edges": _edges(period_dir, verdict, published),
        },
    )
    return place(period_dir, FOLDER, staged, hash_directory(staged))


def unjudged(period: BillingPeriod) -> tuple[Problem, ...]:
    """Why content without a verdict is not published."""
    return (Problem("gate", "this content was never judged", f"run `rebill check {period}`"),)


def _edges(period_dir: Path, verdict: gates.Verdict | None, published: Mapping[str, str]) -> list[dict[str, Any]]:
    """One record per edge with a bundle or a hold: its state, its current bundle's hash, why it is held."""
    held = {Edge(edge.seller, edge.buyer).folder: edge for edge in (verdict.held_edges if verdict else ())}
    current = {folder: pointer.bundle for folder, pointer in folders_with_bundles(period_dir).items()}
    records = []
    for folder in sorted(set(held) | set(current)):
        if folder in held:
            state = "superseded-by-hold" if folder in current else "held"
        else:
            state = "published" if folder in published else "kept-from-earlier-run"
        seller, buyer = (part.partition("=")[2] for part in folder.split("/"))
        reason = {"reason": held[folder].reason, "remedy": held[folder].remedy} if folder in held else {}
        records.append({"seller": seller, "buyer": buyer, "state": state, "bundle": current.get(folder), **reason})
    return records


def _without_paths(lake: Lake, problem: Problem) -> dict[str, Any]:
    """A problem as data: published files name no folder of this machine."""

    def clean(text: str) -> str:
        return text.replace(f"{lake.root}/", "").replace(str(lake.root), "the lake")

    record = {key: value for key, value in asdict(problem).items() if value is not None}
    return record | {"file": Path(problem.file).name, "what": clean(problem.what), "remedy": clean(problem.remedy)}
