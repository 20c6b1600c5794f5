"""YAML as text: nothing is resolved, and whatever could hide a value is refused."""

from __future__ import annotations

import pytest

from pipelines.config.records import Place, Record, Unreadable
from pipelines.config.yaml_text import read_yaml
from pipelines.errors import Problem


def test_yaml_scalars_stay_text() -> None:
    problems: list[Problem] = []
    value = read_yaml("a: 0.10\nb: NO\nc: 2026-10-01\nd: 010\ne: 1e3\nf: '~'\ng: null\nh: ''\n", "f.yaml", problems)
    assert isinstance(value, Record)
    expected = {"a": "0.10", "b": "NO", "c": "2026-10-01", "d": "010", "e": "1e3", "f": "~", "g": None, "h": None}
    assert (value.values, problems) == (expected, [])
    assert value.at("c") == Place("f.yaml", 3)


def test_yaml_alias_and_strange_keys_are_problems() -> None:
    problems: list[Problem] = []
    read_yaml("a: &x 1\nb: *x\n? [1]\n: 2\n", "f.yaml", problems)
    assert [(problem.line, problem.what) for problem in problems] == [
        (1, "the YAML anchor &x"),
        (2, "a YAML alias"),
        (3, "a field name that is not text"),
    ]


def test_control_characters_stop_the_file() -> None:
    with pytest.raises(Unreadable) as stop:
        read_yaml("a: \x00", "f.yaml", [])
    assert stop.value.problem.file == "f.yaml"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_document_is_nothing(text: str) -> None:
    assert read_yaml(text, "f.yaml", []) is None
