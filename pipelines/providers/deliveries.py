"""Deliveries in the raw layer: verified, copied once under their content hash, and put in version order.

A delivery is known by what it holds, so receiving it twice is receiving it once. What cannot be read is set
aside in raw/quarantine with the reason. Which version is booked is decided here, from all versions known,
never from the order in which they came.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.errors import BadDelivery, Problem
from pipelines.hashing import sha256_file, sha256_json
from pipelines.lake import Lake, staged_directory, write_json, write_text
from pipelines.layers import Layer
from pipelines.providers import staging
from pipelines.providers.export import Delivery, SourceFile

RECORD = "delivery.json"


@dataclass(frozen=True)
class Received:
    """A delivery that lies whole in the raw layer; its paths point there. `rows` were counted, not promised."""

    delivery: Delivery
    digest: str
    rows: int

    @property
    def rank(self) -> tuple[str, int, str, str]:
        """Sorts versions of one unit and kind; where the provider gives no order, the longer one is later."""
        return (self.delivery.order, self.rows, self.delivery.version, self.digest)


def receive(lake: Lake, delivery: Delivery) -> Received:
    """Verify a delivery and copy it into the raw layer, unless it is there already.

    Raises BadDelivery with every file that is missing, damaged or not as long as promised.
    """
    missing = [file for file in delivery.files if not file.path.is_file()]
    if missing:
        raise BadDelivery(
            [
                Problem(
                    str(file.path),
                    f"the manifest {delivery.manifest.name} names this file, it is not there",
                    "deliver the file, or fetch the whole delivery again",
                )
                for file in missing
            ]
        )
    hashes = {file.name: sha256_file(file.path) for file in delivery.files}
    digest = _digest(delivery, hashes)
    target = lake.delivery(delivery.provider, digest)
    if not (target / RECORD).is_file():
        rows = _verify(delivery)
        with staged_directory(target) as folder:
            _copy(delivery, hashes, folder)
            write_json(folder / RECORD, _record(delivery, digest, hashes, rows))
    return load(lake, delivery.provider, digest)


def load(lake: Lake, provider: str, digest: str) -> Received:
    """A delivery received earlier. Raises BadDelivery if its files have left the raw layer."""
    folder = lake.delivery(provider, digest)
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadDelivery(
            Problem(str(folder), "the ledger knows this delivery, its files are gone", "restore raw from the backup")
        ) from error
    files = tuple(SourceFile(file["name"], folder / file["name"], file["rows"]) for file in record["files"])
    delivery = Delivery(
        files=files,
        manifest=folder / record["manifest"],
        rows=record["rows"],
        attributes=record["attributes"],
        **{key: record[key] for key in ("provider", "kind", "account", "period", "unit", "version", "order")},
    )
    return Received(delivery, record["delivery_hash"], int(record["rows"]))


def acceptable(versions: Sequence[Received], forced: Mapping[str, str]) -> tuple[list[Received], list[Received]]:
    """(versions that may be booked, newest first; versions newer than these that are too short).

    A version is too short if an earlier one is longer, unless somebody forced it, giving a reason.
    """
    good: list[Received] = []
    short: list[Received] = []
    for version in sorted(versions, key=lambda item: item.rank):
        if version.digest in forced or not good or version.rows >= good[-1].rows:
            good.append(version)
            short.clear()
        else:
            short.append(version)
    return good[::-1], short


def quarantine(lake: Lake, provider: str, problems: Sequence[Problem]) -> list[str]:
    """Set aside the files that problems name, each with its reason; returns their places in the lake."""
    places = []
    for name in sorted({problem.file for problem in problems}):
        reasons = "".join(f"{problem}\n" for problem in problems if problem.file == name)
        path = Path(name)
        digest = sha256_file(path) if path.is_file() else sha256_json(reasons)
        target = lake.layer(Layer.RAW) / "quarantine" / f"provider={provider}" / digest[:32]
        with staged_directory(target) as folder:
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
            write_text(folder / "reason.txt", reasons)
        places.append(target.relative_to(lake.root).as_posix())
    return places


def _digest(delivery: Delivery, hashes: Mapping[str, str]) -> str:
    return sha256_json(
        {
            "identity": [
                delivery.provider,
                delivery.kind,
                delivery.account,
                delivery.period,
                delivery.unit,
                delivery.version,
                delivery.order,
            ],
            "manifest": hashlib.sha256(_manifest(delivery)).hexdigest(),
            "files": sorted(hashes.items()),
        }
    )


def _verify(delivery: Delivery) -> list[int | None]:
    """Read every file to its end; returns the rows of each."""
    problems: list[Problem] = []
    counts: list[int | None] = []
    for file in delivery.files:
        try:
            counts.append(staging.count_rows(file.path))
        except BadDelivery as error:
            problems.extend(error.problems)
            continue
        if file.rows is not None and counts[-1] != file.rows:
            problems.append(
                Problem(
                    str(file.path),
                    f"holds {counts[-1]} rows, the manifest promises {file.rows}",
                    "fetch the file again; if it stays so, ask the provider",
                )
            )
    total = sum(count or 0 for count in counts)
    if not problems and delivery.rows is not None and total != delivery.rows:
        problems.append(
            Problem(
                str(delivery.manifest),
                f"promises {delivery.rows} rows, the files hold {total}",
                "fetch the whole delivery again",
            )
        )
    if problems:
        raise BadDelivery(problems)
    return counts


def _copy(delivery: Delivery, hashes: Mapping[str, str], folder: Path) -> None:
    """Copy manifest and files, and look at the copies: a file may change while it is read."""
    (folder / delivery.manifest.name).write_bytes(_manifest(delivery))
    for file in delivery.files:
        copy = folder / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, copy)
        if sha256_file(copy) != hashes[file.name]:
            raise BadDelivery(
                Problem(str(file.path), "the file changed while it was being read", "wait until it is whole, run again")
            )


def _manifest(delivery: Delivery) -> bytes:
    """The manifest as received, but for credentials: they change from fetch to fetch and are never kept."""
    content = delivery.manifest.read_bytes()
    if not delivery.credentials:
        return content
    fields = json.loads(content.decode("utf-8-sig"))
    fields |= {name: "" for name in delivery.credentials if name in fields}
    return json.dumps(fields, ensure_ascii=False, indent=2).encode()


def _record(delivery: Delivery, digest: str, hashes: Mapping[str, str], rows: Sequence[int | None]) -> dict[str, Any]:
    plain = replace(delivery, files=(), attributes=dict(delivery.attributes))
    return {
        "delivery_hash": digest,
        **{
            key: getattr(plain, key)
            for key in ("provider", "kind", "account", "period", "unit", "version", "order", "attributes")
        },
        "manifest": delivery.manifest.name,
        "rows": sum(count or 0 for count in rows),
        "files": [
            {"name": file.name, "sha256": hashes[file.name], "rows": count}
            for file, count in zip(delivery.files, rows, strict=True)
        ],
    }
