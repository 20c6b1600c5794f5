"""Changes of a configuration directory: checked in a copy, then written all together or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipelines.config import check, config_hash
from pipelines.config.reading import config_files
from pipelines.errors import BadConfig, Problem

Texts = Mapping[Path, str]


def problems_after(directory: Path, texts: Texts) -> list[Problem]:
    """Every problem that the directory would have with these files; their lines are those of the new text."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "config"
        for path in config_files(directory):
            target = copy / path.relative_to(directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for path, text in texts.items():
            target = copy / path.relative_to(directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        return check(copy)


def write_together(directory: Path, texts: Texts, expected: str) -> None:
    """Write the files if the directory still has the content hash `expected`; a failure leaves all as it was.

    Every file is complete beside its target before the first one is renamed. Should the machine stop between
    two renames, the next `config check` names the tenants whose two halves do not fit. Raises BadConfig.
    """
    if config_hash(directory) != expected:
        raise BadConfig(Problem(str(directory), "the files changed meanwhile", "run it again"))
    partial: dict[Path, Path] = {}
    before = {path: path.read_bytes() if path.exists() else None for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial[path] = _beside(path, text)
        for path, staged in partial.items():
            staged.replace(path)
    except OSError:
        for path, content in before.items():
            _restore(path, content)
        raise
    finally:
        for staged in partial.values():
            staged.unlink(missing_ok=True)


def _beside(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(text.encode())
        stream.flush()
        os.fsync(stream.fileno())
    staged = Path(name)
    staged.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    return staged


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        path.write_bytes(content)
