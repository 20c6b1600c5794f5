from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines import building, gates
from pipelines.errors import GateRefused, RebillError
from pipelines.ledger import SLICES, VERDICTS
from pipelines.progress import silent
from tests.unit.gates.test_evidence import HOLD
from tests.unit.publishing.month import PERIOD, make_month

FINDING = (
    "insert into marts_conformance by name select '{}' as View, '{}' as RuleId, '{}' as Severity, 'p' as x_Provider, "
    "{} as SellerTenantId, {} as BuyerTenantId, 'EUR' as BillingCurrency, 60 as CheckedCount, 2 as ViolationCount, "
    "{} as WaivedBy, 5 as Amount, 'row 1' as Example;"
)
UNTIED = "update marts_reconciliation set Difference = 1, IsTied = false where CheckName = 'raw = focus';"


@pytest.mark.parametrize(("change", "status"), [("", "pass"), (HOLD + ";", "hold"), (UNTIED, "refuse")])
def test_the_verdict_is_recorded_for_the_content_it_judged(tmp_path: Path, change: str, status: str) -> None:
    month = make_month(tmp_path, change)
    verdict = gates.check(month.lake, month.ledger, PERIOD, silent)
    assert verdict.status == status
    assert verdict.content_hash == gates.content_hash(month.build)
    found = gates.recorded(month.ledger, verdict.content_hash)
    assert found is not None
    assert (found.status, found.held_edges, found.failed) == (verdict.status, verdict.held_edges, verdict.failed)
    assert gates.recorded(month.ledger, "another content") is None


def test_a_refusal_says_what_was_measured(tmp_path: Path) -> None:
    month = make_month(tmp_path, UNTIED)
    verdict = gates.judge(month.build)
    assert {check.name for check in verdict.failed} == {"proof_all_tied", "coverage_complete"}
    assert "raw = focus" in verdict.summary
    assert verdict.figures["failed"] == 2
    assert len(verdict.problems) == 2


def test_holds_name_their_edges_and_remedies(tmp_path: Path) -> None:
    change = HOLD + "; update marts_invoices set IsHeld = true where BuyerTenantId in ('direct', 'res');"
    verdict = gates.judge(make_month(tmp_path, change).build)
    assert [(edge.seller, edge.buyer, edge.reason) for edge in verdict.held_edges] == [
        ("op", "direct", "unlinked account"),
        ("op", "res", "held"),
    ]
    assert {check.name for check in verdict.warnings} == {"holds_present"}


def test_a_bill_that_breaks_a_focus_rule_is_held_and_no_other(tmp_path: Path) -> None:
    broken = FINDING.format("sell", "M2-ListCost", "fail", "'op'", "'direct'", "null")
    verdict = gates.judge(make_month(tmp_path, broken).build)
    assert verdict.status == "hold"
    ((seller, buyer, reason, remedy),) = [(e.seller, e.buyer, e.reason, e.remedy) for e in verdict.held_edges]
    assert (seller, buyer, reason) == ("op", "direct", "FOCUS rule M2-ListCost is broken")
    assert "waivers.yaml" in remedy
    assert {check.name for check in verdict.warnings} == {"focus_rules_of_bills"}
    stated = next(check for check in verdict.warnings if check.scope != "all")
    assert (stated.scope, stated.measured) == ("sell M2-ListCost op > direct EUR", "2 of 60 rows, 5 EUR")


@pytest.mark.parametrize("broken", [
    FINDING.format("buy", "M2-ListCost", "fail", "null", "null", "null"),
    FINDING.format("sell", "M16-Order", "fail", "null", "null", "null"),
    "delete from marts_conformance where RuleId = 'M2-ListCost' and View = 'sell';",
    "delete from marts_conformance;",
])  # fmt: skip
def test_broken_charges_and_rules_that_nobody_asked_refuse_the_month(tmp_path: Path, broken: str) -> None:
    verdict = gates.judge(make_month(tmp_path, broken).build)
    assert verdict.status == "refuse"
    assert {check.name for check in verdict.failed} <= {"focus_rules_of_charges", "focus_rules_examined"}
    assert all(problem.remedy for problem in verdict.problems)


def test_waived_rows_are_noted_and_stop_nothing(tmp_path: Path) -> None:
    waived = FINDING.format("sell", "M3-Sku", "fail", "'op'", "'direct'", "'the export has none'")
    month = make_month(tmp_path, waived)
    verdict = gates.judge(month.build)
    assert (verdict.status, verdict.warnings, verdict.held_edges) == ("pass", (), ())
    assert [(note.scope, note.violations) for note in verdict.notes] == [("all", 2), ("sell the export has none", 2)]
    gates.check(month.lake, month.ledger, PERIOD, silent)
    assert gates.recorded(month.ledger, verdict.content_hash) == replace(verdict, results=())


def test_a_hold_that_holds_no_bill_passes_with_a_warning(tmp_path: Path) -> None:
    change = HOLD.replace("'direct', 'op', 'direct'", "null, null, null") + ";"
    verdict = gates.judge(make_month(tmp_path, change).build)
    assert (verdict.status, verdict.held_edges) == ("pass", ())
    assert {check.name for check in verdict.warnings} == {"holds_present"}


@pytest.mark.parametrize(("severity", "status"), [("block", "refuse"), ("warn", "pass")])
def test_shared_commitments_are_named_with_both_tenants(tmp_path: Path, severity: str, status: str) -> None:
    month = make_month(tmp_path, f"update marts_commitment_sharing set Severity = '{severity}';")
    verdict = gates.judge(month.build)
    assert verdict.status == status
    assert "1 commitment reached more than one end customer" in verdict.summary
    (shared,) = verdict.shared_commitments
    assert "owned by direct, used by other" in shared.measured
    if severity == "block":
        assert all("commitment_sharing" in problem.remedy for problem in verdict.problems)


def test_evidence_is_kept_beside_the_build_and_is_the_same_each_time(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    verdict = gates.judge(month.build)
    kept = month.build.parent / "evidence" / f"content={verdict.content_hash[:32]}"
    first = {path.name: path.read_bytes() for path in kept.iterdir()}
    assert set(first) == {"evidence.json", "results.json"}
    for path in kept.iterdir():
        path.unlink()
    kept.rmdir()
    assert gates.judge(month.build) == verdict
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == first
    assert all(result["success"] for result in json.loads(first["results.json"]))


def test_a_slice_that_is_not_final_is_stated(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    with month.ledger.transaction() as connection:
        month.ledger.put(
            connection,
            SLICES,
            provider="p",
            account="a",
            period=PERIOD.label,
            unit="u",
            slice_id="s1",
            row_count=1,
            is_final=False,
            updated_at="-",
        )
    verdict = gates.check(month.lake, month.ledger, PERIOD, silent)
    assert [check.example for check in verdict.warnings] == ["p a u"]


def test_marts_that_changed_after_the_build_are_refused(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    (month.build / "build.json").write_text("{}")
    with pytest.raises(GateRefused, match="changed after they were built"):
        gates.check(month.lake, month.ledger, PERIOD, silent)
    assert month.ledger.rows(sa.select(VERDICTS)) == []


def test_no_build_is_said_plainly(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    with month.ledger.transaction() as connection:
        connection.exec_driver_sql("delete from builds")
    with pytest.raises(RebillError, match="rebill build 2026-10"):
        gates.check(month.lake, month.ledger, PERIOD, silent)


def test_building_and_judging_mean_the_same_content(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    assert building.content_hash(month.build) == gates.content_hash(month.build)
