"""One refusal per way to get a configuration wrong: each names its file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipelines import config
from pipelines.errors import BadConfig
from pipelines.period import BillingPeriod

Edit = Callable[[str, str, str], None]
REFUSALS = {
    name: case
    for path in sorted(Path(__file__).parent.glob("refusals*.yaml"))
    for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name: str, directory: Path, edit: Edit) -> None:
    case = REFUSALS[name]
    edit(case["edit"], case["old"], case["new"])
    problems = config.check(directory)
    there = [problem for problem in problems if (problem.file, problem.line) == (case["file"], case["line"])]
    fitting = [problem for problem in there if case["what"] in problem.what and case["remedy"] in problem.remedy]
    assert len(fitting) == 1, "\n".join(map(str, problems))
    with pytest.raises(BadConfig) as refusal:
        config.load(directory)
    assert refusal.value.problems == problems


def test_the_example_is_valid(directory: Path) -> None:
    assert config.check(directory) == []


def test_every_problem_of_every_file_is_reported_at_once(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "reseller,dist,EUR", "resellr,dist,EUR")
    edit("plans/standard.yaml", "    basis: list\n", "")
    edit("fx_rates.csv", "1.17", "1,17")
    edit("contracts.csv", "d-direct,dist", "d-direct,gulf")
    files = [problem.file for problem in config.check(directory)]
    assert files == sorted(files)
    assert set(files) == {"contracts.csv", "fx_rates.csv", "plans/standard.yaml", "tenants.csv"}


def test_a_broken_record_is_not_also_called_unknown(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "reseller,dist,EUR", "resellr,dist,EUR")
    assert [problem.line for problem in config.check(directory)] == [3]


def test_days_without_a_contract_are_warnings(directory: Path, edit: Edit) -> None:
    edit("contracts.csv", "half_even,at_cost,pass,0,as_applied,as_invoiced,Net 14,PO-7,,", ",,,,,,,,2026-10-04,")
    found = config.warnings(config.load(directory), BillingPeriod("2026-10"))
    assert [(p.file, p.line, p.what) for p in found] == [
        ("tenants.csv", 7, "direct buys from dist without a contract from 2026-10-01 until before 2026-10-04")
    ]
    assert config.warnings(config.load(directory), BillingPeriod("2026-11")) == []
