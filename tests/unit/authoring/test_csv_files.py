"""Editing a CSV file leaves byte for byte what is not meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.authoring.csv_files import CsvFile

TEXT = '# the rates\nid, name ,note\n\n1,"a, b",x\n  # between\n2 ,b,"two\nlines"\n3,c,\n'


def file_of(path: Path, text: str) -> CsvFile:
    path.write_bytes(text.encode())
    return CsvFile(path)


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.rstrip("\n")])
def test_an_untouched_file_is_what_it_was(tmp_path: Path, text: str) -> None:
    file = file_of(tmp_path / "a.csv", text)
    assert not file.is_changed
    assert file.text().rstrip("\r\n") == text.rstrip("\r\n")


def test_rows_have_their_line_and_values(tmp_path: Path) -> None:
    rows = file_of(tmp_path / "a.csv", TEXT).rows
    assert [(row.line, row.values["id"], row.values["name"]) for row in rows] == [(4, "1", "a, b"), (6, "2", "b"),
                                                                                 (8, "3", "c")]  # fmt: skip


def test_only_the_changed_row_is_written_anew(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.csv", TEXT)
    file.change(file.rows[1], {"note": 'say "hi"'})
    assert file.text() == TEXT.replace('2 ,b,"two\nlines"', '2,b,"say ""hi"""')


def test_new_rows_stand_behind_the_one_they_follow(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.csv", TEXT)
    first = file.add({"id": "1a", "name": "z"}, after=file.rows[0])
    file.add({"id": "1b"}, after=first)
    file.add({"id": "4"})
    assert file.text() == TEXT.replace("x\n", "x\n1a,z,\n1b,,\n") + "4,,\n"


def test_a_column_that_is_missing_is_added_to_every_row(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.csv", "id,name\n1,a\n# note\n2,b")
    file.change(file.rows[0], {"until": "2026-10-01", "empty": ""})
    assert file.text() == "id,name,until\n1,a,2026-10-01\n# note\n2,b,\n"


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.csv", "id,name\r\n1,a\r\n2,b")
    file.add({"id": "3"})
    assert file.text() == "id,name\r\n1,a\r\n2,b\r\n3,\r\n"


def test_a_new_file_begins_with_its_columns(tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "a.csv", ("id", "name"))
    file.add({"id": "1", "name": "a"})
    assert file.text() == "id,name\n1,a\n"
