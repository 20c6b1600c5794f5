"""The operator's own waivers: gaps of its providers that it looked at and lets pass, beside the shipped ones.

What a waiver is, and what the rules are, is the business of pipelines/conformance; here they are read and checked.
"""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import NamedTuple

from pipelines.config import fields
from pipelines.config.fields import Field, Shape, Unfit
from pipelines.config.records import Place
from pipelines.config.vocabulary import provider
from pipelines.errors import Problem

VIEWS = ("buy", "sell")
ANY = "*"


class OwnWaiver(NamedTuple):
    """One waiver: `rule` may be broken by charges of `provider`, on the rows of `where` (SQL; None is all of them)."""

    place: Place
    rule: str
    provider: str
    kinds: tuple[str, ...]
    views: tuple[str, ...]
    where: str | None
    reason: str
    reference: str
    reviewed: date


def _kind(raw: str) -> str:
    return raw if raw == ANY else fields.identifier(raw)


def _reason(raw: str) -> str:
    if len(fields.text(raw)) < 15:
        raise Unfit(f"{raw!r} is no reason", "say what the provider leaves out and why that may pass")
    return raw


WAIVER = Shape(
    OwnWaiver,
    (
        Field("rule", fields.identifier),
        Field("provider", provider),
        Field("kinds", _kind, required=False, default=(ANY,), many=True),
        Field("views", fields.choice(*VIEWS), required=False, default=VIEWS, many=True),
        Field("where", fields.text, required=False),
        Field("reason", _reason),
        Field("reference", fields.text, required=False, default=""),
        Field("reviewed", fields.day, remedy="give the day on which somebody looked at the rows"),
    ),
)


def check_waivers(rows: list[OwnWaiver], problems: list[Problem]) -> None:
    """Every waiver names a rule of its views, and its condition can be asked of their charges."""
    if not rows:
        return
    waivers = import_module("pipelines.conformance.waivers")  # it reads currencies of this package
    for row in rows:
        unknown = waivers.unfit_rule(row.rule, row.views)
        if unknown:
            problems.append(row.place.problem(unknown, "see docs/conformance.md for the rules and their views", "rule"))
            continue
        unfit = waivers.unfit_condition(row.rule, row.where, row.views) if row.where else None
        if unfit:
            problems.append(
                row.place.problem(unfit, "compare FOCUS columns, e.g. ChargeCategory = 'Purchase'", "where")
            )
