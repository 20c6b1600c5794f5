"""Chance that is the same every time: numbers, ids and picks drawn from a seed and a name.

A draw depends on its name only, never on how many draws came before, so adding a feature to the
generator does not change what the others produce.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Dice:
    """A source of draws; `seed` is any text."""

    seed: str

    def integer(self, *name: object, low: int = 0, high: int = 2**63 - 1) -> int:
        """An integer from low to high, both included."""
        return low + self._bits(name) % (high - low + 1)

    def chance(self, *name: object, percent: int) -> bool:
        """True in `percent` of 100 draws."""
        return self._bits(name) % 100 < percent

    def pick(self, items: Sequence[Item], *name: object) -> Item:
        """One of the items."""
        return items[self._bits(name) % len(items)]

    def guid(self, *name: object) -> str:
        """A lower-case GUID."""
        text = self._digest(name)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def digits(self, count: int, *name: object) -> str:
        """`count` decimal digits, the first not zero."""
        return str(self.integer(*name, low=10 ** (count - 1), high=10**count - 1))

    def code(self, count: int, *name: object) -> str:
        """`count` capital letters and digits."""
        bits = self._bits(name)
        return "".join(BASE36[(bits // 36**place) % 36] for place in range(count))

    def hexadecimal(self, count: int, *name: object) -> str:
        """`count` lower-case hexadecimal digits, at most 64."""
        return self._digest(name)[:count]

    def _digest(self, name: tuple[object, ...]) -> str:
        return hashlib.sha256("\x1f".join((self.seed, *map(str, name))).encode()).hexdigest()

    def _bits(self, name: tuple[object, ...]) -> int:
        return int(self._digest(name), 16) >> 64
