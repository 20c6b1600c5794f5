"""Reading a directory: what is missing or unreadable does not make the rest look wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import config

Edit = Callable[[str, str, str], None]


def test_an_unreadable_file_makes_no_reference_unknown(directory: Path) -> None:
    (directory / "tenants.csv").write_bytes(b"tenant,name\xff\n")
    assert [str(problem) for problem in config.check(directory)] == [
        "tenants.csv: not UTF-8 text (byte 11) -> save the file with UTF-8 encoding"
    ]


@pytest.mark.parametrize("name", ["operator.yaml", "tenants.csv", "contracts.csv"])
def test_a_missing_file_is_the_one_problem(directory: Path, name: str) -> None:
    (directory / name).unlink()
    assert [(problem.file, problem.what) for problem in config.check(directory)] == [(name, "the file is missing")]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    assert config.check(tmp_path / "nowhere")[0].what == "no such directory"


def test_files_are_read_from_folders_too(directory: Path) -> None:
    (directory / "contracts").mkdir()
    lines = (directory / "contracts.csv").read_text().splitlines(keepends=True)
    (directory / "contracts.csv").write_text("".join(lines[:3]))
    (directory / "contracts/direct.csv").write_text("".join([lines[0], *lines[3:]]))
    assert len(config.load(directory).contracts) == len(lines) - 1


def test_an_unreadable_plan_makes_no_contract_wrong(directory: Path, edit: Edit) -> None:
    edit("plans/standard.yaml", "rules:", "rules: [")
    assert [problem.file for problem in config.check(directory)] == ["plans/standard.yaml"]
