"""What an attacker gets by trying: the names that a known id would have if a name were computed from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

LONG_ENOUGH = 16


def guesses(edge: tuple[str, str], ids: Iterable[str]) -> Iterator[str]:
    """Beginnings of the usual digests of every id, alone and with the parties of the edge."""
    for text in ids:
        for separator in ("\x1f", "|", "/", ""):
            for parts in ((text,), (*edge, text), (edge[1], text), (text, *edge)):
                joined = separator.join(parts).encode()
                for digest in (hashlib.sha256, hashlib.md5):
                    yield digest(joined).hexdigest()[:LONG_ENOUGH]
