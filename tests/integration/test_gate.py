"""Each check of the gate can fail: one figure of a real build is changed, and exactly the right check says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import gates
from pipelines.errors import RebillError
from pipelines.gates.evidence import SEVERITIES
from pipelines.lake import connect
from tests.integration.desk import Desk

pytestmark = pytest.mark.slow
SHARED = (
    "insert into t by name select 'aws' as x_Provider, 'plan-1' as CommitmentDiscountId, 'EUR' as BillingCurrency, "
    "'owner' as OwnerTenantId, 'consumer' as ConsumerTenantId, '{}' as Severity, 2 as CustomerCount, true as IsShared, "
    "date '2026-10-01' as FirstDay, date '2026-10-31' as LastDay, 1 as LineCount, 1 as Saving"
)
FINDING = (
    "insert into t by name select '{}' as View, '{}' as RuleId, '{}' as Severity, 'aws' as x_Provider, {} as "
    "SellerTenantId, {} as BuyerTenantId, 'EUR' as BillingCurrency, 9 as CheckedCount, 2 as ViolationCount, "
    "{} as WaivedBy, 5 as Amount, 'row 1' as Example"
)
# check -> mart, what happens to it, and the checks that must fail or warn because of it (others may as well)
CHANGES: list[tuple[str, str, str]] = [
    ("proof_all_tied", "marts_reconciliation",
     "update t set Difference = exact('0.000000000000000000000001'), IsTied = false "
     "where CheckName = 'raw = focus' and Scope = (select min(Scope) from t where CheckName = 'raw = focus')"),
    ("proof_all_tied", "marts_reconciliation", "update t set IsTied = null where CheckName = 'bought = sold on'"),
    ("proof_all_tied", "marts_reconciliation",
     "update t set Actual = Actual + exact('0.01') where CheckName = 'line prices + tier residuals = invoice lines'"),
    ("proof_all_tied", "marts_reconciliation", "delete from t"),
    ("coverage_complete", "marts_reconciliation", "delete from t where CheckName = 'provider invoice net = raw'"),
    ("coverage_complete", "marts_coverage",
     "update t set BilledCost = BilledCost + money('0.000000000001') "
     "where Disposition = 'billed' and BilledCost = (select max(BilledCost) from t where Disposition = 'billed')"),
    ("coverage_complete", "marts_coverage", "delete from t where Disposition = 'quarantined'"),
    ("coverage_complete", "marts_coverage", "update t set Disposition = 'forgotten' where Disposition = 'absorbed'"),
    ("coverage_complete", "marts_coverage", "update t set Reason = null where Disposition = 'excluded'"),
    ("invoice_equals_lines", "marts_invoices",
     "update t set BilledCost = BilledCost + 0.01 where InvoiceId = (select min(InvoiceId) from t)"),
    ("invoice_equals_lines", "marts_invoices", "delete from t where InvoiceId = (select min(InvoiceId) from t)"),
    ("invoice_equals_lines", "marts_invoices",
     "insert into t select * from t where InvoiceId = (select min(InvoiceId) from t)"),
    ("invoice_equals_lines", "marts_invoice_lines",
     "delete from t where InvoiceDetailId = (select min(InvoiceDetailId) from t where BilledCost <> 0)"),
    ("conservation_per_edge", "marts_margin",
     "update t set Margin = Margin + money('0.01') where rowid = (select min(rowid) from t)"),
    ("conservation_per_edge", "marts_reconciliation",
     "update t set IsTied = false where CheckName = 'price = cost + margin'"),
    ("no_null_money", "marts_invoice_lines",
     "update t set ListCost = null where InvoiceDetailId = (select min(InvoiceDetailId) from t)"),
    ("no_null_money", "marts_invoices",
     "update t set BillingCurrency = null where InvoiceId = (select min(InvoiceId) from t)"),
    ("no_null_money", "marts_margin", "update t set PartnerBenefit = null"),
    ("no_null_money", "marts_daily_costs", "update t set ExactCost = null where ChargeDate = '2026-10-05'"),
    ("no_null_money", "marts_coverage", "update t set PartnerBenefitAmount = null where Disposition = 'excluded'"),
    ("sums_within_type", "marts_margin", "update t set Revenue = money('10000000000000'), Cost = 0, Margin = Revenue"),
    ("sums_within_type", "marts_daily_costs", "update t set ExactCost = exact('90000000000')"),
    ("line_ids_unique", "marts_invoice_lines",
     "insert into t select * from t where InvoiceDetailId = (select min(InvoiceDetailId) from t)"),
    ("rounding_residual_bounded", "marts_invoice_lines",
     "update t set BilledCost = BilledCost + case BillingCurrency when 'JPY' then 2 else 0.02 end "
     "where InvoiceDetailId = (select min(InvoiceDetailId) from t where BilledCost > 1)"),
    ("rounding_residual_bounded", "marts_invoice_lines", "update t set BillingCurrency = 'ZZZ'"),
    ("untied_invoices", "marts_reconciliation",
     "update t set Note = 'self-consistent, not tied: no control invoice' where CheckName = 'raw = focus'"),
    ("holds_present", "marts_holds", "insert into t select * from t"),
    ("commitments_shared_in_breach", "marts_commitment_sharing", SHARED.format("block")),
    ("commitments_shared", "marts_commitment_sharing", SHARED.format("warn")),
    ("focus_rules_examined", "marts_conformance", "delete from t where View = 'sell' and RuleId = 'M2-ListCost'"),
    ("focus_rules_of_charges", "marts_conformance",
     FINDING.format("buy", "M2-ListCost", "fail", "null", "null", "null")),
    ("focus_rules_of_charges", "marts_conformance",
     FINDING.format("sell", "M16-Order", "fail", "null", "null", "null")),
    ("focus_rules_of_bills", "marts_conformance",
     FINDING.format("sell", "M2-ListCost", "fail", "'a'", "'b'", "null")),
    ("focus_rules_warned", "marts_conformance", FINDING.format("buy", "M14-Credit", "warn", "null", "null", "null")),
    ("focus_rules_waived", "marts_conformance", FINDING.format("buy", "M3-Sku", "fail", "null", "null", "'known'")),
]  # fmt: skip


@pytest.fixture(scope="module")
def build_dir(billed: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the billed month's marts."""
    folder = tmp_path_factory.mktemp("gate") / "build"
    shutil.copytree(billed.build_dir(), folder)
    return folder


def test_the_untouched_build_fails_nothing(build_dir: Path) -> None:
    verdict = gates.judge(build_dir)
    assert verdict.status == "hold"
    assert verdict.failed == ()
    assert {check.name for check in verdict.warnings} - {"commitments_shared"} == {"holds_present"}
    assert all(result["success"] for result in verdict.results if result["severity"] == "critical")


def test_every_check_has_a_change_that_makes_it_speak() -> None:
    assert {check for check, _, _ in CHANGES} | {"estimates_present"} == set(SEVERITIES)


@pytest.mark.parametrize(("check", "mart", "change"), CHANGES)
def test_a_changed_figure_is_found(build_dir: Path, tmp_path: Path, check: str, mart: str, change: str) -> None:
    harmed = tmp_path / "build"
    shutil.copytree(build_dir, harmed)
    path = harmed / f"{mart}.parquet"
    with connect() as con:
        con.execute(f"create table t as select * from read_parquet('{path}', hive_partitioning = false)")
        count = con.execute(change).fetchone()
        assert count is not None
        assert count[0] > 0, "the change touches no row: it proves nothing"
        con.execute(f"copy t to '{path}' (format parquet)")
    before, after = gates.judge(build_dir), gates.judge(harmed)
    assert after.content_hash != before.content_hash
    if SEVERITIES[check] == "fail":
        assert check in {found.name for found in after.failed}
        assert after.status == "refuse"
    elif SEVERITIES[check] == "note":
        stated = {found.scope: found.violations for found in after.notes if found.name == check}
        assert stated["all"] == 2 + next(found.violations for found in before.notes if found.scope == "all")
        assert after.status == before.status
    else:
        assert check in {found.name for found in after.warnings}
        assert after.status == before.status


def test_an_estimate_is_stated(build_dir: Path) -> None:
    verdict = gates.judge(build_dir, ["aws 1 1"])
    assert {check.name for check in verdict.warnings} - {"commitments_shared"} == {"holds_present", "estimates_present"}
    assert verdict.status == "hold"


def test_a_missing_mart_is_named(build_dir: Path, tmp_path: Path) -> None:
    harmed = tmp_path / "build"
    shutil.copytree(build_dir, harmed)
    (harmed / "marts_coverage.parquet").unlink()
    with pytest.raises(RebillError, match=r"marts_coverage\.parquet.*build the period again"):
        gates.judge(harmed)
