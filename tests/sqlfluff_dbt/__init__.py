"""What dbt hands to a model while sqlfluff reads it: the values of vars, and macros by their default dispatch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MONTH = {"max_depth": 2}  # set by the month that is built: two edges show a chain's beginning and its rest
PROJECT = yaml.safe_load((ROOT / "dbt_project/dbt_project.yml").read_text(encoding="utf-8"))


def var(name: str, default: object = None) -> object:
    """The value that dbt_project.yml gives a variable, or a month would."""
    return PROJECT.get("vars", {}).get(name, MONTH.get(name, default))


class adapter:  # noqa: N801 - the name that dbt's macros use
    """Stands for the adapter; a dispatched macro renders as a call of its own name."""

    @staticmethod
    def dispatch(name: str, *_: object) -> Callable[..., str]:
        return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
