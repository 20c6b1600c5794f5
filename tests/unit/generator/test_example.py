"""The shipped example configuration is the demo's, byte for byte."""

from __future__ import annotations

from pathlib import Path

from pipelines.generator import generate
from pipelines.hashing import sha256_file
from pipelines.period import BillingPeriod
from pipelines.schemas import ROOT

EXAMPLE = ROOT / "data" / "example" / "config"


def hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder with its content hash."""
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in folder.rglob("*") if path.is_file()}


def test_example_is_what_the_demo_generates(tmp_path: Path) -> None:
    """Regenerate it with `make demo` and copy data/demo/config to data/example/config when this fails."""
    generate(tmp_path, BillingPeriod("2026-10"), customers=24, lines=20_000, seed=7, truth=False)
    assert hashes(tmp_path / "config") == hashes(EXAMPLE)
