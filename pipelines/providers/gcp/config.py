"""Settings of the Google Cloud room: names in the file drop, and the words that exports use."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

NAME: Final = "gcp"
ROOM: Final = Path(__file__).resolve().parent
SHARING: Final[tuple[tuple[str, date], ...]] = ()
"""Severity and first day of rules on commitments that reach several end customers: the provider has none."""

TAG_PREFIXES: Final = ("goog-",)
"""Beginnings of the keys of labels that Google itself sets."""

MANIFESTS: Final = ("export-manifest.json",)
"""Written by the job that runs EXPORT DATA, after its last file: BigQuery itself writes none."""

OFFLINE: Final = "offline"
FOCUS_EXPORT: Final = "focus_export"
FOCUS_VIEW: Final = "focus_view"
TABLES: Final = (
    ("reseller_billing_offline_orders", OFFLINE),
    ("reseller_billing_detailed_export", "rebilling"),
    ("gcp_billing_export_focus", FOCUS_EXPORT),
    ("gcp_billing_export_resource", "detailed"),
    ("gcp_billing_export_v1", "standard"),
)
"""Beginning of the exported table's name -> kind of delivery; the FOCUS view has the name that its maker gave it."""

VIEW_VERSION: Final = "1.0"
"""focusVersion in the manifest of an export of Google's FOCUS view."""

COST_TYPES: Final = frozenset({"regular", "tax", "adjustment", "rounding_error"})
"""Kinds of row that focus.sql books. Another one is refused: nobody has decided what it means."""

LABEL_COLUMNS: Final = ("project_labels", "tags", "labels")
"""Sources of Tags; of two equal keys the later source wins."""

TAG_SOURCES: Final = ("project_label", "tag", "label")
"""The same in the FOCUS view, which gathers them in one list; its fourth source, system_label, is none of a tag."""
