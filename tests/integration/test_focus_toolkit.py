"""FOCUS files that nobody here wrote: focus-data-toolkit's, of three providers and two versions, to the last digit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.providers.focus.public_files import take

pytestmark = pytest.mark.slow
ROWS = 400


@pytest.fixture(scope="module")
def tool() -> str:
    beside = Path(sys.executable).with_name("focus-toolkit")
    found = str(beside) if beside.is_file() else shutil.which("focus-toolkit")
    if found is None:
        pytest.skip("focus-data-toolkit is not installed: pip install focus-data-toolkit==0.14.1")
    return found


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_totals_are_unchanged_to_the_last_digit(tool: str, tmp_path: Path, provider: str, version: str) -> None:
    command = [tool, "generate", "--provider", provider, "--focus-version", version, "--rows", str(ROWS), "--seed", "7"]
    subprocess.run([*command, "--out", str(tmp_path / "made")], check=True, capture_output=True)
    (charges,) = (tmp_path / "made").glob("*cost_and_usage*.csv")
    taken = take(charges, tmp_path / "charges", version)
    assert taken.refusals == ()
    assert taken.charges == taken.rows == ROWS
    assert taken.differences == []
    for beside in (tmp_path / "made").glob("*contract_commitment*.csv"):
        (reason,) = take(beside, tmp_path / "beside", version).refusals
        assert "the FOCUS dataset ContractCommitment" in reason
