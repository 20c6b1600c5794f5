"""Google's two FOCUS tables, the BigQuery view (1.0) and the native export: the detailed export under other names.

Both net the credits into BilledCost and keep them in x_Credits, so that the row can be read as Google's billing knows
it: the cost before credits, and each credit. What the table says otherwise is kept beside it for x_Repairs.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.errors import BadDelivery, Problem
from pipelines.providers.gcp.config import FOCUS_EXPORT, FOCUS_VIEW, ROOM
from pipelines.providers.gcp.quirks.shapes import text_of
from pipelines.providers.staging import Leaf

KINDS = {FOCUS_VIEW: "view", FOCUS_EXPORT: "export"}
TIER = "Price Tier Start Amount: ([0-9.]+)"


@dataclass(frozen=True)
class FocusColumn:
    """A column of Google's FOCUS tables: which of ours carries it in each, and whether it is kept as it was given."""

    name: str
    sources: Mapping[str, str]
    is_given: bool
    is_required: bool


def columns() -> tuple[FocusColumn, ...]:
    """focus_columns.csv, in its order."""
    with (ROOM / "quirks" / "focus_columns.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            FocusColumn(
                record["focus_column"],
                {name: record[name] for name in KINDS.values()},
                record["given"] == "yes",
                record["required"] == "yes",
            )
            for record in csv.DictReader(stream)
        )


def given(kind: str, leaves: Mapping[str, Leaf]) -> str:
    """SQL of the row's FOCUS values as they were delivered, a record of texts; null for tables that are not FOCUS."""
    names = [column.name for column in columns() if column.is_given]
    if kind not in KINDS:
        return f"cast(null as struct({', '.join(f'{name} varchar' for name in names)})) as given"
    found = {path.casefold(): leaf for path, leaf in leaves.items()}
    return f"struct_pack({', '.join(f'{name} := {text_of(found, name.casefold())}' for name in names)}) as given"


def source_leaves(kind: str, leaves: Mapping[str, Leaf], file: str) -> dict[str, Leaf]:
    """The leaves of a FOCUS table under the names of the detailed export; those of other tables as they are.

    Raises BadDelivery with one problem per column without which the row cannot be read back.
    """
    if kind not in KINDS:
        return dict(leaves)
    found = {path.casefold(): leaf for path, leaf in leaves.items()}
    known = {column.name.casefold(): column for column in columns()}
    missing = [name for name, column in known.items() if column.is_required and name not in found]
    if missing:
        what = "required column {} is missing"
        remedy = "export the whole table: without it the credits cannot be told from the cost"
        raise BadDelivery(
            [Problem(file, what.format(known[name].name), remedy, column=known[name].name) for name in missing]
        )
    renamed = {path: leaf for path, leaf in leaves.items() if path.casefold() not in known}
    for name, column in known.items():
        source = column.sources[KINDS[kind]]
        if source and name in found:
            renamed[source] = found[name]
    return renamed | _computed(found)


def _computed(found: Mapping[str, Leaf]) -> dict[str, Leaf]:
    month = text_of(found, "billingperiodstart")
    publisher = text_of(found, "publishername")
    own = f"starts_with(lower(coalesce({publisher}, 'google')), 'google')"
    tier = f"regexp_extract({text_of(found, 'skupriceid')}, '{TIER}', 1)"
    return {
        "invoice.month": Leaf(f"strftime(cast(cast({month} as timestamptz) as timestamp), '%Y%m')"),
        "invoice.publisher_type": Leaf(f"case when {own} then 'GOOGLE' else 'PARTNER' end"),
        "seller_name": Leaf(f"case when not {own} then {publisher} end"),
        "price.tier_start_amount": Leaf(tier),
    }


def cost(kind: str, leaves: Mapping[str, Leaf], netted: str, otherwise: str) -> str:
    """SQL of the cost before credits as text: BilledCost holds them netted, and the two must add up to it."""
    if kind not in KINDS:
        return otherwise
    billed = text_of({path.casefold(): leaf for path, leaf in leaves.items()}, "billedcost")
    total = f"coalesce(list_sum(list_transform({netted}, lambda entry: money(entry.amount))), 0)"
    return f"cast(cast(money({billed}) - {total} as decimal(38,12)) as varchar)"
