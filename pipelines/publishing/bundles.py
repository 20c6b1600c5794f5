"""Publish: from judged marts to immutable bundles, one per edge, one for the operator, one for the state.

Nothing of it trusts the caller: the content on disk is hashed again, the verdict of exactly that hash decides, and
before the first bundle is placed every buyer's detail must add up to its invoices, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from pipelines import gates
from pipelines.errors import GateRefused, Problem, RebillError
from pipelines.gates.evidence import open_marts
from pipelines.gates.verdict import REFUSE
from pipelines.lake import Lake
from pipelines.ledger import BUNDLES, Ledger, now
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.publishing.detail import Totals, write_details
from pipelines.publishing.edges import Edge, mount
from pipelines.publishing.manifest import Invoices, edge_manifest, operator_manifest, read_invoices
from pipelines.publishing.metadata import COST_AND_USAGE, read_origins, rendition, write_metadata
from pipelines.publishing.parquet import write_stream
from pipelines.publishing.status import unjudged, write_status
from pipelines.publishing.tables import (
    write_billing_periods,
    write_contract_commitments,
    write_cost_centres,
    write_daily_costs,
    write_invoice_details,
    write_whole_marts,
)
from pipelines.publishing.versions import Placed, place, publisher_lock
from pipelines.renditions import rendering

OPERATOR = "operator"
WORK_DATABASE = "work.duckdb"
DETAIL_VIEW = "marts_cost_and_usage"


@dataclass(frozen=True)
class PublishReport:
    """What a publication left current: bundles of edges (new or unchanged), held edges, operator and status."""

    period: BillingPeriod
    content_hash: str
    published: tuple[Placed, ...]
    held: tuple[gates.HeldEdge, ...]
    operator: Placed
    status: Placed

    @property
    def new(self) -> tuple[Placed, ...]:
        """The edge bundles that this run made; the others had the same content already."""
        return tuple(placed for placed in self.published if placed.is_new)


def publish(lake: Lake, ledger: Ledger, period: BillingPeriod, report: Reporter) -> PublishReport:
    """Publish the current build of a period. The same content again writes nothing.

    Raises GateRefused if the content was not judged, was refused, or does not add up; the status bundle says so.
    """
    with publisher_lock(lake, period) as scratch:
        build_dir, build = gates.current_build(lake, ledger, period)
        with lake.exclusive(f"build={build['build_id']}"):  # nobody makes it anew while it is read
            content = gates.content_hash(build_dir)
            verdict = gates.recorded(ledger, content)
            with open_marts(build_dir) as con:
                if verdict is None or verdict.status == REFUSE:
                    problems = unjudged(period) if verdict is None else ()
                    write_status(con, lake, period, scratch, verdict, {}, problems)
                    raise GateRefused([*problems, *(verdict.problems if verdict else ())])
                held = {Edge(edge.seller, edge.buyer) for edge in verdict.held_edges}
                edges = mount(con, period, held)
                try:
                    work = lake.work(f"build={build['build_id']}")
                    invoices = _write_files(con, work, edges, scratch, report)
                    _describe(con, period, edges, scratch)
                except GateRefused as error:
                    write_status(con, lake, period, scratch, verdict, {}, error.problems)
                    raise
                published = _place_edges(lake, period, edges, invoices, scratch, report)
                operator = _place_operator(con, lake, period, build_dir, verdict, scratch)
                current = {placed.folder: placed.bundle for placed in published}
                status = write_status(con, lake, period, scratch, verdict, current)
        _record(ledger, period, [*published, operator, status])
    report("published", f"operator version {operator.version}, {len(published)} bundles, {len(held)} held")
    return PublishReport(period, content, tuple(published), verdict.held_edges, operator, status)


def _write_files(
    con: duckdb.DuckDBPyConnection, work: Path, edges: list[Edge], scratch: Path, report: Reporter
) -> Invoices:
    """Write every edge's files below `scratch`/edges/<EdgeNo>. Raises GateRefused if a detail does not add up."""

    def directory_of(number: int) -> Path:
        return scratch / "edges" / str(number)

    for number in range(len(edges)):
        directory_of(number).mkdir(parents=True)
    view = _attach(con, work / WORK_DATABASE)
    totals = write_details(con, view, edges, lambda number: directory_of(number) / "cost_and_usage.parquet", scratch)
    report("published", f"cost and usage of {len(edges)} edges written")
    invoices = read_invoices(con)
    _refuse_differences(con, edges, totals)
    write_invoice_details(con, directory_of)
    write_cost_centres(con, directory_of)
    write_daily_costs(con, directory_of, len(edges))
    write_billing_periods(con, directory_of, len(edges))
    write_contract_commitments(con, directory_of, len(edges))
    report("published", "invoice details and daily costs written; every detail adds up to its invoice")
    return invoices


def _describe(con: duckdb.DuckDBPyConnection, period: BillingPeriod, edges: Sequence[Edge], scratch: Path) -> None:
    """Beside the files of every edge its charges in the other FOCUS versions it gets, and the FOCUS metadata of all."""
    for number, origin in read_origins(con).items():
        directory = scratch / "edges" / str(number)
        for version in origin.versions:
            source, target = directory / f"{COST_AND_USAGE}.parquet", directory / f"{rendition(version)}.parquet"
            with rendering(source, version.replace(".", "_")) as (reader, rows):
                write_stream(target, reader, rows)
        write_metadata(directory, period, edges[number], origin)


def _attach(con: duckdb.DuckDBPyConnection, database: Path) -> str:
    """Attach a build's work database for reading, under the name its views know it by. Returns the detail view."""
    if not database.is_file():
        raise RebillError(Problem(database.parent.name, "the build's work database is gone", "build the period again"))
    name = str(database).replace("'", "''")
    con.execute(f"attach '{name}' as {database.stem} (read_only)")
    found = con.execute(
        "select table_schema from information_schema.tables where table_catalog = ? and table_name = ?",
        [database.stem, DETAIL_VIEW],
    ).fetchone()
    if found is None:
        raise RebillError(Problem(database.parent.name, f"no view {DETAIL_VIEW}", "build the period again"))
    return f"{database.stem}.{found[0]}.{DETAIL_VIEW}"


def _refuse_differences(con: duckdb.DuckDBPyConnection, edges: Sequence[Edge], totals: Totals) -> None:
    """Sum of a buyer's rows = sum of its rounded invoice lines, exactly, per invoice."""
    rows = con.execute(
        "select EdgeNo, InvoiceId, cast(sum(BilledCost) as decimal(38, 24)) from lines group by EdgeNo, InvoiceId "
        "order by EdgeNo, InvoiceId"
    ).fetchall()
    billed = {(number, invoice): amount for number, invoice, amount in rows}
    problems = [
        Problem(
            f"{edges[number]} {invoice}",
            f"detail adds up to {totals.get((number, invoice))}, the invoice to {billed.get((number, invoice))}",
            "the marts contradict each other: build the period again and report it if it stays",
        )
        for number, invoice in sorted(set(billed) | set(totals), key=str)
        if totals.get((number, invoice)) != billed.get((number, invoice))
    ]
    if problems:
        raise GateRefused(problems)


def _place_edges(
    lake: Lake, period: BillingPeriod, edges: Sequence[Edge], invoices: Invoices, scratch: Path, report: Reporter
) -> list[Placed]:
    placed = []
    for number, edge in enumerate(edges):
        staged = scratch / "edges" / str(number)
        manifest = edge_manifest(period, edge, staged, invoices.get(number, []))
        placed.append(place(lake.published(period), edge.folder, staged, manifest["Bundle"], manifest))
    report("published", f"{sum(found.is_new for found in placed)} new bundles, {len(placed)} current")
    return placed


def _place_operator(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    period: BillingPeriod,
    build_dir: Path,
    verdict: gates.Verdict,
    scratch: Path,
) -> Placed:
    staged = scratch / OPERATOR
    write_whole_marts(con, OPERATOR, staged)
    manifest = operator_manifest(period, staged, build_dir, verdict.content_hash, verdict.status)
    return place(lake.published(period), OPERATOR, staged, manifest["Bundle"], manifest)


def _record(ledger: Ledger, period: BillingPeriod, placed: Sequence[Placed]) -> None:
    """Enter bundles that the ledger does not know yet, also those of a run that died before it could."""
    known = {
        (row["edge"], row["version"]): row["bundle_hash"]
        for row in ledger.rows(sa.select(BUNDLES).where(BUNDLES.c.period == period.label))
    }
    with ledger.transaction() as connection:
        for found in placed:
            if known.get((found.folder, found.version)) != found.bundle:
                values: dict[str, Any] = {"bundle_hash": found.bundle, "published_at": now()}
                ledger.put(connection, BUNDLES, period=period.label, edge=found.folder, version=found.version, **values)
