"""Files of a directory are written together, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.authoring.changes import problems_after, write_together
from pipelines.config import config_hash
from pipelines.errors import BadConfig


def content(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_a_change_is_checked_without_being_made(directory: Path) -> None:
    before = content(directory)
    assert problems_after(directory, {}) == []
    found = problems_after(directory, {directory / "fx_rates.csv": "id\n1\n"})
    assert {problem.file for problem in found} == {"fx_rates.csv"}
    assert problems_after(directory, {directory / "tenants/more.csv": "tenant,name,kind\nx,X,customer\n"})
    assert content(directory) == before


def test_all_files_are_written(directory: Path) -> None:
    texts = {directory / "fx_rates.csv": "a\n", directory / "new/b.csv": "b\r\n"}
    write_together(directory, texts, config_hash(directory))
    assert (directory / "fx_rates.csv").read_bytes() == b"a\n"
    assert (directory / "new/b.csv").read_bytes() == b"b\r\n"


def test_files_that_changed_meanwhile_are_left_alone(directory: Path) -> None:
    before = config_hash(directory)
    (directory / "tenants.csv").write_text("x")
    with pytest.raises(BadConfig, match="changed meanwhile"):
        write_together(directory, {directory / "fx_rates.csv": "a\n"}, before)
    assert (directory / "fx_rates.csv").read_text() != "a\n"


def test_a_failure_leaves_everything_as_it_was(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(directory)
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == "tenants.csv":
            raise OSError("the disk is full")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    texts = {directory / "contracts.csv": "a\n", directory / "more.csv": "b\n", directory / "tenants.csv": "c\n"}
    with pytest.raises(OSError, match="disk"):
        write_together(directory, texts, config_hash(directory))
    assert content(directory) == before
