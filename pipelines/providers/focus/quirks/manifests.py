"""What says that FOCUS files are a delivery: our small manifest, and the manifests that AWS and Azure write.

Every manifest becomes one delivery per billing account and month that its files hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import BadDelivery, Problem, RebillError
from pipelines.lake import connect
from pipelines.period import BillingPeriod
from pipelines.providers import staging
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.config import KIND, MANIFEST, NAME, REQUIRED, VENDOR, VERSIONS, WITHOUT_INVOICES
from pipelines.providers.focus.quirks import claims, companions, text_files
from pipelines.providers.focus.quirks.macros import MACROS

AWS_MANIFEST = "-Manifest.json"
AZURE_MANIFEST = "manifest.json"
STAMP = re.compile(r"\d{8}T\d{6}Z?")


def find(root: Path) -> Iterator[Delivery]:
    """Every FOCUS delivery below `root`. Raises BadDelivery after the sound ones."""
    problems: list[Problem] = []
    for manifest in staging.find_manifests(root, (MANIFEST, AWS_MANIFEST, AZURE_MANIFEST)):
        try:
            yield from _read(manifest)
        except BadDelivery as error:
            problems.extend(error.problems)
    if problems:
        raise BadDelivery(problems)


def _read(manifest: Path) -> list[Delivery]:
    if manifest.name == MANIFEST:
        return _own(manifest)
    if manifest.name != AZURE_MANIFEST and not manifest.name.endswith(AWS_MANIFEST):
        return []
    try:
        content = staging.read_manifest(manifest)
    except BadDelivery:
        return []  # the room of the provider says what is wrong with it
    if manifest.name == AZURE_MANIFEST:
        config = content.get("exportConfig")
        return (
            _azure(manifest, content, config) if isinstance(config, dict) and config.get("type") == "FocusCost" else []
        )
    return _aws(manifest, content) if is_aws_focus(manifest, content) else []


def _own(manifest: Path) -> list[Delivery]:
    content = staging.read_manifest(manifest, REQUIRED)
    vendor = str(content["vendor"])
    if not VENDOR.fullmatch(vendor) or vendor == NAME:
        raise _unfit(manifest, "vendor", f"{vendor!r} is no vendor id", "use lower-case letters, digits, dashes")
    export = _beside(manifest, content, "export")
    listed = content.get("files") or export.get("data_location") or []
    files, beside = _sorted_by_dataset(manifest, listed)
    if not files:
        raise _unfit(manifest, "files", "the manifest names no files", "list the data files of the delivery")
    version = content.get("focusVersion") or _schema_version(_beside(manifest, content, "schema"))
    invoice = content.get("invoiceId")
    accounts, periods = (_listed(content[key]) for key in ("billingAccountId", "billingPeriod"))
    if invoice and len(accounts) * len(periods) > 1:
        what = "one invoice cannot bill several accounts or months"
        raise _unfit(manifest, "invoiceId", what, "deliver each account and month of its own")
    created = _moment(manifest, "created", str(content["created"]))
    return _deliveries(
        manifest,
        vendor,
        _announced(manifest, accounts, periods, files),
        files,
        version=_version(manifest, version),
        edition=str(content.get("version") or content["created"]),
        created=created,
        invoice=str(invoice or ""),
        beside=beside,
    )


def _sorted_by_dataset(manifest: Path, listed: Sequence[Any]) -> tuple[tuple[SourceFile, ...], tuple[SourceFile, ...]]:
    """(files of charges, files of the other datasets of FOCUS) that the entries of a manifest name."""
    strange = [entry for entry in listed if not companions.dataset_of(entry)]
    if strange:
        what = f"{strange[0]['dataset']!r} is no dataset of FOCUS"
        raise _unfit(manifest, "files", what, f"use one of {', '.join(companions.known())}")
    pairs = [(companions.dataset_of(entry), _file(manifest, entry)) for entry in listed]
    return (
        tuple(file for dataset, file in pairs if dataset == companions.CHARGES),
        tuple(file for dataset, file in pairs if dataset != companions.CHARGES),
    )


def is_aws_focus(manifest: Path, content: Mapping[str, Any]) -> bool:
    """Whether a Data Exports manifest is of a FOCUS table: by its columns, else by those of its first file."""
    if not content.get("dataFiles"):
        return False
    names = {str(column.get("name", "")) for column in content.get("columns") or () if isinstance(column, dict)}
    if not names:
        try:
            path = _file(manifest, content["dataFiles"][0]).path
            names = set(_headers(path)) if path.is_file() else set()
        except (BadDelivery, OSError, ValueError, EOFError):
            return False
    return "BilledCost" in names


def _aws(manifest: Path, content: Mapping[str, Any]) -> list[Delivery]:
    execution = str(content.get("executionId") or "")
    if not execution:
        raise _unfit(manifest, "executionId", "the manifest has no executionId", "fetch the manifest again")
    files = tuple(_file(manifest, entry) for entry in content["dataFiles"])
    stamp = STAMP.match(execution)
    columns = _headers(_present(manifest, files)[0].path)
    return _deliveries(
        manifest,
        "aws",
        _held(manifest, files),
        files,
        version="1.2" if "InvoiceId" in columns else "1.0",
        edition=execution,
        created=str(content.get("createdAt") or (stamp.group() if stamp else "")),
    )


def _azure(manifest: Path, content: Mapping[str, Any], config: Mapping[str, Any]) -> list[Delivery]:
    run = content.get("runInfo")
    if not isinstance(run, dict) or not run.get("runId") or not run.get("startDate"):
        raise _unfit(manifest, "runInfo", "the manifest does not say which run it is", "fetch the manifest again")
    files = tuple(
        _file(manifest, {"name": blob.get("blobName"), "rows": blob.get("dataRowCount")})
        for blob in content.get("blobs") or ()
    )
    version = re.match(r"\d+\.\d+", str(config.get("dataVersion", "")))
    return _deliveries(
        manifest,
        "azure",
        _held(manifest, files),
        files,
        version=_version(manifest, version.group() if version else None),
        edition=str(run["runId"]),
        created=_moment(manifest, "submittedTime", str(run.get("submittedTime") or run["startDate"])),
    )


def _deliveries(
    manifest: Path,
    provider: str,
    holds: Sequence[tuple[str, str]],
    files: tuple[SourceFile, ...],
    *,
    version: str,
    edition: str,
    created: str,
    invoice: str = "",
    beside: tuple[SourceFile, ...] = (),
) -> list[Delivery]:
    """One delivery per (account, period) of the files; each keeps its own copy of them."""
    for _, period in holds:
        try:
            BillingPeriod(period)
        except RebillError as error:
            found = error.problems[0]
            raise _unfit(manifest, "billingPeriod", found.what, found.remedy) from error
    # Rows without invoice ids say nothing of being final: then the month's invoice does.
    unnumbered = version in WITHOUT_INVOICES and not invoice
    attributes = {
        **claims.of_focus_files(provider, files),
        "version": version,
        "invoice": invoice,
        "holds": "\n".join(f"{account} {period}" for account, period in holds),
        **({"finality": "control_invoice"} if unnumbered else {}),
        **({"companions": "\n".join(file.name for file in beside)} if beside else {}),
    }
    return [
        Delivery(
            provider=provider,
            kind=KIND,
            account=account,
            period=period,
            unit=account,
            version=edition,
            order=created,
            manifest=manifest,
            files=(*files, *beside),
            attributes=attributes,
        )
        for account, period in holds
    ]


def _file(manifest: Path, entry: Mapping[str, Any] | str) -> SourceFile:
    """The file of a manifest's entry: in its bucket it may lie deeper than here, so the end of its key decides."""
    fields = {"name": entry} if isinstance(entry, str) else dict(entry)
    key = str(next((fields[k] for k in ("name", "filepath", "key", "s3Uri") if fields.get(k)), ""))
    rows = next((fields[k] for k in ("rows", "total_rows") if fields.get(k) is not None), None)
    key = re.sub(r"^[a-z0-9]+://[^/]+/", "", key).strip("/")
    ends = [key[start.end() :] for start in re.finditer(r"^|/", key)]
    roots = [manifest.parent, *(parent.parent for parent in manifest.parents if parent.name == "metadata")]
    places = [(end, staging.child_path(root, end, manifest)) for end in ends for root in roots]
    name, path = next(((end, path) for end, path in places if path.is_file()), places[0])
    return SourceFile(name, path, None if rows is None else int(rows))


def _present(manifest: Path, files: Sequence[SourceFile]) -> Sequence[SourceFile]:
    missing = [file for file in files if not file.path.is_file()]
    if missing or not files:
        what = f"the manifest names {missing[0].name}, it is not there" if missing else "the manifest names no files"
        raise _unfit(manifest, "files", what, "fetch the whole delivery again")
    return files


def _announced(
    manifest: Path, accounts: Sequence[str], periods: Sequence[str], files: Sequence[SourceFile]
) -> list[tuple[str, str]]:
    """The (account, month) pairs of a manifest; of several accounts and months only those that have rows."""
    pairs = [(account, period) for account in accounts for period in periods]
    if len(pairs) == 1:
        return pairs
    held = set(_held(manifest, files))
    return [pair for pair in pairs if pair in held]


def _held(manifest: Path, files: Sequence[SourceFile]) -> list[tuple[str, str]]:
    """The (billing account, month) pairs of the files' rows."""
    found: set[tuple[str, str]] = set()
    with connect() as con:
        con.execute(MACROS)
        for file in _present(manifest, files):
            companions.refuse(_headers(file.path), str(file.path))
            names = {name.casefold().replace("_", ""): number for number, name in enumerate(_headers(file.path))}
            missing = [name for name in ("BillingAccountId", "BillingPeriodStart") if name.casefold() not in names]
            if missing:
                what = f"{file.name} has no column {missing[0]}"
                raise _unfit(manifest, missing[0], what, "export again with this column")
            headers = _headers(file.path)
            account, start = (names[name] for name in ("billingaccountid", "billingperiodstart"))
            if file.path.name.lower().endswith(".parquet"):
                source = f"read_parquet({staging.literal(file.path)}, hive_partitioning = false)"
                columns = [staging.identifier(headers[number]) for number in (account, start)]
            else:
                source, columns = text_files.relation(file.path, headers), [f"c{account}", f"c{start}"]
            account_id, moment = (f"cast({column} as varchar)" for column in columns)
            rows = con.execute(
                f"select distinct {account_id}, strftime(moment({moment}), '%Y-%m') from {source}"
            ).fetchall()
            found |= {(str(row[0]), str(row[1])) for row in rows if row[0] and row[1]}
    return sorted(found)


def _headers(path: Path) -> list[str]:
    if path.name.lower().endswith(".parquet"):
        with connect() as con:
            rows = con.execute(f"describe select * from read_parquet({staging.literal(path)})").fetchall()
        return [str(row[0]) for row in rows]
    return text_files.headers(path, path.name)


def _beside(manifest: Path, content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A metadata file of FOCUS that the manifest names: the export's files, or the schema's version."""
    name = content.get(key)
    return staging.read_manifest(staging.child_path(manifest.parent, str(name), manifest)) if name else {}


def _schema_version(schema: Mapping[str, Any]) -> str | None:
    entries = schema.get("Schema", schema)
    newest = max(entries, key=lambda entry: str(entry.get("CreationDate"))) if isinstance(entries, list) else entries
    return newest.get("FocusVersion") if isinstance(newest, dict) else None


def _version(manifest: Path, stated: object) -> str:
    found = re.match(r"v?(\d+\.\d+)", str(stated or ""))
    if found is None or found.group(1) not in VERSIONS:
        what = f"FOCUS version {stated!r} is not read" if stated else "the manifest has no focusVersion"
        raise _unfit(manifest, "focusVersion", what, f"use one of {', '.join(VERSIONS)}")
    return found.group(1)


def _moment(manifest: Path, key: str, stated: str) -> str:
    """A moment in one spelling, so that versions sort by time."""
    try:
        text = re.sub(r"(\.\d{6})\d+", r"\1", stated)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _unfit(manifest, key, f"{stated!r} is not a date and time", "write 2026-11-03T06:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _unfit(manifest: Path, column: str, what: str, remedy: str) -> BadDelivery:
    return BadDelivery(Problem(str(manifest), what, remedy, column=column))
