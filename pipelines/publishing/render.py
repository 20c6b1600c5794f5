"""A published bundle's charges in another FOCUS version, on request: beside the publication, which it only reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipelines.config.entities import RENDITIONS
from pipelines.errors import Problem, RebillError
from pipelines.hashing import sha256_file
from pipelines.lake import Lake
from pipelines.period import BillingPeriod
from pipelines.publishing.metadata import COST_AND_USAGE, rendition
from pipelines.publishing.parquet import write_stream
from pipelines.publishing.versions import MANIFEST, folders_with_bundles
from pipelines.renditions import rendering


@dataclass(frozen=True)
class Rendered:
    """One rendered file: of which edge and version of its bundle, where it lies and its rows."""

    seller: str
    buyer: str
    version: int
    focus: str
    path: Path
    rows: int


def render(lake: Lake, period: BillingPeriod, buyer: str, focus: str, out: Path, seller: str | None = None) -> Rendered:
    """Write the current bundle's charges in FOCUS `focus` into the folder `out`.

    Raises RebillError for a version that nobody renders, a buyer without one bundle, a damaged bundle, or an `out`
    within the lake.
    """
    problems = []
    if focus not in RENDITIONS:
        remedy = f"use {', '.join(RENDITIONS)}; what is published is in our own version already"
        problems.append(Problem("--focus", f"{focus!r} is no FOCUS version to render in", remedy))
    if out.resolve().is_relative_to(lake.root.resolve()):
        problems.append(Problem(str(out), "the folder lies in the lake", "choose a folder of your own"))
    edges = _edges(lake, period, buyer, seller)
    if len(edges) != 1:
        problems.append(_not_one(period, buyer, sorted(edges)))
    if problems:
        raise RebillError(problems)
    (found, version), *_ = edges.items()
    source = lake.published(period) / f"seller={found}" / f"buyer={buyer}" / f"version={version}"
    _refuse_damage(source)
    target = out / f"{rendition(focus)}.parquet"
    with rendering(source / f"{COST_AND_USAGE}.parquet", focus.replace(".", "_")) as (reader, rows):
        write_stream(target, reader, rows)
    return Rendered(found, buyer, version, focus, target, rows)


def _edges(lake: Lake, period: BillingPeriod, buyer: str, seller: str | None) -> dict[str, int]:
    """Seller -> current version of its bundle for the buyer."""
    found = {}
    for folder, pointer in folders_with_bundles(lake.published(period)).items():
        names = [part.partition("=")[2] for part in folder.split("/")]
        if names[1] == buyer and seller in (None, names[0]):
            found[names[0]] = pointer.version
    return found


def _not_one(period: BillingPeriod, buyer: str, sellers: list[str]) -> Problem:
    if sellers:
        what = f"{buyer} has bundles of {', '.join(sellers)} in {period}"
        return Problem("--seller", what, "name the seller")
    return Problem("--buyer", f"{period} has no published bundle for {buyer}", f"publish first: `rebill run {period}`")


def _refuse_damage(source: Path) -> None:
    name = f"{COST_AND_USAGE}.parquet"
    recorded = json.loads((source / MANIFEST).read_text(encoding="utf-8"))["Files"][name]["Sha256"]
    if sha256_file(source / name) != recorded:
        raise RebillError(Problem(f"{source.name}/{name}", "the file is not what was published", "publish again"))
