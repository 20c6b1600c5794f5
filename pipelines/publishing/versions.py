"""Immutable versions behind a pointer: how staged files become the current bundle of a folder.

A version directory appears whole, then `current.json` is replaced. Whatever dies in between leaves the previous
version current; the next run finds the finished directory and only moves the pointer.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.hashing import sha256_file, sha256_json
from pipelines.lake import Lake, staged_directory, write_json
from pipelines.period import BillingPeriod

POINTER = "current.json"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Placed:
    """A current bundle: its folder below the period, version, hash, and whether this run made it."""

    folder: str
    version: int
    bundle: str
    is_new: bool


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says."""

    version: int
    bundle: str


def bundle_hash(hashes: Mapping[str, str]) -> str:
    """A bundle's identity: the hash over name and sha256 of its data files."""
    return sha256_json(dict(hashes))


def hash_directory(directory: Path) -> str:
    """The bundle hash of a directory's data files: everything but the manifest."""
    return bundle_hash({path.name: sha256_file(path) for path in directory.iterdir() if path.name != MANIFEST})


def read_pointer(folder: Path) -> Pointer | None:
    """The current version of a folder; None if nothing was ever published there."""
    path = folder / POINTER
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return Pointer(int(found["version"]), str(found["bundle"]))


def place(
    period_dir: Path, folder: str, staged: Path, bundle: str, manifest: Mapping[str, Any] | None = None
) -> Placed:
    """Make the staged files, whose hash is `bundle`, the folder's current version, unless they already are.

    Call under `publisher_lock`.
    """
    target = period_dir / folder
    current = read_pointer(target)
    if current is not None and current.bundle == bundle:
        return Placed(folder, current.version, bundle, is_new=False)
    _sweep(target)
    version = (current.version if current else 0) + 1
    while (target / f"version={version}").exists() and hash_directory(target / f"version={version}") != bundle:
        version += 1  # left by a run that died before its pointer moved, with other content
    with staged_directory(target / f"version={version}") as partial:
        for path in sorted(staged.iterdir()):
            path.replace(partial / path.name)
        if manifest is not None:
            write_json(partial / MANIFEST, manifest)
    write_json(target / POINTER, {"version": version, "bundle": bundle})
    return Placed(folder, version, bundle, is_new=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed publisher left half-written; nobody else writes here while the lock is held."""
    for leftover in folder.glob(".version=*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for leftover in folder.glob(f".{POINTER}.*"):
        leftover.unlink(missing_ok=True)


@contextmanager
def publisher_lock(lake: Lake, period: BillingPeriod) -> Iterator[Path]:
    """One publisher per period on this machine; yields an empty scratch folder, removed at the end.

    The lock goes with the process, so a killed publisher holds nothing up; its scratch is cleared by the next one.
    """
    scratch = lake.work(f"publish-{period}")
    with lake.exclusive(f"publish-{period}"):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def folders_with_bundles(period_dir: Path) -> dict[str, Pointer]:
    """Every edge folder that has a current bundle."""
    found = {}
    for path in sorted(period_dir.glob(f"seller=*/buyer=*/{POINTER}")):
        if re.fullmatch(r"seller=[^/]+/buyer=[^/]+", folder := path.parent.relative_to(period_dir).as_posix()):
            pointer = read_pointer(path.parent)
            if pointer is not None:
                found[folder] = pointer
    return found
