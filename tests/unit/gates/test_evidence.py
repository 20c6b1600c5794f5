from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import RebillError
from pipelines.gates.evidence import SEVERITIES, measure
from tests.unit.publishing.month import make_month

HOLD = (
    "insert into marts_holds values ('direct', 'op', 'direct', 'unlinked account', 'p', 'sub_account', 's', 'EUR', "
    "1, 1, 'link sub_account s to a tenant')"
)
DEFECTS = {
    "untied proof": (
        "update marts_reconciliation set Actual = Actual + 1, Difference = 1, IsTied = false "
        "where CheckName = 'raw = focus'",
        {"proof_all_tied", "coverage_complete"},
    ),
    "a tie that hides a difference": (
        "update marts_reconciliation set Difference = 0.000001",
        {"proof_all_tied", "coverage_complete", "conservation_per_edge"},
    ),
    "a difference that the row does not own up to": (
        "update marts_reconciliation set Actual = Actual + 0.01 where CheckName = 'price = cost + margin'",
        {"proof_all_tied", "conservation_per_edge"},
    ),
    "no proof": ("delete from marts_reconciliation", {"proof_all_tied", "coverage_complete"}),
    "a proof without coverage": (
        "delete from marts_reconciliation where CheckName = 'focus = coverage'",
        {"coverage_complete"},
    ),
    "cost nobody answers for": (
        "update marts_coverage set BilledCost = BilledCost - 0.000000000001",
        {"coverage_complete"},
    ),
    "an unknown disposition": ("update marts_coverage set Disposition = 'lost'", {"coverage_complete"}),
    "an invoice that is not its lines": (
        "update marts_invoices set BilledCost = BilledCost + 0.01",
        {"invoice_equals_lines"},
    ),
    "a line on no invoice": ("delete from marts_invoices where BuyerTenantId = 'res'", {"invoice_equals_lines"}),
    "a doubled invoice": (
        "insert into marts_invoices from marts_invoices where BuyerTenantId = 'res'",
        {"invoice_equals_lines"},
    ),
    "a margin out of nothing": ("update marts_margin set Margin = Margin + 1", {"conservation_per_edge"}),
    "an edge that buys other than it sells": (
        "update marts_reconciliation set IsTied = false where CheckName = 'bought = sold on'",
        {"conservation_per_edge", "proof_all_tied"},
    ),
    "a line without an amount": (
        "update marts_invoice_lines set ListCost = null where BuyerTenantId = 'res'",
        {"no_null_money"},
    ),
    "a margin without a cost": ("update marts_margin set Cost = null, Margin = null", {"no_null_money"}),
    "an amount near the edge of its type": (
        "update marts_daily_costs set ExactCost = 9999999999999 where BuyerTenantId = 'res'",
        {"sums_within_type"},
    ),
    "a repeated line": (
        "insert into marts_invoice_lines select * replace (0 as BilledCost, 0 as ExactCost) "
        "from marts_invoice_lines limit 1",
        {"line_ids_unique"},
    ),
    "a line rounded by more than half a unit": (
        "update marts_invoice_lines set ExactCost = BilledCost - 0.0050000001; "
        "update marts_invoices i set ExactCost = s.e, RoundingResidual = s.e - BilledCost from (select InvoiceId, "
        "sum(ExactCost) as e from marts_invoice_lines group by InvoiceId) as s where i.InvoiceId = s.InvoiceId",
        {"rounding_residual_bounded"},
    ),
    "a half-up line rounded toward zero": (
        "update marts_invoice_lines set ExactCost = BilledCost + 0.0099; update marts_invoices i set ExactCost = s.e, "
        "RoundingResidual = s.e - BilledCost from (select InvoiceId, sum(ExactCost) as e from marts_invoice_lines "
        "group by InvoiceId) as s where i.InvoiceId = s.InvoiceId",
        {"rounding_residual_bounded"},
    ),
    "a currency that does not exist": (
        "update marts_invoice_lines set BillingCurrency = 'EUX' where BuyerTenantId = 'res'",
        {"rounding_residual_bounded"},
    ),
    "a hold": (HOLD, {"holds_present"}),
    "a commitment that reaches two customers in breach of a rule": (
        "update marts_commitment_sharing set Severity = 'block'",
        {"commitments_shared_in_breach"},
    ),
    "a commitment that reaches two customers against a warning": (
        "update marts_commitment_sharing set Severity = 'warn'",
        {"commitments_shared"},
    ),
    "an invoice without a control": (
        "update marts_reconciliation set Note = 'self-consistent, not tied: no control invoice' "
        "where CheckName = 'provider invoice net = raw'",
        {"untied_invoices"},
    ),
}


def violated(root: Path, change: str = "", estimates: tuple[str, ...] = ()) -> set[str]:
    return {check.name for check in measure(make_month(root, change).build, estimates) if check.violations}


def test_a_sound_month_violates_nothing_and_every_check_is_measured(tmp_path: Path) -> None:
    checks = measure(make_month(tmp_path).build)
    assert [check for check in checks if check.violations] == []
    assert {check.name for check in checks} == set(SEVERITIES)
    assert all(check.measured for check in checks)


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_each_defect_is_measured_by_its_check_and_no_other(tmp_path: Path, name: str) -> None:
    change, expected = DEFECTS[name]
    assert violated(tmp_path, change + ";") == expected


def test_slices_that_are_not_final_are_a_warning(tmp_path: Path) -> None:
    assert violated(tmp_path, estimates=("p account unit",)) == {"estimates_present"}
    assert SEVERITIES["estimates_present"] == "warn"


def test_a_commitment_that_reaches_one_customer_breaks_no_rule(tmp_path: Path) -> None:
    change = "update marts_commitment_sharing set Severity = 'block', IsShared = false, CustomerCount = 1;"
    assert violated(tmp_path, change) == set()


def test_a_shared_commitment_is_named_with_its_owner_and_its_consumer(tmp_path: Path) -> None:
    change = "update marts_commitment_sharing set Severity = 'block';"
    found = [check for check in measure(make_month(tmp_path, change).build) if check.violations]
    assert [(check.scope, check.violations) for check in found] == [
        ("all", 1),
        ("p commitment/sibling-1 of direct EUR", 1),
    ]
    assert found[1].measured == (
        "owned by direct, used by other from 2026-10-03 to 2026-10-30: 12 charges, 20 EUR saved"
    )


def test_rounding_toward_zero_may_move_almost_a_unit(tmp_path: Path) -> None:
    change = (
        "update marts_invoice_lines set RoundingMode = 'down', ExactCost = BilledCost + 0.0099; "
        "update marts_invoices i set ExactCost = s.e, RoundingResidual = s.e - BilledCost from ("
        "select InvoiceId, sum(ExactCost) as e from marts_invoice_lines group by InvoiceId"
        ") as s where i.InvoiceId = s.InvoiceId;"
    )
    assert violated(tmp_path, change) == set()


def test_an_empty_month_is_still_measured_by_every_check(tmp_path: Path) -> None:
    change = "".join(f"delete from marts_{name};" for name in ("invoice_lines", "invoices", "margin", "daily_costs"))
    assert {check.name for check in measure(make_month(tmp_path, change).build)} == set(SEVERITIES)


def test_every_missing_mart_is_named(tmp_path: Path) -> None:
    month = make_month(tmp_path)
    (month.build / "marts_margin.parquet").unlink()
    (month.build / "marts_holds.parquet").unlink()
    with pytest.raises(RebillError) as caught:
        measure(month.build)
    assert {problem.file.split("/")[-1] for problem in caught.value.problems} == {
        "marts_margin.parquet",
        "marts_holds.parquet",
    }
