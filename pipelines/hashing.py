"""Content hashes: what a delivery, a slice, a configuration and a bundle are known by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

CHUNK = 1 << 20


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_json(value: object) -> str:
    """Hex sha256 of a value's canonical JSON: sorted keys, no spaces; Decimals and dates as text."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_tree(paths: Iterable[Path], root: Path) -> str:
    """Hex sha256 of files by relative name and content, independent of the order given."""
    return sha256_json(sorted((path.relative_to(root).as_posix(), sha256_file(path)) for path in paths))
