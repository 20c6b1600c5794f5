"""Waivers: gaps of providers that were looked at and are let pass, by provider, kind of export and rule.

The shipped list is waivers.yml; an operator adds its own in the configuration. A waived violation is counted and shown
like any other. Rows that no provider delivered have no waiver.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from pipelines.conformance.rules import VIEWS, rules
from pipelines.hashing import sha256_json
from pipelines.lake import connect
from pipelines.schemas import dataset, slice_columns

SHIPPED = Path(__file__).with_name("waivers.yml")
ANY = "*"


@dataclass(frozen=True)
class Waiver:
    """One gap: which rule it breaks, in which exports (`*` is any), on which rows (`where`, SQL; None is all)."""

    provider: str
    kinds: tuple[str, ...]
    rule: str
    where: str | None
    views: tuple[str, ...]
    reason: str
    reference: str
    reviewed: date

    @property
    def name(self) -> str:
        """How findings refer to it."""
        return f"{self.provider} {'/'.join(self.kinds)} {self.rule}: {self.reason}"

    def covers(self, view: str, provider: str, kinds: Iterable[str]) -> bool:
        """Whether it is about a slice."""
        return (
            view in self.views
            and self.provider in (ANY, provider)
            and (ANY in self.kinds or not set(self.kinds).isdisjoint(kinds))
        )


@cache
def shipped() -> tuple[Waiver, ...]:
    """The reviewed list."""
    records = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))["waivers"]
    return tuple(
        Waiver(
            record["provider"],
            tuple(record["kinds"]),
            record["rule"],
            record.get("where"),
            tuple(record.get("views", VIEWS)),
            record["reason"].strip(),
            record["reference"],
            record["reviewed"],
        )
        for record in records
    )


def conditions(waivers: Sequence[Waiver], view: str) -> list[str]:
    """The distinct conditions of waivers of a view, in their order."""
    return list(dict.fromkeys(found.where for found in waivers if found.where and view in found.views))


def waivers_hash(waivers: Sequence[Waiver], view: str) -> str:
    """Of what a scan has to know of waivers: their conditions."""
    return sha256_json(conditions(waivers, view))


def unfit_rule(name: str, views: Sequence[str]) -> str | None:
    """Why a rule cannot be waived on these views; None if it can."""
    found = next((rule for rule in rules() if rule.id == name), None)
    if found is None:
        return f"there is no rule {name!r}"
    wrong = [view for view in views if view not in found.views]
    return f"{name} is not checked on the {wrong[0]} view" if wrong else None


def unfit_condition(where: str, views: Sequence[str]) -> str | None:
    """Why SQL is no condition on charges of these views; None if it is."""
    if ";" in where or "select" in where.lower() or "--" in where or "/*" in where:
        return "a condition compares columns of one charge; it asks for nothing else"
    for view in views:
        columns = slice_columns() if view == "buy" else dataset("cost_and_usage")
        listed = ", ".join(f"{column.id} {column.storage}" for column in columns)
        with connect() as con:
            con.execute(f"create table charges ({listed})")
            try:
                con.execute(f"select 1 from charges where ({where}) is true")
            except Exception as error:  # what a parser or binder says of text that somebody wrote
                return f"no condition on charges of the {view} view: {str(error).splitlines()[0]}"
    return None
