"""Argument before environment before the demo's lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards import settings


@pytest.mark.parametrize("words", [["--lake", "/a/lake"], ["--lake=/a/lake"]])
def test_the_argument_wins(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBILL_LAKE", "/b/lake")
    monkeypatch.setattr("sys.argv", ["app.py", *words])
    assert settings.lake_root() == Path("/a/lake")
    monkeypatch.setattr("sys.argv", ["app.py", "--lake"])
    assert settings.lake_root() == Path("/b/lake")


def test_the_default_is_the_demos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REBILL_LAKE", raising=False)
    monkeypatch.delenv("REBILL_THEME", raising=False)
    monkeypatch.setattr("sys.argv", ["app.py"])
    assert settings.lake_root() == Path(settings.DEFAULT_LAKE).resolve()
    assert settings.theme_file() is None
