"""Declared tag keys: those that price rules, account links or cost centres mention, and nothing else.

Only their values become columns that charges are told apart by.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.config.models import Config


def tag_keys(config: Config) -> tuple[str, ...]:
    """Every declared tag key in byte order; TagNo is the position, counted from 1."""
    return tuple(sorted({condition.partition("=")[0] for condition in _conditions(config)}))


def _conditions(config: Config) -> Iterator[str]:
    """Every `key=value` of the configuration."""
    for plan in config.plans:
        for rule in plan.rules:
            if rule.match.tag:
                yield rule.match.tag
    for link in config.account_links:
        if link.scope == "tag":
            yield link.scope_id
    for centre in config.cost_centres:
        if centre.tag:
            yield centre.tag
