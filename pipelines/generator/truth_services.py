"""Service categories as the oracle sees them: the project's tables of service names, read as plain data."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "providers"
OTHER = "Other"


@cache
def _table(provider: str) -> dict[str, str]:
    """Service code or name -> category."""
    with (TABLES / provider / "services.csv").open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["service_category"] for row in csv.DictReader(stream)}


def by_code(provider: str, code: str | None) -> str:
    """The category of a service by the code or name that its provider gives it."""
    return _table(provider).get(code or "", OTHER)


@cache
def by_name(provider: str, service: str, resource_provider: str | None = None) -> str:
    """The category of a service by its own name, else by who runs it, else by how a product's name begins."""
    table, name = _table(provider), service.lower()
    direct = table.get(name) or table.get(resource_provider or "")
    if direct:
        return direct
    begins = [code for code in table if name.startswith(code)]
    return table[max(begins, key=len)] if begins else OTHER
