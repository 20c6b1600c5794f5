"""The buy view: current slices against the rules, before anything is rated from them.

A slice is immutable, so its scan is kept in the lake, keyed by the slice, the rules and the conditions of waivers. Sums
go over all slices of the month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.conformance.columns import wrong_columns
from pipelines.conformance.findings import Finding
from pipelines.conformance.judging import Source, judge
from pipelines.conformance.rules import BUY, COLUMNS, define_functions, rule, rules, rules_hash
from pipelines.conformance.scan import PAYMENT, patterns_query
from pipelines.conformance.waivers import Waiver, conditions, shipped, waivers_hash
from pipelines.errors import GateRefused, Problem
from pipelines.hashing import sha256_json
from pipelines.lake import Lake, connect, write_parquet
from pipelines.ledger import Ledger
from pipelines.money import CONTEXT, Decimal
from pipelines.mount import read_slice_manifest
from pipelines.period import BillingPeriod

FILE = 1 << 40  # places a row's file before its number in one bigint


@dataclass(frozen=True)
class Checked:
    """What the buy view was found to be, and the waivers that hold: a build takes both over."""

    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]

    @property
    def digest(self) -> str:
        """Of all that decides the findings of a build."""
        return sha256_json([rules_hash(), [vars(found) for found in self.findings], [vars(w) for w in self.waivers]])


def check_slices(lake: Lake, ledger: Ledger, period: BillingPeriod, waivers: Sequence[Waiver] = ()) -> Checked:
    """Hold the current slices of a period against every rule of the buy view; `waivers` are the operator's own.

    Raises GateRefused naming each broken rule that blocks and is not waived: where, how often, an example, a remedy.
    """
    checked = examine(lake, ledger, period, waivers)
    problems = [_problem(found) for found in checked.findings if found.blocks]
    if problems:
        raise GateRefused(problems)
    return checked


def examine(lake: Lake, ledger: Ledger, period: BillingPeriod, waivers: Sequence[Waiver] = ()) -> Checked:
    """The same, refusing nothing."""
    current = ledger.current_slices(period.label)
    directories = [lake.slice(row["provider"], row["account"], row["period"], row["slice_id"]) for row in current]
    manifests = [read_slice_manifest(directory) for directory in directories]
    listed = (*waivers, *shipped())
    sources = {number: source_of(manifest) for number, manifest in enumerate(manifests, start=1)}
    with connect() as con:
        scans = [
            _scan(lake, directory, manifest, listed) for directory, manifest in zip(directories, manifests, strict=True)
        ]
        parts = [
            f"select cast({number} as integer) as SliceNo, * from read_parquet('{path}', hive_partitioning = false)"
            for number, path in enumerate(scans, start=1)
        ]
        if not parts:
            return Checked((), listed)
        con.execute("create table charges as " + " union all by name ".join(parts))
        _mount_invoices(con, ledger.control_invoices(period.label), manifests)
        found = judge(con, BUY, sources, listed, _locate)
        found += _column_findings(con, directories, sources)
    return Checked(tuple(found), listed)


def source_of(manifest: Mapping[str, Any]) -> Source:
    """A slice as findings and waivers name it."""
    deliveries = manifest["Deliveries"]
    return Source(
        manifest["Provider"],
        f"{manifest['Account']} {manifest['Unit']}",
        tuple(sorted({kind for item in deliveries if "kind" in item for kind in _kinds(item)})),
        tuple(name for item in deliveries for name in item.get("files", ())),
    )


def _kinds(delivery: Mapping[str, Any]) -> tuple[str, ...]:
    """A delivery's kind, and of FOCUS files also with their version: `focus`, `focus-1.0`."""
    kind, version = str(delivery["kind"]), delivery.get("focus_version")
    return (kind, f"{kind}-{version}") if version else (kind,)


def _scan(lake: Lake, directory: Path, manifest: Mapping[str, Any], waivers: Sequence[Waiver]) -> Path:
    """The scan of one slice: found, or made."""
    spec = sha256_json([rules_hash(), waivers_hash(waivers, BUY), manifest["IsFinal"]])
    path = lake.conformance(manifest["SliceId"], spec)
    if not path.exists():
        charges = f"read_parquet('{directory / 'charges.parquet'}', hive_partitioning = false)"
        relation = f"(select *, {str(manifest['IsFinal']).lower()} as x_IsFinal from {charges})"
        locator = f"cast(x_SourceFile as bigint) * {FILE} + x_SourceRow"
        query = patterns_query(BUY, relation, ("x_Provider", PAYMENT), locator, conditions(waivers, BUY))
        with connect() as con:
            define_functions(con)
            write_parquet(con, query, path)
    return path


def _mount_invoices(
    con: duckdb.DuckDBPyConnection, controls: Sequence[Mapping[str, Any]], manifests: Sequence[Mapping[str, Any]]
) -> None:
    """What the control invoices say must be paid, less what lay beyond the 12th decimal of their lines."""
    con.execute(
        "create table invoices (x_Provider varchar, BillingAccountId varchar, InvoiceId varchar, "
        "BillingCurrency varchar, Payable decimal(38,24))"
    )
    beyond: dict[tuple[str, str, str, str], Decimal] = {}
    for manifest in manifests:
        for total in manifest["RawTotals"]:
            key = (manifest["Provider"], manifest["Account"], str(total["InvoiceId"]), total["BillingCurrency"])
            beyond[key] = CONTEXT.add(beyond.get(key, Decimal(0)), Decimal(total["Beyond12"]))
    for row in controls:
        key = (row["provider"], row["billing_account_id"], row["invoice_id"], row["currency"])
        payable = CONTEXT.subtract(CONTEXT.add(Decimal(row["net"]), Decimal(row["tax"])), beyond.get(key, Decimal(0)))
        con.execute("insert into invoices values (?, ?, ?, ?, exact(?))", [*key, format(payable, "f")])


def _locate(source: Source | None, locator: Any) -> str | None:
    if source is None or locator is None:
        return None
    file, row = divmod(int(locator), FILE)
    name = source.files[file] if file < len(source.files) else f"file {file}"
    return f"{name} row {row}"


def _column_findings(
    con: duckdb.DuckDBPyConnection, directories: Sequence[Path], sources: Mapping[int, Source]
) -> list[Finding]:
    found = []
    for wanted in rules(BUY, COLUMNS):
        broken = []
        for directory, source in zip(directories, sources.values(), strict=True):
            charges = f"read_parquet('{directory / 'charges.parquet'}', hive_partitioning = false)"
            columns = [(row[0], row[1]) for row in con.execute(f"describe select * from {charges}").fetchall()]
            wrong = wrong_columns(wanted.id, columns, own_begin_with_x=True)
            if wrong:
                broken.append(
                    Finding(BUY, wanted.id, wanted.severity(BUY), source.provider, source.unit, checked=len(columns),
                            violations=len(wrong), example=wrong[0])
                )  # fmt: skip
        found += broken or [Finding(BUY, wanted.id, wanted.severity(BUY), checked=len(directories))]
    return found


def _problem(found: Finding) -> Problem:
    broken = rule(found.rule)
    amount = f", {format(found.amount.normalize(), 'f')} {found.currency}" if found.amount and found.currency else ""
    example = f", e.g. {found.example}" if found.example else ""
    return Problem(
        found.place,
        f"{found.violations:,} of {found.checked:,} charges break FOCUS rule {found.rule}{amount}{example}: "
        f"{broken.holds}",
        "ask the provider, or report the mapping; if it is a gap that may pass, say why in waivers.yaml",
    )
