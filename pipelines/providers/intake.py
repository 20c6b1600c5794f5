"""raw -> focus: take in deliveries and make one current slice of each replacement unit.

A unit (CSP invoice; payer or parent account and month) is replaced as a whole and on its own: what is wrong
with one never harms another, nor the state before. Files first, then one ledger transaction: a process that
is killed leaves what was current, and the next run ends in the same bytes. One process at a time works on
one provider; the others wait.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from pipelines.errors import BadDelivery, Problem, RebillError
from pipelines.lake import Lake
from pipelines.layers import Layer
from pipelines.ledger import DELIVERIES, Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.providers import controls, deliveries
from pipelines.providers.deliveries import Received
from pipelines.providers.export import BillingExport, Delivery
from pipelines.providers.focus.config import VENDOR
from pipelines.providers.registry import FOCUS, PROVIDERS, owner, readers
from pipelines.providers.units import Unit, UnitReport, retire, settle

__all__ = ["IngestReport", "UnitReport", "ingest", "ingest_rooms"]


@dataclass(frozen=True)
class IngestReport:
    """All units of a period that were looked at, every refusal, and the files set aside in raw/quarantine."""

    period: str
    units: tuple[UnitReport, ...]
    refusals: tuple[Problem, ...]
    quarantined: tuple[str, ...]


def ingest(
    lake: Lake,
    ledger: Ledger,
    deliveries_root: Path,
    period: BillingPeriod,
    providers: Sequence[str] | None,
    report: Reporter,
    force_reason: str | None = None,
) -> IngestReport:
    """Take in what a file drop holds of a period; `deliveries_root/<provider>` is one provider's drop.

    Vendors without a room of their own share the drop `focus`, each in a folder of its name.

    Returns what became of each unit; refusals are in the report, the caller decides what they mean. Raises
    RebillError only for a provider that has no room.
    """
    wanted = sorted(PROVIDERS if providers is None else providers)
    unknown = [name for name in wanted if name not in PROVIDERS]
    if unknown:
        raise RebillError(
            [
                Problem("providers", f"there is no provider {name!r}", f"use {', '.join(sorted(PROVIDERS))}")
                for name in unknown
            ]
        )
    return ingest_rooms(
        lake, ledger, deliveries_root, period, [PROVIDERS[name] for name in wanted], report, force_reason
    )


def ingest_rooms(
    lake: Lake,
    ledger: Ledger,
    deliveries_root: Path,
    period: BillingPeriod,
    rooms: Sequence[BillingExport],
    report: Reporter,
    force_reason: str | None = None,
) -> IngestReport:
    """`ingest` for given rooms."""
    units: list[UnitReport] = []
    problems: list[Problem] = []
    quarantined: list[str] = []
    for room in rooms:
        with lake.exclusive(f"ingest-{room.name}", partial(_wait, room.name, report)):
            _sweep(lake, room)
            damaged = _control_files(ledger, room, deliveries_root / room.name)
            received, bad = _receive(lake, room, deliveries_root / room.name, period, report)
            damaged += bad
            quarantined += deliveries.quarantine(lake, room.name, damaged)
            problems += damaged
            known, lost = _units(lake, ledger, room, period, received)
            problems += lost
            settled, refused = _settle_all(lake, ledger, known, report, force_reason)
            units += settled
            problems += refused
    return IngestReport(period.label, tuple(units), tuple(problems), tuple(quarantined))


def _settle_all(
    lake: Lake, ledger: Ledger, known: Sequence[Unit], report: Reporter, force_reason: str | None
) -> tuple[list[UnitReport], list[Problem]]:
    """Settle the units of a room, those first that book best: what holds the same costs as one of them is not booked.

    One unit of an account and currency bears the commitments of earlier months, not each.
    """
    reports: list[UnitReport] = []
    problems: list[Problem] = []
    booked: dict[str, Unit] = {}
    bearing = set()
    for unit in sorted(known, key=lambda unit: (unit.rank, unit.provider, unit.account, unit.unit)):
        better = next((booked[claim] for claim in sorted(unit.claims & booked.keys())), None)
        if better is not None and better.rank < unit.rank:
            reports.append(retire(ledger, unit, f"{' and '.join(better.booking_kinds)} of {better.unit}", report))
            continue
        purse = (unit.provider, unit.account, unit.versions[0].delivery.attributes.get("currency"))
        bears = unit.reader.amortizes and purse not in bearing
        result, refused = settle(lake, ledger, replace(unit, carries=bears), report, force_reason)
        reports.append(result)
        problems += refused
        if result.slice_id:
            booked = {**dict.fromkeys(unit.claims, unit), **booked}
            bearing |= {purse} if bears else set()
    return reports, problems


def _wait(provider: str, report: Reporter) -> None:
    report(Layer.RAW, f"{provider}: another process is ingesting, waiting for it")


def _sweep(lake: Lake, room: BillingExport) -> None:
    """Remove what a killed process left half-done; safe because the lock is held."""
    for layer in (Layer.RAW, Layer.FOCUS):
        for folder in lake.layer(layer).glob("provider=*"):
            if owner(folder.name.partition("=")[2]).name != room.name:
                continue
            for path in folder.glob("**/.*"):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
    for path in lake.work("ingest").glob("*"):
        if owner(path.name.rpartition("-")[0]).name == room.name:
            shutil.rmtree(path, ignore_errors=True)


def _control_files(ledger: Ledger, room: BillingExport, root: Path) -> list[Problem]:
    """The invoice control file of the room's provider; in the FOCUS room one in the folder of each vendor."""
    places = {room.name: root}
    if room.name == FOCUS.name:
        places = {path.parent.name: path.parent for path in sorted(root.glob(f"*/{controls.FILE_NAME}"))}
    problems: list[Problem] = []
    if room.name == FOCUS.name and (root / controls.FILE_NAME).is_file():
        what = "the control file names no vendor"
        problems.append(Problem(str(root / controls.FILE_NAME), what, "put it into the folder of its vendor"))
    for provider, place in places.items():
        path = place / controls.FILE_NAME
        if room.name == FOCUS.name and (not VENDOR.fullmatch(provider) or owner(provider).name != room.name):
            problems.append(Problem(str(path), f"{provider!r} is no vendor id", "name the folder after the vendor"))
        elif path.is_file():
            try:
                controls.record(ledger, provider, path)
            except BadDelivery as error:
                problems.extend(error.problems)
    return problems


def _find(room: BillingExport, root: Path) -> Iterator[Delivery]:
    """What a drop holds: the room's own exports, and FOCUS files of the same provider."""
    problems: list[Problem] = []
    for reader in readers(room):
        try:
            for delivery in reader.find(root):
                if owner(delivery.provider).name == room.name:
                    yield delivery
                else:
                    what = f"a delivery of {delivery.provider} in the drop of {room.name}"
                    remedy = f"put it into the drop {owner(delivery.provider).name}"
                    problems.append(Problem(str(delivery.manifest), what, remedy))
        except BadDelivery as error:
            problems += error.problems
    if problems:
        raise BadDelivery(list(dict.fromkeys(problems)))


def _receive(
    lake: Lake, room: BillingExport, root: Path, period: BillingPeriod, report: Reporter
) -> tuple[list[Received], list[Problem]]:
    received: list[Received] = []
    problems: list[Problem] = []
    found = []
    try:
        for delivery in _find(room, root):
            if delivery.period == period.label:
                found.append(delivery)
    except BadDelivery as error:
        problems += error.problems
    for delivery in found:
        name = f"{delivery.provider} {delivery.unit} {delivery.kind} {delivery.version}"
        try:
            item = deliveries.receive(lake, delivery)
        except BadDelivery as error:
            problems += error.problems
            report(Layer.RAW, f"{name}: refused")
            continue
        if item in received:
            continue  # AWS puts a copy of a manifest into the version's own folder
        received.append(item)
        report(Layer.RAW, f"{name}: {item.rows:,} rows")
    return received, problems


def _units(
    lake: Lake, ledger: Ledger, room: BillingExport, period: BillingPeriod, received: Sequence[Received]
) -> tuple[list[Unit], list[Problem]]:
    """All units of the period, with what just came and what the ledger knows from before."""
    query = sa.select(DELIVERIES).where(DELIVERIES.c.period == period.label)
    rows = {row["delivery_hash"]: row for row in ledger.rows(query) if owner(row["provider"]).name == room.name}
    versions = {item.digest: item for item in received}
    problems: list[Problem] = []
    for digest in sorted(rows.keys() - versions.keys()):
        try:
            versions[digest] = deliveries.load(lake, rows[digest]["provider"], digest)
        except BadDelivery as error:
            problems += error.problems
    details = {digest: json.loads(row["detail"]) for digest, row in rows.items()}
    forced = {digest: str(detail["forced"]) for digest, detail in details.items() if detail.get("forced")}
    groups: dict[tuple[str, str, str], list[Received]] = {}
    for item in versions.values():
        delivery = item.delivery
        groups.setdefault((delivery.provider, delivery.account, delivery.unit), []).append(item)
    units = [
        Unit(room, provider, account, period, unit, tuple(sorted(items, key=lambda item: item.digest)), forced)
        for (provider, account, unit), items in sorted(groups.items())
    ]
    return units, problems
