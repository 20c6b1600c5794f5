"""The canonical order of published rows: sorted by a few keys, and what these leave open by all other columns.

Sorting every row by every column would cost more than writing them; few rows are alike in the first keys.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

Columns = dict[str, pa.Array]


def canonical_order(first: Columns, rest: Columns) -> pa.Array:
    """Row numbers sorted by `first`, rows alike in these by `rest`; rows alike in all of it may change places."""
    order = _sorted(first)
    if len(order) < 2:
        return order
    alike = _alike_to_the_one_before(first, order)
    if not pc.any(alike).as_py():
        return order
    follows = pa.concat_arrays([pa.array([False]), alike])
    followed = pa.concat_arrays([alike, pa.array([False])])
    tied = pc.or_(follows, followed)
    places = pc.indices_nonzero(tied)
    rows = order.take(places)
    group = pc.cumulative_sum(pc.invert(follows).cast(pa.int64())).take(places)
    settled = rows.take(_sorted({"group": group, **{name: column.take(rows) for name, column in rest.items()}}))
    return pc.replace_with_mask(order, tied, settled)


def comparable(column: pa.Array) -> pa.Array:
    """Texts as the rank of their dictionary entry; anything else as it is."""
    if not pa.types.is_dictionary(column.type):
        return column
    rank = pc.sort_indices(pc.sort_indices(column.dictionary)).cast(pa.int64())
    return rank.take(column.indices)


def _sorted(keys: Columns) -> pa.Array:
    listed = {name: comparable(column) for name, column in keys.items() if not pa.types.is_null(column.type)}
    return pc.sort_indices(pa.table(listed), sort_keys=[(name, "ascending") for name in listed])


def _alike_to_the_one_before(keys: Columns, order: pa.Array) -> pa.Array:
    """For every row of the order but the first: whether it has the same keys as the row before it."""
    found: pa.Array | None = None
    for column in keys.values():
        values = column.take(order)
        one, other = values.slice(1), values.slice(0, len(values) - 1)
        same = pc.if_else(pc.and_(one.is_null(), other.is_null()), True, pc.fill_null(pc.equal(one, other), False))
        found = same if found is None else pc.and_(found, same)
    return found
