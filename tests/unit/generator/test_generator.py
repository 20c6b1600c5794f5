"""The month as a whole: same bytes, same shapes for other seeds and sizes, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import config
from pipelines.errors import RebillError
from pipelines.generator import generate
from pipelines.hashing import sha256_file
from pipelines.period import BillingPeriod
from tests.unit.generator.conftest import PERIOD, Month


def digest(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): sha256_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, PERIOD, customers=12, lines=2_000, seed=3, truth=False)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    generate(tmp_path / "other", PERIOD, customers=12, lines=2_000, seed=4, truth=False)
    assert digest(tmp_path / "one") != digest(tmp_path / "other")


def test_lines_are_about_what_was_asked_for(month: Month) -> None:
    lines = month.report.lines
    assert 19_000 < month.report.total < 21_000
    assert lines["azure"] > lines["aws"] > lines["gcp"]
    azure = sum(1 for line in month.all_azure("reconciliation") if not line["MeterDescription"])
    assert lines["azure"] == len(month.all_azure("usage")) + azure
    assert lines["gcp"] == len(month.gcp())


@pytest.mark.parametrize(
    ("label", "customers", "lines", "seed"), [("2027-02", 12, 2_000, 1), ("2026-12", 70, 6_000, 2)]
)
def test_other_months_and_sizes_have_a_valid_configuration(
    tmp_path: Path, label: str, customers: int, lines: int, seed: int
) -> None:
    period = BillingPeriod(label)
    found = generate(tmp_path, period, customers=customers, lines=lines, seed=seed, truth=False, unlinked=False)
    assert found.unlinked_account is None
    assert config.check(tmp_path / "config") == []


def test_the_truth_is_written_when_asked_for(tmp_path: Path) -> None:
    found = generate(tmp_path, PERIOD, customers=12, lines=2_000, seed=5)
    assert found.truth is not None
    assert (found.truth / "edges.csv").exists()


def test_refuses_what_is_no_month(tmp_path: Path) -> None:
    (tmp_path / "deliveries").mkdir()
    with pytest.raises(RebillError) as caught:
        generate(tmp_path, PERIOD, customers=3, lines=10, seed=1)
    assert len(caught.value.problems) == 3
