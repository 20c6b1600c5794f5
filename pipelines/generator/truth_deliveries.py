"""Which files the oracle reads: manifests found by name, the accepted version of each export, controls."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.generator.truth_amounts import number


class Export(NamedTuple):
    """One version of one export: its manifest, its place in the version order, its files."""

    unit: str
    kind: str
    order: str
    rows: int | None
    files: tuple[Path, ...]
    invoice_type: str | None = None


class Control(NamedTuple):
    """One provider invoice as the control file states it."""

    provider: str
    invoice: str
    account: str
    currency: str
    net: Decimal
    tax: Decimal


def load_json(path: Path) -> Any:
    """A small JSON document; numbers stay exact."""
    return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)


def accepted(exports: Iterable[Export]) -> dict[tuple[str, str], Export]:
    """Per unit and kind the newest version that is not preceded by a longer one."""
    chosen: dict[tuple[str, str], Export] = {}
    for export in sorted(exports, key=lambda export: (export.order, str(export.files))):
        before = chosen.get((export.unit, export.kind))
        shorter = (
            before is not None and None not in (before.rows, export.rows) and (export.rows or 0) < (before.rows or 0)
        )
        if not shorter:
            chosen[export.unit, export.kind] = export
    return chosen


def best_kind(exports: dict[tuple[str, str], Export], kinds: tuple[str, ...]) -> list[Export]:
    """Per unit the one export that books: the first kind of `kinds` that was delivered."""
    units = sorted({unit for unit, _ in exports})
    ranked = [[exports[unit, kind] for kind in kinds if (unit, kind) in exports] for unit in units]
    return [candidates[0] for candidates in ranked if candidates]


def controls(deliveries: Path, period: str) -> list[Control]:
    """The invoice control files of all providers for one period."""
    found = []
    for path in sorted(deliveries.glob("*/invoices.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for record in csv.DictReader(stream):
                if record["billing_period"] == period:
                    found.append(_control(path.parent.name, record))
    return found


def _control(provider: str, record: dict[str, str]) -> Control:
    return Control(
        provider,
        record["invoice_id"],
        record["billing_account_id"],
        record["currency"],
        number(record["net"]),
        number(record["tax"]),
    )
