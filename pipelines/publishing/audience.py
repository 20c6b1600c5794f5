"""The allow-list of every published file, read from audience.yml and turned into select lists.

A column that the list does not name cannot be written: every published query is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import Problem, RebillError
from pipelines.schemas import dataset

AUDIENCE = Path(__file__).with_name("audience.yml")
WORDS = {"copy", "null", "pseudonym", "commitment_pseudonym", "ordinal"}
FOCUS_FILES = ("cost_and_usage", "invoice_detail", "billing_period", "contract_commitment")
WHITE_LABEL = "IsWhiteLabel"


@dataclass(frozen=True)
class Rule:
    """How one published column comes about: a word of WORDS, or `sql` or `line` with its argument.

    `mask` is SQL of what stands in its place where the edge's bundle is white label; "" where it is no different.
    """

    column: str
    kind: str
    argument: str = ""
    mask: str = ""

    @property
    def expression(self) -> str:
        """The column over the mart's row, for the kinds that a query can answer."""
        if self.kind == "sql":
            return self.masked(self.argument)
        if self.kind == "null":
            return f"cast(null as {storage(self.column)})"
        return self.masked(self.column)

    def masked(self, expression: str) -> str:
        """SQL of a column over a row that has the flag of its edge: `expression`, or what white label says instead."""
        return f"case when {WHITE_LABEL} then {self.mask} else {expression} end" if self.mask else expression


@cache
def rules(file: str) -> tuple[Rule, ...]:
    """The columns of one buyer file in order. Raises RebillError naming every rule it cannot read."""
    found, problems = [], []
    masks = _read()["white_label"].get(file, {})
    for column, rule in _read()[file]["columns"].items():
        mask = str(masks.get(column, ""))
        if isinstance(rule, str) and rule in WORDS:
            found.append(Rule(column, rule, mask=mask))
        elif isinstance(rule, dict) and len(rule) == 1 and set(rule) <= {"sql", "line"}:
            kind, argument = next(iter(rule.items()))
            found.append(Rule(column, kind, str(argument), mask))
        else:
            problems.append(
                Problem(AUDIENCE.name, f"{file}.{column}: {rule!r} is no rule", f"use {sorted(WORDS)}, sql or line")
            )
    for column in sorted(set(masks) - {rule.column for rule in found if rule.kind not in ("line", "null", "ordinal")}):
        remedy = "mask a column that is copied or queried"
        problems.append(Problem(AUDIENCE.name, f"white_label.{file}.{column} masks no such column", remedy))
    if problems:
        raise RebillError(problems)
    return tuple(found)


@cache
def schema_created(file: str) -> str:
    """The day on which a FOCUS file of buyers got the columns it has, YYYY-MM-DD."""
    return str(_read()["schemas"][file])


@cache
def whole_marts(audience: str) -> tuple[tuple[str, str], ...]:
    """(file, mart) pairs of the operator's bundles: `operator` or `status`."""
    return tuple(_read()[audience].items())


def select_list(file: str) -> str:
    """The select list of a buyer file whose rules a query can answer."""
    return ", ".join(f'{rule.expression} as "{rule.column}"' for rule in rules(file))


@cache
def storage(column: str) -> str:
    """DuckDB type of a FOCUS column that is published empty."""
    types = {found.id: found.storage for name in FOCUS_FILES for found in dataset(name)}
    return types[column]


@cache
def _read() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(AUDIENCE.read_text(encoding="utf-8"))
    return loaded
