"""Build: rate the current slices of a period under a configuration and write its marts.

The same slices, controls, configuration and code give the same build id and the same bytes; a build that
exists is found, not made again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines import config as configuration
from pipelines import conformance, previous
from pipelines.balances import closings
from pipelines.dbt import PROJECT, run_dbt
from pipelines.errors import Problem, RebillError
from pipelines.facts import FIRST_SEGMENT, write_facts
from pipelines.gates import content_hash
from pipelines.gates.evidence import MARTS
from pipelines.hashing import sha256_json, sha256_tree
from pipelines.lake import Lake, connect, staged_directory, write_json, write_parquet
from pipelines.ledger import BUILDS, Ledger, now
from pipelines.mount import Month, MountedSlice, mount, read_slice_manifest
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter
from pipelines.proration import find_cuts, last_day
from pipelines.schemas import ROOT, SCHEMAS
from pipelines.tags import declared_keys

MARK = "made.json"  # in the work folder: where the build was made and what its marts hashed to


@dataclass(frozen=True)
class BuildReport:
    """What a build is made of and where it stands."""

    period: BillingPeriod
    build_id: str
    content_hash: str
    directory: Path
    slices: int
    is_new: bool


def code_hash() -> str:
    """One hash over everything that decides a figure: SQL, schemas and the engine's own source."""
    files = [path for path in PROJECT.rglob("*") if path.suffix in {".sql", ".yml"} and "target" not in path.parts]
    files += [path for path in (ROOT / "pipelines").rglob("*") if path.suffix in {".py", ".sql", ".csv", ".yml"}]
    files += [path for path in SCHEMAS.rglob("*") if path.is_file()]
    return sha256_tree(files, ROOT)


def build(
    lake: Lake,
    ledger: Ledger,
    period: BillingPeriod,
    terms: Path | configuration.Config,
    report: Reporter,
    checked: conformance.Checked | None = None,
) -> BuildReport:
    """Rate one period under a configuration, given as its directory or read already.

    `checked` is the buy view as it was held against the FOCUS rules; the sell view then is too. A build without it is
    for looking at: the gate refuses it. Raises BadConfig, RebillError without slices, GateRefused if a dbt test fails.
    """
    found = ledger.current_slices(period.label)
    if not found:
        raise RebillError(
            Problem(str(lake.root), f"no slice of {period} is in the lake", f"run `rebill ingest {period}` first")
        )
    directories = [lake.slice(s["provider"], s["account"], s["period"], s["slice_id"]) for s in found]
    manifests = [read_slice_manifest(directory) for directory in directories]
    config = _load(terms, period, report)
    balances = closings(lake, ledger, period, config)
    compiled = _compile(lake, period, config, directories, manifests)
    boundaries, tag_keys = _boundaries(compiled.path), declared_keys(compiled.path)
    slices = []
    for number, (directory, manifest) in enumerate(zip(directories, manifests, strict=True), start=1):
        cuts = find_cuts(lake, manifest["SliceId"], directory, compiled.path, tag_keys)
        facts = write_facts(lake, manifest["SliceId"], directory, boundaries, tag_keys, cuts)
        slices.append(MountedSlice(number, directory, facts, manifest, cuts))
    report("rated", f"facts of {len(slices)} slices, {len(boundaries)} date segments")
    controls = ledger.control_invoices(period.label)
    inputs: dict[str, object] = {
        "Slices": [manifest["SliceId"] for manifest in manifests],
        "Deliveries": sorted(d["delivery_hash"] for manifest in manifests for d in manifest["Deliveries"]),
        "Controls": sha256_json(controls),
        "Config": compiled.config_hash,
        "Fx": compiled.fx_hash,
        "BalancesBefore": sha256_json(balances),
        "Facts": sha256_json([item.facts.relative_to(lake.root).as_posix() for item in slices]),
        "Rules": checked.digest if checked else "",
        "Code": code_hash(),
    }
    build_id = sha256_json({"Period": period.label, **inputs})[:32]
    target = lake.build(period, build_id)
    work = lake.work(f"build={build_id}")
    before = _before(lake, ledger, period, build_id, inputs)
    with lake.exclusive(f"build={build_id}"):
        is_new = not _is_whole(lake, target, work)
        if is_new:
            month = Month(period, slices, controls, compiled.path, boundaries, tag_keys, before, balances)
            _run(lake, month, inputs, target, work, report, checked)
        content = content_hash(target)
    with ledger.transaction() as connection:
        ledger.put(connection, BUILDS, period=period.label, build_id=build_id, content_hash=content, updated_at=now())
    return BuildReport(period, build_id, content, target, len(slices), is_new)


def _before(
    lake: Lake, ledger: Ledger, period: BillingPeriod, build_id: str, inputs: dict[str, object]
) -> previous.Before | None:
    """The build that this one may take unchanged tenants from, if it is whole."""
    found = previous.candidate(lake, ledger, period, inputs)
    if found is None or found == build_id:
        return None
    with lake.exclusive(f"build={found}"):
        target, work = lake.build(period, found), lake.work(f"build={found}")
        if not _is_whole(lake, target, work):
            return None
        return previous.read_before(work / "work.duckdb", target / "marts_daily_costs.parquet")


def work_database(lake: Lake, build_id: str) -> Path:
    """The DuckDB file in which a build's row-level views live."""
    return lake.work(f"build={build_id}") / "work.duckdb"


def _load(terms: Path | configuration.Config, period: BillingPeriod, report: Reporter) -> configuration.Config:
    config = configuration.load(terms) if isinstance(terms, Path) else terms
    for warning in configuration.warnings(config, period):
        report("rated", f"warning: {warning}")
    return config


def _compile(
    lake: Lake,
    period: BillingPeriod,
    config: configuration.Config,
    directories: Sequence[Path],
    manifests: Sequence[dict[str, object]],
) -> configuration.CompiledConfig:
    currencies = {
        str(total["BillingCurrency"])
        for manifest in manifests
        for total in manifest["RawTotals"]  # type: ignore[attr-defined]
    }
    charge_max = max(date.fromisoformat(str(m["ChargeDateMax"])[:10]) for m in manifests)
    if any(contract.move_proration == "daily" for contract in config.contracts):
        charge_max = max(charge_max, last_day(directories))
    return configuration.compile_config(
        config,
        lake,
        period=period,
        charge_min=min(date.fromisoformat(str(m["ChargeDateMin"])[:10]) for m in manifests),
        charge_max=charge_max,
        billing_currencies=sorted(currencies),
    )


def _boundaries(config_tables: Path) -> list[date]:
    with connect() as con:
        query = f"select SegmentStart from read_parquet('{config_tables / 'segments.parquet'}') order by 1"
        return [row[0] for row in con.execute(query).fetchall() if row[0] > FIRST_SEGMENT]


def _is_whole(lake: Lake, target: Path, work: Path) -> bool:
    """Whether a build is there, made in this place, and its marts are still what they were."""
    mark = work / MARK
    if not (mark.is_file() and (work / "work.duckdb").is_file() and (target / "build.json").is_file()):
        return False
    return bool(json.loads(mark.read_text(encoding="utf-8")) == _mark(lake, target))


def _mark(lake: Lake, target: Path) -> dict[str, str]:
    return {"root": str(lake.root), "content": content_hash(target)}


def _run(
    lake: Lake,
    month: Month,
    inputs: dict[str, object],
    target: Path,
    work: Path,
    report: Reporter,
    checked: conformance.Checked | None,
) -> None:
    """Mount, run dbt and write the marts; the work folder takes its name only when all of it worked."""
    killed = [path for place in (work, target) for path in place.parent.glob(f".{place.name}.*")]
    for path in (work, target, *killed):
        shutil.rmtree(path, ignore_errors=True)
    with staged_directory(work) as scratch:
        database = scratch / "work.duckdb"
        mount(database, month)
        run_dbt("build", database, scratch, report, "--exclude-resource-type", "unit_test")
        with staged_directory(target) as marts, connect(database) as con:
            conformance.write_mart(con, {item.number: item.manifest for item in month.slices}, checked)
            for table in MARTS:
                rows = write_parquet(con, f"select * from marts.{table} order by all", marts / f"{table}.parquet")
                report("marts", f"{table}: {rows:,} rows")
            report("rated", _rerated(con))
            write_json(marts / "build.json", {"BillingPeriod": month.period.label, **inputs})
        write_json(scratch / MARK, _mark(lake, target))


def _rerated(con: duckdb.DuckDBPyConnection) -> str:
    query = "select (select count(*) from rated.rated_changed_tenants), (select count(*) from rated.rated_tenant_terms)"
    changed, tenants = con.execute(query).fetchall()[0]
    return f"{changed:,} of {tenants:,} tenants have other prices than in the build before"
