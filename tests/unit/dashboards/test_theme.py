"""The look is one dict; Streamlit's file agrees with it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from dashboards import theme
from pipelines.errors import RebillError

ROOT = Path(__file__).parents[3]


def test_streamlit_wears_the_same_colours() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    pairs = {"primaryColor": "accent", "backgroundColor": "paper", "secondaryBackgroundColor": "card",
             "textColor": "ink", "borderColor": "line", "linkColor": "accent"}  # fmt: skip
    assert {key: config["theme"][key] for key in pairs} == {key: theme.THEME[name] for key, name in pairs.items()}
    assert config["browser"]["gatherUsageStats"] is False


def test_a_brand_overrides_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"name": "Kestrel <IT>", "accent": "#123456"}))
    monkeypatch.setenv("REBILL_THEME", str(brand))
    look = theme.theme()
    assert "--accent:#123456;" in theme.style_sheet(look)
    assert "Kestrel &lt;IT&gt;" in theme.logo(look)
    assert look["paper"] == theme.THEME["paper"]


@pytest.mark.parametrize("content", ['{"colour": "#000"}', "{", None])
def test_a_theme_that_is_none_is_refused(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = tmp_path / "brand.json"
    if content is not None:
        brand.write_text(content)
    monkeypatch.setenv("REBILL_THEME", str(brand))
    with pytest.raises(RebillError, match=r"brand\.json"):
        theme.theme()


def test_every_variable_of_the_style_sheet_is_set() -> None:
    import re

    sheet = theme.style_sheet(theme.THEME)
    assert set(re.findall(r"var\(--([\w-]+)\)", sheet)) <= set(re.findall(r"--([\w-]+):", sheet))


@pytest.mark.parametrize(("room", "shown"), [("aws", "AWS"), ("azure", "Azure"), (None, "—")])
def test_provider_names(room: str | None, shown: str) -> None:
    assert theme.provider_name(room) == shown
