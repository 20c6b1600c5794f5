"""Groups of evidence as check results."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.gates import HeldEdge, Verdict
from pipelines.gates.evidence import SEVERITIES, Check
from pipelines.orchestration.checks import GROUPS, VERDICT, Group, result_of
from pipelines.orchestration.figures import Failing, Table

UNTIED = Table(("tie", "difference"), (("raw = focus", "-0.01"), ("bought = sold on", "1.00")))
HOLDS = Table(("held bill",), (("north > acme",),))
SHARED = Table(("commitment", "owner", "consumer"), (("plan-1", "acme", "beta"),))
FAILING = Failing(UNTIED, HOLDS, SHARED)
BY_NAME = {group.name: group for group in GROUPS}


def result(group: Group, *failed: Check, warnings: tuple[Check, ...] = ()) -> dg.AssetCheckResult:
    verdict = Verdict("0" * 64, "refuse" if failed else "pass", (), failed, warnings)
    return result_of(group, verdict, [*failed, *warnings], FAILING)


def test_every_measured_check_is_in_exactly_one_group() -> None:
    assert sorted(name for group in GROUPS for name in group.checks) == sorted(SEVERITIES)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_only_what_can_fail_blocks(group: Group) -> None:
    assert group.blocks is (group.name not in ("holds", "finality"))


def test_a_refused_group_is_an_error_with_its_own_failing_rows() -> None:
    found = result(BY_NAME["proof"], Check("proof_all_tied", "raw = focus", "fail", 1, "9 scopes", "G1: off by -0.01"))
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert "G1: off by -0.01" in str(found.description)
    assert [record.data for record in found.metadata["failing rows"].records] == [
        {"tie": "raw = focus", "difference": "-0.01"}
    ]


def test_a_group_without_violation_passes_although_another_refuses() -> None:
    found = result(BY_NAME["invoices"], Check("proof_all_tied", "raw = focus", "fail", 1, "9 scopes", None))
    assert found.passed
    assert "failing rows" not in found.metadata


def test_holds_warn_and_show_whom_they_hold() -> None:
    found = result(BY_NAME["holds"], warnings=(Check("holds_present", "all", "warn", 1, "1 bills held", None),))
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert [record.data for record in found.metadata["failing rows"].records] == [{"held bill": "north > acme"}]


@pytest.mark.parametrize(
    ("name", "severity", "expected"),
    [
        ("commitments_shared_in_breach", "fail", dg.AssetCheckSeverity.ERROR),
        ("commitments_shared", "warn", dg.AssetCheckSeverity.WARN),
    ],
)
def test_shared_commitments_are_shown_with_both_tenants(
    name: str, severity: str, expected: dg.AssetCheckSeverity
) -> None:
    check = Check(name, "all", severity, 1, "1 commitment reached more than one end customer", None)
    found = result(BY_NAME["sharing"], *([check] if severity == "fail" else []),
                   warnings=(check,) if severity == "warn" else ())  # fmt: skip
    assert not found.passed
    assert found.severity is expected
    assert [record.data for record in found.metadata["failing rows"].records] == [
        {"commitment": "plan-1", "owner": "acme", "consumer": "beta"}
    ]


def test_the_verdict_shows_a_refusal_that_no_group_knows() -> None:
    found = result(VERDICT, Check("every_check_measured", "suite", "fail", 1, "the suite does not hold", None))
    assert not found.passed
    assert found.metadata["refused by"].records[0].data["check"] == "every_check_measured"


def test_the_verdict_passes_with_held_bills_and_names_them() -> None:
    verdict = Verdict("0" * 64, "hold", (HeldEdge("north", "acme", "unlinked account", "link it"),))
    found = result_of(VERDICT, verdict, [], FAILING)
    assert found.passed
    assert found.metadata["held bills"].records[0].data["what to do"] == "link it"
