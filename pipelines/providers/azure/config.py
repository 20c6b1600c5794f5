"""Settings of the Azure room: names in the file drop, and what is said when one is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

NAME: Final = "azure"
ROOM: Final = Path(__file__).resolve().parent
SHARING: Final[tuple[tuple[str, date], ...]] = ()
"""Severity and first day of rules on commitments that reach several end customers: the provider has none."""

TAG_PREFIXES: Final = ("hidden-", "ms-resource-usage")
"""Beginnings of the keys of tags that Azure itself sets."""

MANIFEST: Final = "manifest.json"
MANIFEST_KEYS: Final = ("partnerTenantId", "eTag", "createdDateTime", "rootDirectory", "blobCount", "blobs")
INVOICE: Final = "invoice.json"
"""The invoice record, beside the folders of its deliveries."""

KINDS: Final = ("usage", "reconciliation")
"""Folder names of the two exports of an invoice: billed daily rated usage, billed reconciliation lines."""

ESTIMATE: Final = "unbilled.json"
"""The record of what unbilled exports were asked for, beside their folders: currency and month."""

ESTIMATES: Final = {kind: f"unbilled_{kind}" for kind in KINDS}
"""Kinds of the exports of a month that no invoice bills yet."""

AGAIN: Final = "start the export again and fetch its manifest and every file that it names"
FULL: Final = "export again with attributeSet full: the basic set lacks the earned credit, tags and meters"
