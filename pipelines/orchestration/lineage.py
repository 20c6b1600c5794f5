"""The dbt models as Dagster shows them: names, layers, columns and what each reads, taken from the project's files.

Read in place from SQL and YAML: nothing is parsed by dbt, so loading the definitions stays fast.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from pipelines.dbt import PROJECT
from pipelines.layers import Layer

REF = re.compile(r"ref\('(\w+)'\)")
SOURCE = re.compile(r"source\('(\w+)', '(\w+)'\)")
VIEW = re.compile(r"materialized\s*=\s*'view'")


@dataclass(frozen=True)
class Model:
    """One dbt model: what it is for, its grain, its columns as (name, type), and what it reads.

    `refs` are models, `sources` are tables that the engine mounts, as schema.table.
    """

    name: str
    layer: Layer
    purpose: str
    grain: str
    columns: tuple[tuple[str, str], ...]
    refs: tuple[str, ...]
    sources: frozenset[str]
    is_view: bool

    @property
    def description(self) -> str:
        """Purpose and grain, each a paragraph."""
        return f"{self.purpose}\n\n{self.grain}".strip()


def models(root: Path = PROJECT / "models") -> list[Model]:
    """Every model of the project, each after those it reads; among equals by name."""
    found: dict[str, Model] = {}
    for layer in (Layer.RATED, Layer.MARTS):
        documented = _documented(root / layer.value)
        for path in sorted((root / layer.value).glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            entry = documented.get(path.stem, {})
            found[path.stem] = Model(
                name=path.stem,
                layer=layer,
                purpose=entry.get("description", ""),
                grain=_opening_comment(text),
                columns=tuple((column["name"], column["data_type"]) for column in entry.get("columns", ())),
                refs=tuple(sorted(set(REF.findall(text)))),
                sources=frozenset(".".join(names) for names in SOURCE.findall(text)),
                is_view=VIEW.search(text) is not None,
            )
    return _upstream_first(found)


def _upstream_first(found: dict[str, Model]) -> list[Model]:
    sorter = TopologicalSorter({name: model.refs for name, model in found.items()})
    sorter.prepare()
    ordered: list[Model] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [found[name] for name in ready]
        sorter.done(*ready)
    return ordered


def _documented(folder: Path) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        entries |= {entry["name"]: entry for entry in loaded.get("models", ())}
    return entries


def _opening_comment(text: str) -> str:
    """The comment that opens a model's file: its grain, in one line."""
    opening = takewhile(lambda line: line.startswith("--"), text.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in opening)
