"""The look: one small dict a seller can override, turned into the style sheet's variables.

Overrides come from a JSON file with any of these keys (`--theme FILE` or REBILL_THEME). Colours of
Streamlit's own widgets live in .streamlit/config.toml, which Streamlit reads once per process.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from dashboards import settings
from pipelines.errors import Problem, RebillError

THEME: dict[str, Any] = {
    "name": "Rebill",
    "mark": "R",
    "accent": "#0f5c4d",
    "accent_soft": "#e3efeb",
    "ink": "#17211f",
    "muted": "#5c6763",
    "paper": "#f7f6f2",
    "card": "#ffffff",
    "line": "#dedbd1",
    "clear": "#13694f",
    "clear_soft": "#e2f1ea",
    "held": "#8a5200",
    "held_soft": "#fbf0d9",
    "refused": "#a3251d",
    "refused_soft": "#fae6e3",
    "preview": "#4a3f8f",
    "preview_soft": "#ecebf8",
    "series": ["#0f5c4d", "#d39b3a", "#4f6fb0", "#b9573f", "#7a8c3b", "#8a5f9e", "#3d98a5", "#9b9486"],
    "dispositions": {"billed": "#0f5c4d", "absorbed": "#7fa99b", "excluded": "#c9c3b3", "quarantined": "#d39b3a"},
}
STYLE = Path(__file__).with_name("style.css")


def theme() -> dict[str, Any]:
    """The dict above with the overrides of the theme file, if one is named."""
    path = settings.theme_file()
    if path is None:
        return THEME
    try:
        overrides = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RebillError(
            Problem(str(path), f"is not a theme: {error}", "write a JSON object of theme keys")
        ) from error
    unknown = sorted(set(overrides) - set(THEME))
    if unknown:
        raise RebillError(
            Problem(str(path), f"unknown theme keys {', '.join(unknown)}", f"use some of {', '.join(sorted(THEME))}")
        )
    return {**THEME, **overrides}


def style_sheet(values: dict[str, Any]) -> str:
    """The style sheet with the theme's colours as its variables."""
    colours = {key.replace("_", "-"): value for key, value in values.items() if isinstance(value, str)}
    colours.pop("name"), colours.pop("mark")
    variables = "".join(f"--{key}:{escape(value)};" for key, value in colours.items())
    return f"<style>:root{{{variables}}}\n{STYLE.read_text(encoding='utf-8')}</style>"


LOGO = Template("""<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="36" viewBox="0 0 $width 36">
<rect x="0" y="2" width="32" height="32" rx="8" fill="$accent"/>
<g font-family="Georgia, serif" font-size="20" font-weight="700">
<text x="16" y="25" text-anchor="middle" fill="#fff">$mark</text><text x="43" y="25" fill="$ink">$name</text>
</g></svg>""")


def logo(values: dict[str, Any]) -> str:
    """The brand's mark and name as an SVG drawing."""
    name = str(values["name"])
    return LOGO.substitute(
        width=60 + 12 * len(name),
        accent=escape(values["accent"]),
        ink=escape(values["ink"]),
        mark=escape(str(values["mark"])[:2]),
        name=escape(name),
    )


def favicon(values: dict[str, Any]) -> str:
    """The brand's mark alone, square."""
    return logo(values | {"name": ""}).replace('width="60"', 'width="32"').replace("0 0 60 36", "0 2 32 32")


def provider_name(provider: str | None) -> str:
    """A provider's room as people write it: short names are initials, others are words."""
    name = provider or "—"
    return name.upper() if len(name) <= 3 else name.title()
