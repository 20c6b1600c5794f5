"""What the dashboards are told from outside: which lake to read and whose colours to wear."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DEFAULT_LAKE = "data/lake"


def _argument(name: str) -> str | None:
    """The value of `--name VALUE` or `--name=VALUE` after Streamlit's own `--`; others are not ours to judge."""
    for position, word in enumerate(sys.argv):
        if word == name and position + 1 < len(sys.argv):
            return sys.argv[position + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def lake_root() -> Path:
    """The lake's folder: `--lake`, else REBILL_LAKE, else the demo's."""
    return Path(_argument("--lake") or os.environ.get("REBILL_LAKE") or DEFAULT_LAKE).resolve()


def theme_file() -> Path | None:
    """A JSON file with brand overrides (`--theme` or REBILL_THEME); none by default."""
    named = _argument("--theme") or os.environ.get("REBILL_THEME")
    return Path(named).resolve() if named else None
