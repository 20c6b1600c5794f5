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

import duckdb
import yaml

from pipelines.config.waivers import OwnWaiver
from pipelines.conformance.rules import BUY, ROW, VIEWS, rule, rules
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
        whose = "vendors" if self.provider == ANY else self.provider
        which = "" if ANY in self.kinds else f" ({', '.join(self.kinds)})"
        return f"{whose}{which} {self.rule}: {self.reason}"

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


def own(records: Iterable[OwnWaiver]) -> tuple[Waiver, ...]:
    """The operator's waivers of a configuration."""
    return tuple(
        Waiver(row.provider, row.kinds, row.rule, row.where, row.views, row.reason, row.reference, row.reviewed)
        for row in records
    )


def conditions(waivers: Sequence[Waiver], view: str) -> list[str]:
    """The distinct conditions of waivers of a view, in their order."""
    return list(dict.fromkeys(found.where for found in waivers if found.where and view in found.views))


def waivers_hash(waivers: Sequence[Waiver], view: str) -> str:
    """Of what a scan has to know of waivers: their conditions."""
    return sha256_json(conditions(waivers, view))


def unfit_rule(name: str, views: Sequence[str]) -> str | None:
    """Why a rule cannot be waived on these views; None if it can."""
    found = next((known for known in rules() if known.id == name), None)
    if found is None:
        return f"there is no rule {name!r}"
    wrong = [view for view in views if view not in found.views]
    return f"{name} is not checked on the {wrong[0]} view" if wrong else None


def unfit_condition(name: str, where: str, views: Sequence[str]) -> str | None:
    """Why SQL is no condition on the charges that break a rule on these views; None if it is."""
    if rule(name).grain != ROW:
        return f"{name} is no rule of single charges, so it is waived as a whole or not at all"
    if any(word in where.lower() for word in (";", "select", "--", "/*")):
        return "a condition compares columns of one charge; it asks for nothing else"
    for view in views:
        columns = slice_columns() if view == BUY else dataset("cost_and_usage")
        listed = ", ".join(f"{column.id} {column.storage}" for column in columns)
        with connect() as con:
            con.execute(f"create table charges ({listed})")
            try:
                con.execute(f"select 1 from charges where ({where}) is true")
            except duckdb.Error as error:
                return f"no condition on charges of the {view} view: {str(error).splitlines()[0]}"
    return None
