"""Rules about a table and not its rows: exact decimals, and the order of the columns."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.schemas import dataset

Column = tuple[str, str]


def wrong_columns(rule: str, columns: Sequence[Column], *, own_begin_with_x: bool) -> list[str]:
    """What of a table (name and DuckDB type of its columns, in order) breaks a rule of the grain `columns`.

    `own_begin_with_x`: whether all that is not FOCUS has to; a view that is published in part may have helpers.
    """
    if rule == "M1-Decimal":
        numbers = {column.id for column in dataset("cost_and_usage") if column.storage.startswith("DECIMAL")}
        return sorted(name for name, kind in columns if name in numbers and not kind.upper().startswith("DECIMAL"))
    focus = [column.id for column in dataset("cost_and_usage")]
    names = [name for name, _ in columns]
    wrong = [name for name in focus if name not in names]
    wrong += [name for place, name in zip(focus, names, strict=False) if name != place and name not in wrong]
    if own_begin_with_x:
        wrong += [name for name in names[len(focus) :] if not name.startswith("x_") and name not in wrong]
    return wrong
