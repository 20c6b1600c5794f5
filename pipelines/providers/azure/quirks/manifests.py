"""What makes a folder a delivery: Partner Center's manifests, and the records of invoices and of unbilled exports.

The manifest's access token is never looked at, kept or repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.azure.config import (
    AGAIN,
    ESTIMATE,
    ESTIMATES,
    FULL,
    INVOICE,
    KINDS,
    MANIFEST,
    MANIFEST_KEYS,
    NAME,
)
from pipelines.providers.export import Delivery, SourceFile

INVOICES = ("", "invoice")
"""Document types of an invoice proper; credit notes do not say that a month is billed."""


def find(root: Path) -> Iterator[Delivery]:
    """Every billed and unbilled export below `root`. Raises BadDelivery, after the sound ones, with every problem."""
    manifests = (path for path in staging.find_manifests(root, (MANIFEST,)) if path.name == MANIFEST)
    return staging.each(manifests, _read_delivery)


def _read_delivery(path: Path) -> Delivery | None:
    """One manifest.json as a delivery; None if it is not a partner billing manifest.

    Raises BadDelivery for a manifest or invoice record that is damaged, contradicts itself, is an estimate, or
    has the basic attribute set.
    """
    kind = path.parent.name
    manifest = staging.read_manifest(path)
    if "partnerTenantId" not in manifest and kind not in KINDS:
        return None
    staging.read_manifest(path, MANIFEST_KEYS)
    record = path.parent.parent / ESTIMATE
    is_estimate = record.is_file() and not (path.parent.parent / INVOICE).is_file()
    problems = _manifest_problems(path, kind, manifest, is_estimate)
    if problems:
        raise BadDelivery(problems)
    account = str(manifest["partnerTenantId"]).lower()
    said = _estimate_record(record, account) if is_estimate else _invoice_record(path.parent.parent / INVOICE, account)
    return Delivery(
        provider=NAME,
        credentials=("sasToken",),
        kind=ESTIMATES[kind] if is_estimate else kind,
        account=account,
        period=said.pop("period"),
        unit=said.pop("unit"),
        version=str(manifest["eTag"]),
        order=_moment(manifest["createdDateTime"], path, "createdDateTime").isoformat(timespec="microseconds"),
        manifest=path,
        files=tuple(_blob(path, blob) for blob in manifest["blobs"]),
        attributes=said,
    )


def _manifest_problems(path: Path, kind: str, manifest: dict[str, Any], is_estimate: bool) -> list[Problem]:
    root = str(manifest["rootDirectory"]).lower()
    blobs = manifest["blobs"]
    found = []
    if kind not in KINDS:
        what = f"a partner billing manifest lies in a folder named {kind}"
        found.append(Problem(str(path), what, f"put it in <invoice>/{' or <invoice>/'.join(KINDS)}"))
    if not isinstance(blobs, list):
        found.append(Problem(str(path), "blobs is not a list", AGAIN, column="blobs"))
    elif str(manifest["blobCount"]) != str(len(blobs)):
        what = f"the manifest promises {manifest['blobCount']} files and names {len(blobs)}"
        found.append(Problem(str(path), what, AGAIN, column="blobCount"))
    if "fragment=basic" in root:
        found.append(Problem(str(path), "the export has the basic attribute set", FULL, column="rootDirectory"))
    if "unbilled" in root and not is_estimate:
        what = "the export is an estimate without an invoice (unbilled)"
        remedy = f"deliver the billed export of the invoice, or put {ESTIMATE} in the place of {INVOICE}"
        found.append(Problem(str(path), what, remedy, column="rootDirectory"))
    if is_estimate and "invoiceid=" in root:
        what = f"the export is of an invoice, the folder has {ESTIMATE}"
        found.append(Problem(str(path), what, f"save the invoice record there as {INVOICE}", column="rootDirectory"))
    return found


def _blob(path: Path, blob: object) -> SourceFile:
    name = str(blob.get("name") or "") if isinstance(blob, dict) else ""
    return SourceFile(name, staging.child_path(path.parent, name, path))


def _invoice_record(path: Path, account: str) -> dict[str, str]:
    """What the invoice record says; what month the invoice bills, no manifest does."""
    if not path.is_file():
        what, remedy = "the invoice record is missing", "save Partner Center's record of the invoice there"
        raise BadDelivery(Problem(str(path), what, remedy))
    invoice = staging.read_manifest(path, ("id", "billingPeriodStartDate", "currencyCode", "totalCharges"))
    number, currency = str(invoice["id"]), str(invoice["currencyCode"])
    claims = [f"invoice:{number.lower()}"]
    if str(invoice.get("documentType") or "").lower() in INVOICES:
        claims.append(f"partner:{account}/{currency.upper()}")
    return {
        "billed": "true",
        "claims": "\n".join(claims),
        "currency": currency,
        "period": _month(invoice, path),
        "total": str(invoice["totalCharges"]),
        "documentType": str(invoice.get("documentType") or ""),
        "invoiceType": str(invoice.get("invoiceType") or ""),
        "unit": number,
    }


def _estimate_record(path: Path, account: str) -> dict[str, str]:
    """What unbilled exports were asked for: the manifest names neither month nor currency."""
    asked = staging.read_manifest(path, ("billingPeriodStartDate", "currencyCode"))
    currency = str(asked["currencyCode"])
    return {
        "billed": "false",
        "claims": f"partner:{account}/{currency.upper()}",
        "currency": currency,
        "period": _month(asked, path),
        "unit": f"unbilled {currency.upper()}",
    }


def _month(record: dict[str, Any], path: Path) -> str:
    return _moment(record["billingPeriodStartDate"], path, "billingPeriodStartDate").strftime("%Y-%m")


def _moment(value: object, path: Path, column: str) -> datetime:
    """A UTC moment; texts with unlike numbers of decimals would not sort in time order."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadDelivery(
            Problem(str(path), f"{value!r} is not a date", "write it as 2026-10-01T00:00:00Z", column=column)
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
