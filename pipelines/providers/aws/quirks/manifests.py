"""What AWS's manifests say of a delivery: those of CUR 2.0 (Data Exports) and of the legacy report.

Only files that a manifest names are read. An export that overwrites leaves the last parts of a longer version in its
folder; one that creates new versions keeps every version in a folder of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.aws.config import NAME
from pipelines.providers.export import Delivery, SourceFile

PAYER = "bill_payer_account_id"
PARTITION = r"year=\d{4}/month=\d{1,2}/"
MONTH_FOLDER = re.compile(rf"(?:^|.*/)(?:\d{{8}}-\d{{8}}|BILLING_PERIOD=[^/]+)/|.*/(?={PARTITION})")
STAMP = re.compile(r"\d{8}T\d{6}")


def cur2(manifest: Path, content: dict[str, Any]) -> Delivery:
    """A CUR 2.0 delivery. A manifest that names no payer leaves it to the first file."""
    folders = {part.split("=")[0].upper(): part.split("=")[1] for part in manifest.parts if "=" in part}
    content.setdefault("billingPeriod", folders.get("BILLING_PERIOD"))
    content = _require(manifest, content, ("executionId", "billingPeriod", "dataFiles"))
    root = next((parent.parent for parent in manifest.parents if parent.name == "metadata"), manifest.parent)
    entries = [(_key(entry), rows) for entry, rows in _entries(content["dataFiles"])]
    files = tuple(_file([root], key, rows, manifest) for key, rows in entries)
    payer = str(content.get("payerAccountId") or _payer(manifest, files))
    return Delivery(
        provider=NAME,
        kind="cur2",
        account=payer,
        period=_month(content["billingPeriod"]),
        unit=payer,
        version=str(content["executionId"]),
        order=str(content.get("createdAt") or _stamp(str(content["executionId"]))),
        manifest=manifest,
        files=files,
    )


def cur(manifest: Path, content: dict[str, Any]) -> Delivery:
    """A legacy delivery: CSV below the manifest's folder, Parquet beside it below year=/month=."""
    content = _require(manifest, content, ("assemblyId", "billingPeriod", "account", "reportKeys"))
    roots = [manifest.parent, manifest.parent.parent, manifest.parent.parent.parent]
    return Delivery(
        provider=NAME,
        kind="cur",
        account=str(content["account"]),
        period=_month(content["billingPeriod"]),
        unit=str(content["account"]),
        version=str(content["assemblyId"]),
        order=str(content.get("createdAt") or _stamp(str(content["assemblyId"]))),
        manifest=manifest,
        files=tuple(_file(roots, _key(key), None, manifest) for key in content["reportKeys"]),
    )


def _entries(listed: Sequence[Any]) -> list[tuple[str, int | None]]:
    """(name, promised rows): entries are names, or objects that call it key, filePath or s3Uri."""
    names = ("key", "filePath", "s3Uri")
    plain = [
        entry if isinstance(entry, str) else {**entry, "key": next((entry[n] for n in names if entry.get(n)), "")}
        for entry in listed
    ]
    return staging.promised(plain, "key")


def _month(period: Any) -> str:
    """`2026-10`, or the start of {start, end} as 20261001T000000.000Z or 2026-10-01T00:00:00."""
    text = str(period["start"] if isinstance(period, dict) else period)
    return text[:7] if text[4:5] == "-" else f"{text[:4]}-{text[4:6]}"


def _require(manifest: Path, content: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    missing = [key for key in keys if not content.get(key)]
    if missing:
        again = "fetch the manifest again"
        raise BadDelivery([Problem(str(manifest), f"the manifest has no {key}", again, column=key) for key in missing])
    return content


def _stamp(version: str) -> str:
    """Version folders that AWS names by time sort by it; other ids say nothing about order."""
    found = STAMP.match(version)
    return found.group() if found else ""


def _key(key: str) -> str:
    return re.sub(r"^s3://[^/]+/", "", key).strip("/")


def _file(roots: Sequence[Path], key: str, rows: int | None, manifest: Path) -> SourceFile:
    """The data file of a manifest key: keys carry the bucket's prefix, the drop holds only their end.

    Its name starts below the month's folder, so copies of one manifest in several places name it alike. Only a key
    with partitions is looked for above the manifest's folder, and with them: a bare name may be of another month.
    """
    ends = [key[start.end() :] for start in re.finditer(r"^|/", key)]
    partitioned = [end for end in ends if re.search(rf"(?:^|/){PARTITION}", end)]
    places = [(roots[0], end) for end in ends] + [(root, end) for root in roots[1:] for end in partitioned]
    paths = [staging.child_path(root, end, manifest) for root, end in places]
    path = next((path for path in paths if path.is_file()), paths[len(ends) - 1])
    return SourceFile(MONTH_FOLDER.split(key)[-1], path, rows)


def _payer(manifest: Path, files: Sequence[SourceFile]) -> str:
    """The one payer of the first file that has any, as its rows say."""
    remedy = "write payerAccountId into the manifest, or fetch the delivery again"
    for file in files:
        try:
            if not file.path.name.lower().endswith(".parquet"):
                break
            names = pc.unique(pq.read_table(file.path, columns=[PAYER]).column(PAYER)).to_pylist()
        except (OSError, pa.ArrowException) as error:
            what = f"the payer cannot be read from {file.name}: {error}"
            raise BadDelivery(Problem(str(manifest), what, remedy)) from error
        if len(names) == 1 and names[0]:
            return str(names[0])
        if names:
            raise BadDelivery(Problem(str(manifest), f"{file.name} has the payers {names}", remedy, column=PAYER))
    raise BadDelivery(Problem(str(manifest), "the manifest has no payerAccountId", remedy, column="payerAccountId"))
