"""The project's macros as Python functions that give SQL, for tests of exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jinja2

FOLDER = Path(__file__).resolve().parents[3] / "dbt_project/macros"


def macros(*files: str) -> Callable[..., str]:
    """`call(name, *arguments)` for the macros of these files, rendered without dbt."""
    text = "\n".join((FOLDER / f"{file}.sql").read_text(encoding="utf-8") for file in files)
    module = jinja2.Environment().from_string(text).module
    return lambda name, *arguments: str(getattr(module, name)(*arguments))
