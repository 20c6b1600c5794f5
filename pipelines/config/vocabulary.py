"""Words that several kinds of records share: providers, charge categories, and the fields of a validity.

Dates are half-open, [valid_from, valid_to); blank ends are read as OPEN_START and OPEN_END.
"""

from __future__ import annotations

from pipelines import schemas
from pipelines.config import fields
from pipelines.config.fields import OPEN_END, OPEN_START, Field

# A room is a folder: taking the names from there spares a check of text files the import of every room.
PROVIDERS = tuple(sorted(path.parent.name for path in (schemas.ROOT / "pipelines/providers").glob("*/__init__.py")))
SERVICE_CATEGORIES = next(c.values for c in schemas.dataset("cost_and_usage") if c.id == "ServiceCategory")
SEPARATOR = "\x1f"  # between the parts of a composed value; no file can hold it
PRICED_CATEGORIES = ("Usage", "Purchase")
UNPRICED_CATEGORIES = ("Tax", "Credit", "Adjustment")
INTERVAL = (
    Field("valid_from", fields.day, required=False, default=OPEN_START),
    Field("valid_to", fields.day, required=False, default=OPEN_END),
)
