"""Telling a person what is happening, without the engine knowing who listens.

The engine calls a `Reporter`; the command line prints it, Dagster logs it, the library is silent.
"""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Receives one sentence per finished step."""

    def __call__(self, layer: str, text: str) -> None:
        """Say that a step of `layer` has just ended (or is going on), in one short sentence."""


def silent(layer: str, text: str) -> None:
    """Report nothing: the library's default."""
    del layer, text
