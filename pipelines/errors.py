"""What can go wrong, said so that a billing analyst can act on it.

A `Problem` names the place and the remedy; a `RebillError` carries one or more of them and the exit
code of the command line. Nothing here decides what is wrong: that is the caller's knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EXIT_OK = 0
EXIT_UNEXPECTED = 1
EXIT_BAD_INPUT = 2
EXIT_HELD = 3
EXIT_REFUSED = 4


@dataclass(frozen=True)
class Problem:
    """One defect of an input: where it is, what is wrong, what to do."""

    file: str
    what: str
    remedy: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        place = place if self.column is None else f"{place} [{self.column}]"
        return f"{place}: {self.what} -> {self.remedy}"


class RebillError(Exception):
    """A refusal with every problem found, not only the first."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BadDelivery(RebillError):
    """A provider delivery that is damaged, incomplete or contradicts its manifest."""


class BadConfig(RebillError):
    """Configuration that is invalid on its own or as a whole."""


class GateRefused(RebillError):
    """The gate found the month unprovable: nothing may be published."""

    exit_code = EXIT_REFUSED
