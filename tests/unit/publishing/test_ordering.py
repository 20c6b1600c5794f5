from __future__ import annotations

import itertools
from decimal import Decimal

import pyarrow as pa
import pytest

from pipelines.publishing.ordering import Columns, canonical_order, comparable

ROWS = [
    ("a", 1, Decimal("2.5"), "x"),
    ("a", 1, Decimal("1.5"), None),
    ("a", 1, Decimal("1.5"), "b"),
    (None, 1, Decimal("9.5"), "b"),
    ("a", 0, Decimal("7.5"), "z"),
]
SORTED = [ROWS[4], ROWS[2], ROWS[1], ROWS[0], ROWS[3]]


def columns(rows: list[tuple[object, ...]]) -> tuple[Columns, Columns]:
    one, two, amount, text = (pa.array(list(values)) for values in zip(*rows, strict=True))
    empty = pa.nulls(len(rows))
    return {"one": one.dictionary_encode(), "two": two}, {
        "amount": amount,
        "text": text.dictionary_encode(),
        "e": empty,
    }


@pytest.mark.parametrize("rows", list(itertools.permutations(ROWS)), ids=lambda _: "")
def test_the_order_does_not_depend_on_how_rows_came(rows: tuple[tuple[object, ...], ...]) -> None:
    order = canonical_order(*columns(list(rows)))
    assert [rows[index] for index in order.to_pylist()] == SORTED


def test_rows_without_ties_are_sorted_by_the_first_keys_alone() -> None:
    first, rest = columns([("b", 2, Decimal(1), "x"), ("a", 3, Decimal(2), "y")])
    assert canonical_order(first, rest).to_pylist() == [1, 0]
    assert canonical_order(*columns(ROWS[:1])).to_pylist() == [0]


def test_texts_compare_by_themselves_not_by_their_place_in_the_dictionary() -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int32()), pa.array(["c", "a", "b"]))
    assert comparable(texts).to_pylist() == [2, 0, None, 1]
    assert comparable(pa.array([3, 1])).to_pylist() == [3, 1]
