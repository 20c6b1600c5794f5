"""The valid configuration directory that the tests of the configuration bend, to be edited by commands."""

from __future__ import annotations

from tests.unit.config.conftest import directory, edit

__all__ = ["directory", "edit"]
