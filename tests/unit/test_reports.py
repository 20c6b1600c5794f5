"""The reports of a month: what the marts say, for a person and for a machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pipelines import engine, printing, printing_reports
from pipelines.cli import app
from pipelines.errors import RebillError
from pipelines.gates import Verdict
from pipelines.gates.evidence import Check
from pipelines.money import Decimal
from tests.unit.publishing.month import PERIOD, make_month


def printed(show: object, report: object) -> str:
    console = Console(width=220, record=True)
    show(console, report)  # type: ignore[operator]
    return console.export_text()


def test_commitments_are_the_rows_of_the_marts(tmp_path: Path) -> None:
    make_month(tmp_path)
    report = engine.commitments(PERIOD, lake=tmp_path)
    (row,) = report.commitments
    assert (row["CommitmentDiscountId"], row["Used"], row["Margin"]) == (
        "commitment/sibling-1",
        Decimal(60),
        Decimal(10),
    )
    assert [(row["OwnerTenantId"], row["ConsumerTenantId"]) for row in report.sharing] == [("direct", "other")]
    shown = printed(printing_reports.commitments, report)
    for words in (
        "sibling-1",
        "as_applied",
        "to 2027-04-30",
        "no upfront",
        "66.7 %",
        "30.00 EUR",
        "allowed",
        "20.00 EUR",
    ):
        assert words in shown


def test_a_commitment_without_purchase_says_so(tmp_path: Path) -> None:
    change = "update marts_commitments set IsCostKnown = false, Saving = null, Utilisation = null;"
    make_month(tmp_path, change + "delete from marts_commitment_sharing;")
    shown = printed(printing_reports.commitments, engine.commitments(PERIOD, lake=tmp_path))
    assert "purchase unknown" in shown
    assert "no commitment reached more than one end customer" in shown


def test_benefits_show_what_was_left_on_the_table(tmp_path: Path) -> None:
    make_month(tmp_path)
    report = engine.benefits(PERIOD, lake=tmp_path)
    (total,) = report.totals
    assert (total["EarnedAmount"], total["MissedAmount"], total["SharedAmount"]) == (15, Decimal("3.75"), 5)
    shown = printed(printing_reports.benefits, report)
    for words in ("PEC", "15.00 EUR", "3.75 EUR", "name of sub-direct-0", "Left on the table"):
        assert words in shown


def test_a_month_without_either_says_so(tmp_path: Path) -> None:
    make_month(tmp_path, "delete from marts_commitments; delete from marts_partner_benefits;")
    commitments, benefits = engine.commitments(PERIOD, lake=tmp_path), engine.benefits(PERIOD, lake=tmp_path)
    assert "no commitment" in printed(printing_reports.commitments, commitments)
    assert "no partner benefit" in printed(printing_reports.benefits, benefits)


@pytest.mark.parametrize(("verb", "key", "count"), [("commitments", "sharing", 1), ("benefits", "totals", 1)])
def test_machines_get_every_column(tmp_path: Path, verb: str, key: str, count: int) -> None:
    make_month(tmp_path)
    result = CliRunner().invoke(app, [verb, "2026-10", "--lake", str(tmp_path), "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert len(found[key]) == count
    assert all(isinstance(value, str) for row in found[key] for name, value in row.items() if name.endswith("Amount"))


def test_a_month_without_a_build_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(RebillError, match="rebill build 2026-10"):
        engine.commitments("2026-10", lake=tmp_path)
    assert CliRunner().invoke(app, ["benefits", "2026-10", "--lake", str(tmp_path)]).exit_code == 2


def test_the_verdict_names_shared_commitments_and_both_tenants() -> None:
    measured = "owned by acme, used by beta from 2026-10-02 to 2026-10-30: 744 charges, 12.5 USD saved"
    name = "commitments_shared_in_breach"
    breach = [Check(name, f"aws plan-{number} of acme USD", "fail", 1, measured, None) for number in range(12)]
    shown = printed(printing.verdict, Verdict("0", "refuse", failed=(*breach,)))
    assert shown.count("in breach aws plan-") == printing.SHARED_SHOWN
    assert "and 2 more" in shown
    assert "owned by acme, used by beta" in shown
