"""The dbt models as Dagster sees them: names, layers and upstream tables, read in place from the SQL files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.dbt import PROJECT
from pipelines.layers import Layer

REF = re.compile(r"ref\('(\w+)'\)")
SOURCE = re.compile(r"source\('(\w+)', '(\w+)'\)")


@dataclass(frozen=True)
class Model:
    """One dbt model: its grain (the file's first line) and what it reads."""

    name: str
    layer: Layer
    grain: str
    refs: tuple[str, ...]
    reads_focus: bool


def models(root: Path = PROJECT / "models") -> list[Model]:
    """Every model of the project, rated before marts, by name."""
    found = []
    for layer in (Layer.RATED, Layer.MARTS):
        for path in sorted((root / layer.value).glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            sources = SOURCE.findall(text)
            found.append(
                Model(
                    name=path.stem,
                    layer=layer,
                    grain=text.splitlines()[0].removeprefix("-- "),
                    refs=tuple(sorted(set(REF.findall(text)))),
                    reads_focus=any(schema in ("focus", "raw") for schema, _ in sources),
                )
            )
    return found
