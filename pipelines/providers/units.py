"""One replacement unit: which of its versions is booked, its slice, and the ledger row that makes it current.

Files come first, then one ledger transaction. A version that cannot be booked gives way to the one before
it, so the outcome depends on what was delivered, never on the order of arrival.
"""

from __future__ import annotations

import inspect
import itertools
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import sqlalchemy as sa

from pipelines import schemas
from pipelines.errors import BadDelivery, Problem
from pipelines.hashing import sha256_json, sha256_tree
from pipelines.lake import Lake, connect, staged_directory, write_json
from pipelines.layers import Layer
from pipelines.ledger import DELIVERIES, SLICES, Ledger, now
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.providers import amortization, commitments, deliveries
from pipelines.providers.commitments import Carried
from pipelines.providers.deliveries import Received
from pipelines.providers.export import BillingExport
from pipelines.providers.registry import FOCUS, readers
from pipelines.providers.slices import SliceInfo, write_slice
from pipelines.providers.staging import ROOMS, SCRATCH, literal

Status = Literal["new", "unchanged", "superseded", "blocked", "retired"]
UNREADABLE = (100, 0)
"""The rank of a unit that no reader reads any more."""

BAD_DATA = (duckdb.DataError, duckdb.ProgrammingError, duckdb.IOException, duckdb.NotSupportedError)


@dataclass(frozen=True)
class UnitReport:
    """What became of one unit. `rows` and `slice_id` are those of its current slice; None without one.

    new: first slice. superseded: a newer version took the place of the one before. blocked: something of the
    unit was refused (see refusals); what was current stays, or the newest good version is taken. retired: another
    unit books the same costs, named by `by`, so this one has no slice.
    """

    provider: str
    account: str
    period: str
    unit: str
    status: Status
    rows: int
    slice_id: str | None
    by: str = ""

    @property
    def outcome(self) -> str:
        """The status, and what is booked in the unit's place."""
        return f"{self.status}: {self.by} is booked" if self.by else self.status


@dataclass(frozen=True)
class Unit:
    """One replacement unit with every version of every kind that the lake holds of it.

    `room` is the provider's own, or the FOCUS room where it has none. `carries`: of the units of its account, month
    and currency it is the one that bears commitments bought in earlier months.
    """

    room: BillingExport
    provider: str
    account: str
    period: BillingPeriod
    unit: str
    versions: tuple[Received, ...]
    forced: Mapping[str, str]
    carries: bool = True

    @property
    def booking_kinds(self) -> list[str]:
        """The kinds of the first group of `books` that the unit has anything of; FOCUS files come after all others."""
        present = {item.delivery.kind for item in self.versions}
        for reader in readers(self.room):
            for group in reader.books:
                if present.intersection(group):
                    return [kind for kind in group if kind in present]
        return []

    @property
    def reader(self) -> BillingExport:
        """The room whose staging and SQL read what books the unit."""
        kinds = self.booking_kinds
        for reader in readers(self.room):
            if any(kind in group for group in reader.books for kind in kinds):
                return reader
        return FOCUS

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts the units of a room by what books best where two hold the same costs.

        What a reader books second (an estimate) comes after what any reader books first.
        """
        found = [
            (place, number)
            for number, reader in enumerate(readers(self.room))
            for place, group in enumerate(reader.books)
            if any(kind in group for kind in self.booking_kinds)
        ]
        return found[0] if found else UNREADABLE

    @property
    def claims(self) -> frozenset[str]:
        """What the unit's deliveries say that they are about, in words that other exports of the same costs use too."""
        kinds = self.booking_kinds
        said = (item.delivery.attributes.get("claims", "") for item in self.versions if item.delivery.kind in kinds)
        return frozenset(claim for claims in said for claim in claims.split("\n") if claim)


@cache
def mapping_hash(room_type: type[BillingExport]) -> str:
    """Hash of all that decides how a room's deliveries become charges: its SQL, lists and code, the schemas."""
    home = Path(inspect.getfile(room_type)).resolve().relative_to(ROOMS).parts[0]
    room = ROOMS / home  # a room's other exports lie in its folder and use its lists
    files = [path for path in sorted(room.rglob("*")) if path.suffix in (".sql", ".csv", ".py")]
    shared = [amortization.SCRIPT, amortization.SCRIPT.with_suffix(".py")] if room_type.amortizes else []
    return sha256_json(
        [
            sha256_tree(files, room),
            sha256_tree(sorted(schemas.SCHEMAS.rglob("*.yml")), schemas.SCHEMAS),
            sha256_tree(shared, amortization.SCRIPT.parent),
        ]
    )


def settle(
    lake: Lake, ledger: Ledger, unit: Unit, report: Reporter, force_reason: str | None
) -> tuple[UnitReport, list[Problem]]:
    """Choose the versions of a unit, make their slice and make it current."""
    kinds = unit.booking_kinds
    forced = dict(unit.forced)
    if force_reason:
        for kind in kinds:
            _, short = deliveries.acceptable(_of_kind(unit, kind), forced)
            forced.update({item.digest: force_reason for item in short[-1:]})
    choices: list[list[Received]] = []
    problems: list[Problem] = []
    blocked: set[str] = set()
    for kind in kinds:
        good, short = deliveries.acceptable(_of_kind(unit, kind), forced)
        choices.append(good)
        blocked |= {item.digest for item in short}
        problems += [_too_short(item, good[0]) for item in short[-1:]]
    for chosen in _newest_first(choices):
        try:
            slice_id, record = _slice(lake, ledger, unit, chosen)
        except BadDelivery as error:
            problems += [problem for problem in error.problems if problem not in problems]
            report(Layer.FOCUS, f"{unit.provider} {unit.unit}: version {_versions(chosen)} refused")
            continue
        changed = _make_current(ledger, unit, chosen, record, blocked, forced)
        status: Status = "blocked" if problems else changed
        report(Layer.FOCUS, f"{unit.provider} {unit.unit}: {record['RowCount']:,} charges, {status}")
        if unknown := record["WithoutPurchase"]:
            what = "commitments are used, but no delivery holds their purchase; their use has no effective cost"
            report(Layer.FOCUS, f"{unit.provider} {unit.unit}: {len(unknown)} {what}")
        return _report(unit, status, int(record["RowCount"]), slice_id), problems
    _make_current(ledger, unit, (), None, blocked, forced)
    current = _current(ledger, unit)
    rows, slice_id_now = (int(current["row_count"]), str(current["slice_id"])) if current else (0, None)
    return _report(unit, "blocked", rows, slice_id_now), problems


def retire(ledger: Ledger, unit: Unit, by: str, report: Reporter) -> UnitReport:
    """Take a unit out of the books because `by` books the same costs; what was delivered stays in the lake."""
    if _current(ledger, unit):
        key = (SLICES.c.provider, SLICES.c.account, SLICES.c.period, SLICES.c.unit)
        values = (unit.provider, unit.account, unit.period.label, unit.unit)
        with ledger.transaction() as connection:
            connection.execute(
                sa.delete(SLICES).where(*(column == value for column, value in zip(key, values, strict=True)))
            )
    for item in unit.versions:
        row = _ledger_row(item, "superseded", unit.forced.get(item.digest))
        known = ledger.rows(sa.select(DELIVERIES).where(DELIVERIES.c.delivery_hash == item.digest))
        if not known or known[0]["status"] != row["status"]:
            with ledger.transaction() as connection:
                ledger.put(connection, DELIVERIES, **row, recorded_at=known[0]["recorded_at"] if known else now())
    kinds = " and ".join(unit.booking_kinds)
    report(Layer.FOCUS, f"{unit.provider} {unit.unit}: {kinds} not booked, {by} books the same costs")
    return UnitReport(unit.provider, unit.account, unit.period.label, unit.unit, "retired", 0, None, by)


def _of_kind(unit: Unit, kind: str) -> list[Received]:
    return [item for item in unit.versions if item.delivery.kind == kind]


def _newest_first(choices: Sequence[Sequence[Received]]) -> list[tuple[Received, ...]]:
    """Every combination of one version per kind, the newest first, then one step back at a time."""
    if not choices:
        return []
    indexed = itertools.product(*(enumerate(versions) for versions in choices))
    ordered = sorted(indexed, key=lambda pairs: (sum(step for step, _ in pairs), tuple(step for step, _ in pairs)))
    return [tuple(item for _, item in pairs) for pairs in ordered]


def _slice(lake: Lake, ledger: Ledger, unit: Unit, chosen: Sequence[Received]) -> tuple[str, dict[str, Any]]:
    """The slice of these versions: found in the lake, or written. Raises BadDelivery if they cannot be booked."""
    mapping = mapping_hash(type(unit.reader))
    carried = _carried(lake, ledger, unit, chosen)
    identity: dict[str, Any] = {"deliveries": sorted(item.digest for item in chosen), "mapping": mapping}
    if carried.digest:
        identity["commitments"] = carried.digest
    slice_id = sha256_json(identity)[:32]
    target = lake.slice(unit.provider, unit.account, unit.period.label, slice_id)
    by_control = None
    invoiced: set[str] = set()
    if any(item.delivery.attributes.get("finality") == "control_invoice" for item in chosen):
        known = ledger.control_invoices(unit.period.label)
        own = [row for row in known if (row["provider"], row["billing_account_id"]) == (unit.provider, unit.account)]
        invoiced = {row["currency"] for row in own}
        by_control = bool(own)
    if not (target / "slice.json").is_file():
        info = SliceInfo(
            slice_id,
            unit.provider,
            unit.account,
            unit.period.label,
            unit.unit,
            _versions(chosen),
            mapping,
            (*(_delivery_record(item) for item in chosen), *carried.record),
        )
        with staged_directory(target) as folder:
            _write(lake, unit, chosen, carried, folder, info, by_control)
    record: dict[str, Any] = json.loads((target / "slice.json").read_text(encoding="utf-8"))
    # Each currency has its own invoice, and one may come after the charges.
    by_control = by_control and all(total["BillingCurrency"] in invoiced for total in record["RawTotals"])
    if by_control is not None and record["IsFinal"] != by_control:
        record["IsFinal"] = by_control
        write_json(target / "slice.json", record)
    return slice_id, record


def _carried(lake: Lake, ledger: Ledger, unit: Unit, chosen: Sequence[Received]) -> Carried:
    """The commitments of earlier months whose cost of this month the unit bears."""
    if not (unit.reader.amortizes and unit.carries):
        return commitments.NOTHING
    files = sum(len(item.delivery.files) for item in chosen)
    return commitments.carried(lake, ledger, unit.provider, unit.account, unit.period, files)


def _write(
    lake: Lake,
    unit: Unit,
    chosen: Sequence[Received],
    carried: Carried,
    folder: Path,
    info: SliceInfo,
    by_control: bool | None,
) -> None:
    reader = unit.reader
    room = Path(inspect.getfile(type(reader))).parent
    lake.work("ingest").mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{unit.provider}-", dir=lake.work("ingest")))
    con = connect()
    try:
        con.execute(f"set temp_directory = '{scratch / 'spill'}'")
        reader.stage(con, [item.delivery for item in chosen], scratch)
        focus, totals = ((room / name).read_text(encoding="utf-8") for name in ("focus.sql", "totals.sql"))
        # Rate keys, charges and sums all read the mapped rows: reading them back costs less than mapping them again.
        mapped = literal(scratch / "mapped.parquet")
        con.execute(f"copy ({focus}) to {mapped} {SCRATCH}")
        focus = f"select * from read_parquet({mapped}, hive_partitioning = false)"
        unknown: list[str] = []
        if reader.amortizes:
            carried.stage(con)
            focus = amortization.amortize(con, focus, unit.period)
            amortization.keep_purchases(con, folder, unit.period)
            unknown = amortization.without_purchase(con)
        write_slice(con, folder, info, focus, totals, final_by_control=by_control, without_purchase=unknown)
    except BAD_DATA as error:
        text = str(error).split("\n\n")[0].replace("\n", " ")
        place = f"{unit.provider} {unit.unit} {info.source_version}"
        remedy = "look for this value in the delivery; fetch it again, or ask the provider"
        raise BadDelivery(Problem(place, f"the files cannot be read as billed: {text}", remedy)) from error
    finally:
        con.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _make_current(
    ledger: Ledger,
    unit: Unit,
    chosen: Sequence[Received],
    record: Mapping[str, Any] | None,
    blocked: set[str],
    forced: Mapping[str, str],
) -> Literal["new", "unchanged", "superseded"]:
    """One transaction: the state of every version, and the slice that is now the unit's. Writes only changes."""
    before = _current(ledger, unit)
    accepted = {item.digest for item in chosen}
    query = sa.select(DELIVERIES).where(DELIVERIES.c.delivery_hash.in_([item.digest for item in unit.versions]))
    known = {row["delivery_hash"]: row for row in ledger.rows(query)}
    changes = []
    for item in unit.versions:
        status = "accepted" if item.digest in accepted else "blocked" if item.digest in blocked else "superseded"
        if not chosen:
            status = "blocked"
        row = _ledger_row(item, status, forced.get(item.digest))
        old = known.get(item.digest)
        if old is None or any(old[key] != value for key, value in row.items()):
            changes.append(row | {"recorded_at": old["recorded_at"] if old else now()})
    key = {"provider": unit.provider, "account": unit.account, "period": unit.period.label, "unit": unit.unit}
    row = (
        {}
        if record is None
        else key | {"slice_id": record["SliceId"], "row_count": record["RowCount"], "is_final": record["IsFinal"]}
    )
    moved = bool(row) and (before is None or any(before[name] != value for name, value in row.items()))
    if changes or moved:
        with ledger.transaction() as connection:
            for change in changes:
                ledger.put(connection, DELIVERIES, **change)
            if moved:
                ledger.put(connection, SLICES, **row, updated_at=now())
    if before is None:
        return "new"
    return "unchanged" if not row or before["slice_id"] == row["slice_id"] else "superseded"


def _current(ledger: Ledger, unit: Unit) -> dict[str, Any] | None:
    rows = ledger.rows(
        sa.select(SLICES).where(
            SLICES.c.provider == unit.provider,
            SLICES.c.account == unit.account,
            SLICES.c.period == unit.period.label,
            SLICES.c.unit == unit.unit,
        )
    )
    return rows[0] if rows else None


def _ledger_row(item: Received, status: str, forced: str | None) -> dict[str, Any]:
    delivery = item.delivery
    return {
        "delivery_hash": item.digest,
        "provider": delivery.provider,
        "kind": delivery.kind,
        "account": delivery.account,
        "period": delivery.period,
        "unit": delivery.unit,
        "version": delivery.version,
        "version_order": delivery.order,
        "row_count": item.rows,
        "status": status,
        "detail": json.dumps({"forced": forced} if forced else {}),
    }


def _delivery_record(item: Received) -> dict[str, Any]:
    focus = item.delivery.attributes.get("version")  # only FOCUS files state one
    return {
        "delivery_hash": item.digest,
        "kind": item.delivery.kind,
        **({"focus_version": focus} if focus else {}),
        "version": item.delivery.version,
        "files": [file.name for file in item.delivery.files],
    }


def _versions(chosen: Sequence[Received]) -> str:
    return "+".join(item.delivery.version for item in chosen)


def _too_short(item: Received, kept: Received) -> Problem:
    return Problem(
        f"{item.delivery.provider} {item.delivery.unit} {item.delivery.kind} {item.delivery.version}",
        f"has {item.rows} rows, the earlier version {kept.delivery.version} has {kept.rows}; the earlier one stays",
        "ask the provider whether rows were withdrawn; if so, ingest again with a force reason",
    )


def _report(unit: Unit, status: Status, rows: int, slice_id: str | None) -> UnitReport:
    return UnitReport(unit.provider, unit.account, unit.period.label, unit.unit, status, rows, slice_id)
