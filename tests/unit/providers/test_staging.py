"""Column matching, whole-file checks and exact sums."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import BadDelivery, Problem
from pipelines.lake import connect
from pipelines.providers import staging
from pipelines.providers.export import Delivery

COLUMNS = (
    staging.SourceColumn("cost", ("Kosten",), "decimal", True, "what it costs"),
    staging.SourceColumn("note", (), "text", False, "a remark"),
    staging.SourceColumn("old", (), "ignored", False, "kept in raw only"),
)
AMOUNTS = [
    "1",
    "-0.0",
    ".5",
    "12345678.9",
    "1e-7",
    "1E-13",
    "1.5e-12",
    "98765432109.000000000001",
    "0.1234567890125",
    "-0.1234567890125",
    "0.30000000000000004",
    "-0.000000000000500000000001",
    "0.1234567890123456789012345678",
    "1234567890123",
    "12345678901234.5",
    "-0.00000000000000000001",
]


def test_exact_totals_equal_the_sums_at_24_decimals() -> None:
    con = connect()
    con.execute(staging.MACROS)
    row = con.execute(
        "select exact_total(x), sum(exact(x)), beyond_total(x), sum(exact(x) - cast(money(x) as decimal(38,24)))"
        " from (select unnest(?) as x)",
        [AMOUNTS],
    ).fetchone()
    assert row is not None
    assert (row[0], row[2]) == (row[1], row[3])
    assert row[2] != 0
    assert con.execute("select exact_total(x), beyond_total(x) from (select '' as x where false)").fetchone() == (0, 0)


@pytest.mark.parametrize("text", ["abc", "1,5", "99999999999999999999999999999"])
def test_an_amount_that_is_no_number_is_an_error(text: str) -> None:
    con = connect()
    con.execute(staging.MACROS)
    with pytest.raises(Exception, match="onver"):
        con.execute("select exact_total(x) from (select ? as x)", [text]).fetchall()


@pytest.mark.parametrize(
    ("cost", "price", "quantity", "expected"),
    [
        ("1.2", "0.12", "10", True),
        ("1.2", "0.13", "10", False),
        ("0.333333333333", "0.333333333333", "1", True),
        ("1", "0.333333333333", "3", True),
        ("1", None, "3", None),
    ],
)
def test_a_price_reproduces_its_cost_or_not(cost: str, price: str | None, quantity: str, expected: bool | None) -> None:
    con = connect()
    con.execute(staging.MACROS)
    query = "select reproduces(money(?), money(?), money(?))"
    assert con.execute(query, [cost, price, quantity]).fetchone() == (expected,)


def test_columns_are_found_by_name_or_alias_in_any_case() -> None:
    matched = staging.match_columns(["KOSTEN", "Note", "new", "OLD"], COLUMNS, "f")
    assert [headers for _, headers in matched.columns] == [("KOSTEN",), ("Note",), ("OLD",)]
    assert matched.extras == ("new",)


def test_every_missing_required_column_is_told() -> None:
    columns = [*COLUMNS, staging.SourceColumn("unit", (), "text", True, "the unit")]
    with pytest.raises(BadDelivery) as caught:
        staging.match_columns(["note"], columns, "file.csv")
    assert [(problem.file, problem.column) for problem in caught.value.problems] == [
        ("file.csv", "cost"),
        ("file.csv", "unit"),
    ]


def test_two_headers_of_one_column_are_read_as_one() -> None:
    matched = staging.match_columns(["cost", "kosten"], COLUMNS, "f")
    [item, *_] = staging.select_items(matched)
    con = connect()
    rows = con.execute(f"select {item} from (values ('1', null), ('', '2'), ('None', '')) t(cost, kosten)").fetchall()
    assert rows == [("1",), ("2",), (None,)]


def test_extras_keep_what_is_there_and_nothing_else() -> None:
    item = staging.extras_item(["a", "b"])
    con = connect()
    rows = con.execute(f"select {item} from (values ('x', null), (null, null), ('', 'y')) t(a, b)").fetchall()
    assert rows == [('{"a":"x"}',), (None,), ('{"b":"y"}',)]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", b"h1,h2\n1,2\n3,4\n", 2),
        ("a.csv", b'h\n"two\nlines ""quoted"""\nx', 2),
        ("a.csv", b"h\n", 0),
        ("a.csv", b"", 0),
        ("a.jsonl", b'{"a": 1}\n\n{"a": "\\n"}', 2),
        ("a.txt", b"anything", None),
    ],
)
def test_rows_are_counted_as_a_reader_sees_them(tmp_path: Path, name: str, content: bytes, rows: int | None) -> None:
    plain = tmp_path / name
    plain.write_bytes(content)
    assert staging.count_rows(plain) == rows
    if rows is not None:
        packed = tmp_path / f"{name}.gz"
        packed.write_bytes(gzip.compress(content))
        assert staging.count_rows(packed) == rows


def test_damaged_files_are_refused_to_the_last_byte(tmp_path: Path) -> None:
    whole = gzip.compress(b"h\n" + b"1\n" * 5000)
    cut, flipped, parquet = tmp_path / "cut.csv.gz", tmp_path / "flipped.csv.gz", tmp_path / "x.parquet"
    cut.write_bytes(whole[:-4])
    flipped.write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    parquet.write_bytes(b"PAR1 not really")
    for path in (cut, flipped, parquet, tmp_path / "absent.csv"):
        with pytest.raises(BadDelivery, match="missing or damaged"):
            staging.count_rows(path)


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "c:x", "a\\b"])
def test_names_that_leave_the_delivery_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDelivery, match="outside"):
        staging.child_path(tmp_path, name, tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1'])
def test_a_manifest_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(BadDelivery):
        staging.read_manifest(path)


def test_a_manifest_tells_all_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"a": 1.10}')
    assert staging.read_manifest(path, ["a"]) == {"a": "1.10"}
    with pytest.raises(BadDelivery) as caught:
        staging.read_manifest(path, ["a", "b", "c"])
    assert [problem.column for problem in caught.value.problems] == ["b", "c"]


def test_one_bad_manifest_hides_no_other(tmp_path: Path) -> None:
    def read(path: Path) -> Delivery:
        if path.name == "2":
            raise BadDelivery(Problem("2", "bad", "fix"))
        return Delivery("p", "k", "a", "2026-10", "u", path.name, "", path, ())

    deliveries = staging.each([Path("1"), Path("2"), Path("3")], read)
    assert [next(deliveries).version, next(deliveries).version] == ["1", "3"]
    with pytest.raises(BadDelivery):
        next(deliveries)


def test_files_of_unlike_schema_are_read_apart(tmp_path: Path) -> None:
    for name, kind in (("a", pa.float64()), ("b", pa.decimal128(20, 2)), ("c", pa.float64())):
        pq.write_table(pa.table({"x": pa.array([1], type=kind)}), tmp_path / name)
    groups = staging.parquet_groups([tmp_path / "a", tmp_path / "b", tmp_path / "c"])
    assert [ordinals for _, ordinals in groups] == [[0, 2], [1]]


def test_rows_know_their_file_and_place(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("b", "a", "c")]
    for number, path in enumerate(files):
        pq.write_table(pa.table({"x": [number * 10, number * 10 + 1]}), path)
    con = connect()
    for ordinals in ([0, 1, 2], [0, 2]):
        relation, items = staging.parquet_relation(files, ordinals)
        rows = con.execute(f"select {', '.join(items)}, x from {relation} order by x").fetchall()
        assert rows == [(number, row, number * 10 + row) for number in ordinals for row in (0, 1)]
