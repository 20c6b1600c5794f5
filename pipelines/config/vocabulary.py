"""Words that several kinds of records share: providers, charge categories, and the fields of a validity.

Dates are half-open, [valid_from, valid_to); blank ends are read as OPEN_START and OPEN_END.
"""

from __future__ import annotations

import re

from pipelines import schemas
from pipelines.config import fields
from pipelines.config.fields import OPEN_END, OPEN_START, Field, Unfit
from pipelines.config.files import nearest

# A room is a folder: taking the names from there spares a check of text files the import of every room.
ROOMS = tuple(sorted(path.parent.name for path in (schemas.ROOT / "pipelines/providers").glob("*/__init__.py")))
SHARED_ROOM = "focus"  # reads the files of any vendor; no provider has its name
PROVIDERS = tuple(name for name in ROOMS if name != SHARED_ROOM)
PROVIDER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
SERVICE_CATEGORIES = next(c.values for c in schemas.dataset("cost_and_usage") if c.id == "ServiceCategory")
SEPARATOR = "\x1f"  # between the parts of a composed value; no file can hold it
PRICED_CATEGORIES = ("Usage", "Purchase")
UNPRICED_CATEGORIES = ("Tax", "Credit", "Adjustment")


def provider(raw: str) -> str:
    """An id that a provider can have; whether there is such a provider is checked with the operator's vendors."""
    if not PROVIDER.fullmatch(raw) or raw == SHARED_ROOM:
        what = f"{raw!r} is not allowed{nearest(raw.lower(), PROVIDERS)}"
        raise Unfit(what, f"use one of {', '.join(PROVIDERS)}, or a vendor of operator.yaml")
    return raw


def vendor(raw: str) -> str:
    """The id of a vendor whose FOCUS files are read, as their manifests write it."""
    if not PROVIDER.fullmatch(raw) or raw in ROOMS:
        remedy = f"use lower-case letters, digits, dashes and underscores, and none of {', '.join(ROOMS)}"
        raise Unfit(f"{raw!r} is no vendor id", remedy)
    return raw


INTERVAL = (
    Field("valid_from", fields.day, required=False, default=OPEN_START),
    Field("valid_to", fields.day, required=False, default=OPEN_END),
)
