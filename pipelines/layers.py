"""The five words of the project, in the order in which money moves through them.

raw -> focus -> rated -> marts -> published. They name folders of the lake, dbt model prefixes, Dagster
groups and chapters of the docs. Anything that needs a layer's name takes it from here.
"""

from __future__ import annotations

from enum import StrEnum


class Layer(StrEnum):
    """One stage of the flow; the value is the folder, prefix and group name."""

    RAW = "raw"
    FOCUS = "focus"
    RATED = "rated"
    MARTS = "marts"
    PUBLISHED = "published"
