"""Files as records: the same from CSV and YAML, nothing interpreted, every record on its line."""

from __future__ import annotations

from pathlib import Path

from pipelines.config.files import files_of, nearest, read_records, record_files
from pipelines.config.records import Place, Record
from pipelines.errors import Problem


def records(tmp_path: Path, name: str, text: str) -> tuple[list[Record], list[Problem]]:
    problems: list[Problem] = []
    path = tmp_path / name
    path.write_bytes(text.encode())
    return read_records(path, tmp_path, ("id", "value"), ("id",), problems), problems


def test_csv_and_yaml_give_the_same_values(tmp_path: Path) -> None:
    rows, problems = records(tmp_path, "t.csv", "id,value\na,0.10\nb,\n")
    blocks, more = records(tmp_path, "t.yaml", "- id: a\n  value: 0.10\n- {id: b, value: ~}\n")
    assert (
        [row.values for row in rows]
        == [row.values for row in blocks]
        == [
            {"id": "a", "value": "0.10"},
            {"id": "b", "value": None},
        ]
    )
    assert problems == more == []


def test_lines_count_comments_blank_lines_and_line_breaks_in_quotes(tmp_path: Path) -> None:
    rows, _ = records(tmp_path, "t.csv", '\ufeff# made by hand\r\nid,value\r\n\r\na,"x\r\ny"\r\n ,\r\nb,2\r\n')
    found = [(row.place, row.values["value"]) for row in rows]
    assert found == [(Place("t.csv", 4), "x\ny"), (Place("t.csv", 7), "2")]


def test_a_yaml_file_of_text_is_no_list_of_records(tmp_path: Path) -> None:
    rows, problems = records(tmp_path, "t.yaml", "just text\n")
    assert (rows, [problem.what for problem in problems]) == ([], ["the file is not a list of mappings"])


def test_a_kind_may_be_split_into_files_of_a_folder(tmp_path: Path) -> None:
    ours = ("tenants.csv", "tenants/b.yaml", "tenants/a/c.csv")
    for name in (*ours, ".git/tenants.csv", "notes.md", "other/tenants.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path, "tenants")]
    assert sorted(found) == sorted(ours)
    assert len(record_files(tmp_path)) == 4


def test_nearest_stops_searching_after_many_problems() -> None:
    assert nearest("tennant", ("tenant", "plan")) == ", did you mean 'tenant'?"
    assert nearest("tennant", ("tenant",), [Problem("f", "w", "r")] * 50) == ""
    assert nearest("zzz", ("tenant",)) == ""
