"""The comparison with another converter: it skips with a message, and its own half gives what an ingest gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipelines.providers.aws.quirks import side_by_side
from tests.unit.providers.aws import reports
from tests.unit.providers.drops import aws_line


def test_without_the_other_converter_it_says_so_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "make_report", lambda *_: pytest.fail("generated for nothing"))
    side_by_side.main(tmp_path / "python", 1_000, 1)
    assert "skipped" in capsys.readouterr().out


def test_its_own_half_ingests_a_legacy_parquet_report(tmp_path: Path) -> None:
    reports.legacy_parquet(tmp_path / "drop", [aws_line()])
    run = side_by_side.run(sys.executable, side_by_side.INGEST, tmp_path / "drop", tmp_path / "lake", "2026-10", "aws")
    assert run.wall > 0
    assert run.cpu > 0
    assert len(list((tmp_path / "lake").rglob("charges.parquet"))) == 1


def test_a_side_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such thing"):
        side_by_side.run(sys.executable, "raise SystemExit('no such thing')")
