"""Rebill as a library: the verbs of the engine.

from pipelines import run
report = run("2026-10", lake=Path("lake"), config=Path("config"), deliveries=Path("deliveries"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.engine import build, check, generate, ingest, publish, render, run, simulate

__all__ = ["build", "check", "generate", "ingest", "publish", "render", "run", "simulate"]


def __getattr__(name: str) -> Any:
    """Load the engine only when a verb is asked for: a page or a reader of one module need not pay for it."""
    if name not in __all__:
        raise AttributeError(name)
    from pipelines import engine

    return getattr(engine, name)
