"""Gzip JSON Lines become text exactly; damaged files are refused with their line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import BadDelivery
from pipelines.lake import connect
from pipelines.providers import jsonlines
from pipelines.providers.jsonlines import quote_long_numbers, stage_json_lines


def _object(pairs: dict[str, str], blank: str = "") -> str:
    return "{" + ",".join(f"{blank}{json.dumps(k)}{blank}:{blank}{v}{blank}" for k, v in pairs.items()) + "}"


digits = st.text("0123456789", min_size=1, max_size=24)
numbers = st.builds(
    lambda sign, whole, point, power: sign + (whole.lstrip("0") or "0") + point + power,
    st.sampled_from(["", "-"]), digits, st.just("") | digits.map(".".__add__), st.sampled_from(["", "e-7", "E+3"]),
)  # fmt: skip
words = st.sampled_from(
    ["x", ":12345678901234567,", ',"k":12345678901234567,', "\\", '{"a":12345678901234567}', ",", '"']
)
keys = st.sampled_from(["UnitPrice", "b c", 'x"y', "z\\", ":q", ",r", " s"])
values = st.recursive(
    numbers | words.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.dictionaries(keys, inner, max_size=3).map(_object)
    ),
    max_leaves=4,
)


def _bare(text: str) -> tuple[str, str]:
    return "bare", text


def stage(tmp_path: Path, content: bytes | str, packed: bool = True) -> list[dict[str, Any]]:
    source, target = tmp_path / "part.json.gz", tmp_path / "scratch" / "part.parquet"
    raw = content.encode() if isinstance(content, str) else content
    source.write_bytes(gzip.compress(raw) if packed else raw)
    con = connect()
    found = stage_json_lines(con, source, target)
    if not found:
        assert not target.exists()
        return []
    rows = con.execute(f"select * from read_parquet('{target}', file_row_number = true) order by file_row_number")
    names = [column[0] for column in rows.description or ()]
    assert (*found, "file_row_number") == tuple(names)
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, values, max_size=4), st.sampled_from(["", " ", "\t"]))
def test_quoting_changes_no_value_and_leaves_no_long_number_bare(pairs: dict[str, str], blank: str) -> None:
    line = _object(pairs, blank)
    quoted = quote_long_numbers(f"{line}\n".encode()).decode()
    assert json.loads(line, parse_float=str, parse_int=str) == json.loads(quoted, parse_float=str, parse_int=str)
    value = json.loads(quoted, parse_float=_bare, parse_int=_bare).get("UnitPrice")
    if isinstance(value, tuple):
        assert len(value[1].lower().partition("e")[0].replace(".", "").strip("-0")) < 16


@pytest.mark.parametrize(("number", "text"), [
    ("98765432109.000000000001", "98765432109.000000000001"),
    ("12345678901234567890", "12345678901234567890"),
    ("1234567.12345678", "1234567.12345678"),
    ("0.1", "0.1"),
    ("0.1234567890123456789e-3", "0.1234567890123456789e-3"),
    ("123456789012345678901234.5", "123456789012345678901234.5"),
    ('"00123456789012345678"', "00123456789012345678"),
    ("true", "true"),
    ('{"a":1.5}', '{"a":1.5}'),
    ('"a:12345678901234567890,b"', "a:12345678901234567890,b"),
])  # fmt: skip
def test_a_value_becomes_its_exact_text(tmp_path: Path, number: str, text: str) -> None:
    assert stage(tmp_path, f'{{"v":{number}}}\n')[0]["v"] == text


def test_rows_keep_their_order_and_lines_lack_what_they_leave_out(tmp_path: Path) -> None:
    lines = [json.dumps({"n": str(number)} | ({"late": "x"} if number == 4999 else {})) for number in range(5000)]
    rows = stage(tmp_path, "\n".join(lines))
    assert [row["n"] for row in rows] == [str(number) for number in range(5000)]
    assert [row["late"] for row in rows if row["late"]] == ["x"]


@pytest.mark.parametrize("content", [
    b'\xef\xbb\xbf{"a":"1"}\n{"a":"2"}\n',
    b'{"a":"1"}\n{"a":"2"}',
    b'{"a":"1"}\r\n{"a":"2"}\r\n\r\n',
    b'{"a":"1"}\n\n{"a":"2"}\n \n',
])  # fmt: skip
def test_marks_and_blank_lines_are_tolerated(tmp_path: Path, content: bytes) -> None:
    assert [row["a"] for row in stage(tmp_path, content)] == ["1", "2"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(tmp_path: Path, content: bytes) -> None:
    assert stage(tmp_path, content) == []


def test_chunks_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(f'{{"a":{number}.00000000000000001,"b":"{"x" * number}"}}\n' for number in range(50))
    whole = stage(tmp_path, content)
    monkeypatch.setattr(jsonlines, "CHUNK", 7)
    assert stage(tmp_path, content) == whole
    assert whole[49]["a"] == "49.00000000000000001"


@pytest.mark.parametrize(("content", "said"), [
    (b'{"a":1}\n{"a":\n{"a":2}\n', r"part\.json\.gz:2: .* not one JSON object"),
    (b'{"a":1}{"a":2}\n', r":1: .* not one JSON object"),
    (b'{"a":1}\n[1]\n', r":2: .* not a JSON object"),
    (b'{"a":1}\n5\n', r":2: .* not a JSON object"),
    (b'{"a":1}\n{"a":1,"a":2}\n', r":2: .* a field occurs twice"),
    (b'{"a":"\xff"}\n', r":1: .* not one JSON object"),
    (b"{}\n", "its lines hold no fields"),
    (b'{"BenefitId":1}\n{"BenefitID":2}\n', "one field is spelled BenefitID and BenefitId"),
])  # fmt: skip
def test_a_broken_line_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadDelivery, match=said):
        stage(tmp_path, content)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"a":1}\n' * 1000)
    with pytest.raises(BadDelivery, match="damaged"):
        stage(tmp_path, packed[:-9], packed=False)


@pytest.mark.parametrize("content", [b'{"a":1}\n', gzip.compress(b'{"a":1}\n', mtime=0)[:-4] + b"abcd"])
def test_what_is_not_sound_gzip_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadDelivery, match="damaged"):
        stage(tmp_path, content, packed=False)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDelivery, match="No such file"):
        stage_json_lines(connect(), tmp_path / "none.json.gz", tmp_path / "none.parquet")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonlines, "UNPACKED_BYTES_FREE", 1000)
    with pytest.raises(BadDelivery, match="unpacks to more than"):
        stage(tmp_path, b'{"a":1}\n' * 1_000_000)


def test_nothing_unpacked_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(BadDelivery):
        stage(tmp_path, b'{"a":\n')
    assert list((tmp_path / "scratch").glob("*.jsonl")) == []
