"""Where the official FOCUS validator lives: `.venv-validator`, with a Python and a lock of its own.

`python -m tests.validator.environment` makes it when a Python fits and it is missing or its lock has changed (about
530 MB; 20 seconds with a warm cache). Where no Python fits it says so and ends well: the tests then skip with the same
sentence, and `REBILL_NO_SKIPS=1` makes that a failure. `--find` prints the Python it would take.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-validator"
PYTHON = FOLDER / "bin/python"
STAMP = FOLDER / "installed"
LOCK = Path(__file__).with_name("requirements.lock.txt")
VERSIONS = ("3.12", "3.13")
NONE_FITS = "the FOCUS validator needs Python 3.12 or 3.13, and this machine has neither"


def find() -> Path | None:
    """A Python that fits and really runs: on the path, uv's own, or one of pyenv's that no shim leads to."""
    return next((path for path in _candidates() if _version(path) in VERSIONS), None)


def missing() -> str | None:
    """Why the validator cannot run, as a sentence; None if it can."""
    if _is_current():
        return None
    if find() is None:
        return NONE_FITS
    return "the FOCUS validator is not installed: run `make test`, or `python -m tests.validator.environment`"


def make() -> None:
    """Install what the lock says into a new environment; nothing to do while it is current.

    Raises CalledProcessError if uv cannot, FileNotFoundError without a Python that fits.
    """
    if _is_current():
        return
    python = find()
    if python is None:
        raise FileNotFoundError(NONE_FITS)
    print(f"Installing the FOCUS validator into {FOLDER.name} (once; 530 MB) ...", flush=True)
    uv, shell = _uv(), _environment()
    run = [str(uv), "venv", "--quiet", "--clear", "--python", str(python), str(FOLDER)]
    subprocess.run(run, check=True, env=shell, cwd=ROOT)
    run = [str(uv), "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(LOCK)]
    subprocess.run(run, check=True, env=shell, cwd=ROOT)
    STAMP.write_text(_digest(), encoding="utf-8")


def _candidates() -> Iterator[Path]:
    for version in VERSIONS:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            yield Path(folder) / f"python{version}"
    command = [str(_uv()), "python", "find", "--system", ">=3.12,<3.14"]
    found = subprocess.run(command, capture_output=True, text=True, env=_environment(), cwd=ROOT)
    if found.returncode == 0:
        yield Path(found.stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in VERSIONS:
        yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def _version(python: Path) -> str | None:
    """`major.minor`, or None where the file is missing or does not run (a shim of pyenv may lead nowhere)."""
    if not python.is_file():
        return None
    command = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def _is_current() -> bool:
    """Whether what stands there is of this lock and its Python still runs."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _digest() and _version(PYTHON) in VERSIONS


def _digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _uv() -> Path:
    """uv of the running environment, else of the path."""
    beside = Path(sys.executable).with_name("uv")
    return beside if beside.is_file() else Path(shutil.which("uv") or "uv")


def _environment() -> dict[str, str]:
    return os.environ | {"UV_PYTHON_DOWNLOADS": "never"}


def main(arguments: list[str]) -> int:
    """Make it, or with `--find` only say of what; 1 if `--find` finds nothing."""
    if arguments == ["--find"]:
        python = find()
        print(python or NONE_FITS)
        return 0 if python else 1
    try:
        make()
    except FileNotFoundError as problem:
        print(f"{problem}: its tests will be skipped.", file=sys.stderr)
    except subprocess.CalledProcessError as problem:
        print(f"The FOCUS validator could not be installed ({problem}): its tests will be skipped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
