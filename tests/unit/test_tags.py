"""Tag values: one text per row of the declared keys' values, whatever the tags hold."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import tags
from pipelines.lake import connect

UNIT = chr(31)


def values(text: str | None, *keys: str) -> str:
    """x_TagValues of one row with these Tags."""
    with connect() as con:
        row = con.execute(f"select {tags.values_expression(keys)} from (select ? as Tags)", [text]).fetchone()
    assert row is not None
    return str(row[0])


def test_values_stand_in_the_order_of_the_keys() -> None:
    text = json.dumps({"team": "web", "Env": "Prod", "other": "x"})
    assert values(text, "Env", "team") == f"Prod{UNIT}web"
    assert values(text, "team", "Env") == f"web{UNIT}Prod"


def test_a_key_is_exact() -> None:
    assert values('{"Env":"prod"}', "env", "Env") == f"{UNIT}prod"


@pytest.mark.parametrize("text", [None, "", "not json", "{", "[]", "{}", '"env"'])
def test_a_row_without_the_keys_has_empty_values(text: str | None) -> None:
    assert values(text, "env") == ""
    assert values(text, "env", "team") == UNIT


@pytest.mark.parametrize(("value", "expected"), [
    ('"a"', "a"), ('""', ""), ("5", "5"), ("-0.25", "-0.25"), ("true", "true"), ("null", ""),
    ('{"z":[1,"b"]}', '{"z":[1,"b"]}'), ('"a\\u001fb"', "a b"), ('"q\\"u\\n"', 'q"u\n'),
])  # fmt: skip
def test_a_value_that_is_no_string_counts_by_its_json_text(value: str, expected: str) -> None:
    assert values(f'{{"env":{value}}}', "env") == expected


@pytest.mark.parametrize(
    "key", ["a/b", "a~b", "~1", "it's", 'say "hi"', "kubernetes.io/name", "ключ", "$.x", "0", "a b"]
)
def test_a_key_may_hold_any_character(key: str) -> None:
    text = json.dumps({"x": "no", "a": {"b": "no"}, key: "yes"})
    assert values(text, key) == "yes"


def test_without_keys_no_tag_is_read() -> None:
    assert tags.values_expression([]) == "''"


def test_keys_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    assert tags.declared_keys(tmp_path) == []
    pq.write_table(pa.table({"TagNo": [2, 1], "TagKey": ["team", "env"]}), tmp_path / "tag_keys.parquet")
    assert tags.declared_keys(tmp_path) == ["env", "team"]
