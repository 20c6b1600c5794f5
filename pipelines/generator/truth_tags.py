"""The tags of a row: a JSON object as text, read as name -> value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache


class _Digits(str):
    """A JSON number as its source writes it."""

    __slots__ = ()


@lru_cache(maxsize=100_000)
def tags(source: str | None) -> dict[str, str]:
    """Name -> value; a value that is no string counts by its JSON text, null and an empty text are no value."""
    if not source:
        return {}
    found = json.loads(source, parse_float=_Digits, parse_int=_Digits)
    return {name: _text(value) for name, value in found.items() if value not in (None, "")}


def tag_text(found: Mapping[str, object]) -> str | None:
    """Name -> value as the JSON text of a row; None without any."""
    return json.dumps(dict(found), ensure_ascii=False) if found else None


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
