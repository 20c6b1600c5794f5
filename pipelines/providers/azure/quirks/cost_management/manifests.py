"""The manifests that Cost Management writes beside its actual and amortized cost exports.

Every manifest becomes one delivery per account and month that its files hold. The account is the billing profile of a
customer agreement, the enrolment elsewhere.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.lake import connect
from pipelines.providers import staging
from pipelines.providers.azure.config import NAME as PROVIDER
from pipelines.providers.azure.quirks.cost_management.config import KINDS, MANIFEST, ROOM
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.quirks import text_files
from pipelines.providers.focus.quirks.macros import MACROS

AGAIN = "fetch the manifest and every file that it names again"
OWN = "strftime(moment(BillingPeriodStartDate), '%Y-%m')"
ACCOUNT = "coalesce(BillingProfileId, BillingAccountId)"
"""Whose bill a row is on: SQL over the columns of columns.csv."""


def find(root: Path) -> Iterator[Delivery]:
    """Every actual or amortized export below `root`. Raises BadDelivery after the sound ones."""
    problems: list[Problem] = []
    for manifest in staging.find_manifests(root, (MANIFEST,)):
        if manifest.name != MANIFEST:
            continue
        try:
            yield from _read(manifest)
        except BadDelivery as error:
            problems.extend(error.problems)
    if problems:
        raise BadDelivery(problems)


def _read(manifest: Path) -> list[Delivery]:
    try:
        content = staging.read_manifest(manifest)
    except BadDelivery:
        return []  # the room itself says what is wrong with it
    config = content.get("exportConfig")
    kind = KINDS.get(str(config.get("type"))) if isinstance(config, dict) else None
    if kind is None:
        return []
    run = content.get("runInfo")
    if not isinstance(run, dict) or not run.get("runId") or not (run.get("submittedTime") or run.get("startDate")):
        raise _unfit(manifest, "runInfo", "the manifest does not say which run it is")
    blobs = content.get("blobs")
    if not isinstance(blobs, list) or not blobs:
        raise _unfit(manifest, "blobs", "the manifest names no files")
    files = tuple(_file(manifest, blob) for blob in blobs)
    missing = [file for file in files if not file.path.is_file()]
    if missing:
        raise _unfit(manifest, "blobs", f"the manifest names {missing[0].name}, it is not there")
    order = _moment(manifest, str(run.get("submittedTime") or run["startDate"]))
    return [
        Delivery(
            provider=PROVIDER,
            kind=kind,
            account=account,
            period=period,
            unit=account,
            version=str(run["runId"]),
            order=order,
            manifest=manifest,
            files=files,
            attributes=attributes,
        )
        for (account, period), attributes in sorted(_read_through(manifest, files).items())
    ]


def headers(path: Path, name: str) -> list[str]:
    """The headers of a CSV or Parquet file."""
    if not path.name.lower().endswith(".parquet"):
        return text_files.headers(path, name)
    with connect() as con:
        rows = con.execute(f"describe select * from read_parquet({staging.literal(path)})").fetchall()
    return [str(row[0]) for row in rows]


def _file(manifest: Path, blob: object) -> SourceFile:
    """The file of a blob: its name is a path in the container, of which the end lies beside the manifest."""
    fields: Mapping[str, Any] = blob if isinstance(blob, dict) else {}
    key = str(fields.get("blobName") or "").strip("/")
    ends = [key[start.end() :] for start in re.finditer(r"^|/", key)]
    places = [(end, staging.child_path(manifest.parent, end, manifest)) for end in ends]
    name, path = next(((end, path) for end, path in places if path.is_file()), places[-1])
    rows = fields.get("dataRowCount")
    return SourceFile(name, path, None if rows is None else int(rows))


def _read_through(manifest: Path, files: Sequence[SourceFile]) -> dict[tuple[str, str], dict[str, str]]:
    try:
        return _held(files)
    except (OSError, EOFError, ValueError, zlib.error, duckdb.Error) as error:
        what = f"a file that it names cannot be read: {str(error).splitlines()[0]}"
        raise _unfit(manifest, "blobs", what) from error


def _held(files: Sequence[SourceFile]) -> dict[tuple[str, str], dict[str, str]]:
    """What the files' rows are about, by (account, month): currency, claims, and how the month becomes final."""
    claims: dict[tuple[str, str], set[str]] = defaultdict(set)
    currencies: dict[tuple[str, str], set[str]] = defaultdict(set)
    numbered = False
    columns = staging.source_columns(ROOM / "columns.csv")
    with connect() as con:
        con.execute(MACROS)
        for file in files:
            names = headers(file.path, file.name)
            matched = staging.match_columns(names, columns, file.name)
            numbered = numbered or any(column.name == "InvoiceId" and found for column, found in matched.columns)
            query = f"select {', '.join(staging.select_items(matched))} from {_relation(file.path, names)}"
            rows = con.execute(
                f"select distinct {ACCOUNT}, {OWN}, lower(PartnerTenantId), upper(BillingCurrency), lower(InvoiceId)"
                f" from ({query})"
            ).fetchall()
            for account, period, partner, currency, invoice in rows:
                if not account or not period:
                    continue
                key = (str(account), str(period))
                currencies[key].add(str(currency))
                claims[key].add(f"account:{str(account).rpartition('/')[2].lower()}/{currency}")
                claims[key] |= {f"partner:{partner}/{currency}"} if partner else set()
                claims[key] |= {f"invoice:{invoice}"} if invoice else set()
    # An enrolment's rows name no invoice: then the month is final once its invoice is known.
    finality = {} if numbered else {"finality": "control_invoice"}
    return {
        key: {"claims": "\n".join(sorted(said)), "currency": " ".join(sorted(currencies[key])), **finality}
        for key, said in claims.items()
    }


def _relation(path: Path, names: Sequence[str]) -> str:
    if path.name.lower().endswith(".parquet"):
        return f"read_parquet({staging.literal(path)}, hive_partitioning = false)"
    renamed = ", ".join(f"c{number} as {staging.identifier(name)}" for number, name in enumerate(names))
    return f"(select {renamed} from {text_files.relation(path, names)})"


def _moment(manifest: Path, stated: str) -> str:
    """A UTC moment in one spelling, so that runs sort by time."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stated))
    except ValueError as error:
        raise _unfit(manifest, "submittedTime", f"{stated!r} is not a date and time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _unfit(manifest: Path, column: str, what: str) -> BadDelivery:
    return BadDelivery(Problem(str(manifest), what, AGAIN, column=column))
