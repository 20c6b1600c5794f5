"""The commands that edit a configuration: what they print, what they write, how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.errors import EXIT_BAD_INPUT
from tests.unit.config.conftest import directory

__all__ = ["directory"]
ECB = "Date, USD, JPY, \n30 October 2026, 1.17, 172.45, \n"


def rebill(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["config", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eurofxref.csv"
    path.write_text(ECB)
    return path


def test_rates_are_imported(file: Path, directory: Path) -> None:
    arguments = ("import-fx", file, "--period", "2026-10", "--config", directory, "--cross", "USD")
    shown = rebill(*arguments, "--dry-run")
    assert (shown.exit_code, "would change fx_rates.csv; nothing is written" in shown.output) == (0, True)
    done = rebill(*arguments, "--json")
    assert done.exit_code == 0
    assert json.loads(done.output) == {
        "period": "2026-10", "day": "2026-10-30", "file": "fx_rates.csv", "replaced": [], "unchanged": 1,
        "added": ["EUR to JPY 172.45", "USD to JPY 147.393162393162"], "unknown": [], "is_written": True,
    }  # fmt: skip
    assert "nothing to write" in rebill(*arguments).output


@pytest.mark.parametrize(("more", "what"), [
    (("--date", "30.10.2026"), "is not a date"), (("--date", "2026-12-24"), "no rate on or shortly before"),
    (("--cross", "GBP"), "no rate of GBP"),
])  # fmt: skip
def test_an_import_that_cannot_be_done_says_why(file: Path, directory: Path, more: tuple[str, ...], what: str) -> None:
    result = rebill("import-fx", file, "--period", "2026-10", "--config", directory, *more, "--json")
    assert result.exit_code == EXIT_BAD_INPUT
    assert what in result.output


def test_a_portfolio_moves(directory: Path) -> None:
    arguments = ("move", "--all-of", "gulf", "--to", "north", "--date", "2026-11-01", "--config", directory)
    shown = rebill(*arguments)
    assert shown.exit_code == 0
    for words in ("acme", "gulf", "north", "2026-11-01", "g-acme", "north-acme", "the changed configuration is valid"):
        assert words in shown.output
    assert "would change contracts.csv, tenants.csv; nothing is written" in shown.output
    assert "written: contracts.csv, tenants.csv" in rebill(*arguments, "--apply").output
    assert rebill("check", directory).exit_code == 0


def test_an_invalid_move_is_shown_with_its_problem(directory: Path, tmp_path: Path) -> None:
    moves = tmp_path / "moves.csv"
    moves.write_text("tenant,new_parent,date\nnorth,acme,2026-11-01\n")
    before = (directory / "tenants.csv").read_bytes()
    result = rebill("move", moves, "--config", directory, "--apply")
    assert result.exit_code == EXIT_BAD_INPUT
    assert "sells to nobody" in result.output
    assert (directory / "tenants.csv").read_bytes() == before


@pytest.mark.parametrize("arguments", [(), ("--all-of", "gulf"), ("moves.csv", "--to", "north")])
def test_who_moves_must_be_said(directory: Path, arguments: tuple[str, ...]) -> None:
    result = rebill("move", *arguments, "--config", directory, "--json")
    assert result.exit_code == EXIT_BAD_INPUT
    assert "it is not said who moves" in result.output
