"""An AWS bill of several invoices against the control file: it ties to zero without any plug, or nothing goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake import connect
from pipelines.money import Decimal
from tests.integration.desk import Desk
from tests.integration.small import write_config
from tests.support.compiled import compile_project
from tests.unit.providers import drops
from tests.unit.providers.drops import PAYER, aws_line

MARKET = {"bill_invoice_id": "2501", "bill_billing_entity": "AWS Marketplace"}
LINES = [
    aws_line(cost="70.000000000001", bill_invoicing_entity="Amazon Web Services EMEA SARL"),
    aws_line(cost="30.5", bill_invoicing_entity="Amazon Web Services EMEA SARL"),
    aws_line("Tax", "19.09", bill_invoicing_entity="Amazon Web Services EMEA SARL"),
    aws_line("Fee", "50.25", bill_invoicing_entity="Amazon Web Services, Inc.", **MARKET),
]
ESTIMATE = aws_line(cost="7.77", bill_invoice_id=None)
USAGE = ("INV1", PAYER, "AWS EMEA SARL", "2026-10", "USD", "100.500000000001", "19.09", "119.590000000001")
SOFTWARE = ("2501", PAYER, '"Amazon Web Services, Inc."', "2026-10", "USD", "50.25", "0", "50.25")
BILL = "169.840000000001"
Ties = dict[tuple[str, str], tuple[Decimal, Decimal]]


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    project = compile_project(tmp_path_factory.mktemp("compiled"))
    with pytest.MonkeyPatch.context() as patch:
        project.stand_in(patch)
        yield


def ties(root: Path, lines: list[dict[str, Any]], *controls: tuple[str, ...]) -> tuple[Desk, Ties]:
    """Bill the lines; (check, last word of the scope) -> expected and actual, of the provider's checks."""
    desk = Desk(root)
    drops.cur2(desk.deliveries, lines)
    drops.control(desk.deliveries, "aws", *controls)
    write_config(desk.config, {"shop": "half_up"}, [("aws", "sub_account", "444455556666", "shop")])
    desk.run()
    query = f"select CheckName, Scope, Expected, Actual from '{desk.build_dir() / 'marts_reconciliation.parquet'}'"
    with connect() as con:
        rows = con.execute(f"{query} where CheckName like 'provider %'").fetchall()
    return desk, {(name, scope.rpartition(" / ")[2]): (expected, actual) for name, scope, expected, actual in rows}


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def test_two_invoices_of_two_issuers_tie_apart_and_together(tmp_path: Path) -> None:
    desk, found = ties(tmp_path, LINES, USAGE, SOFTWARE)
    assert found == {
        ("provider invoice net = raw", "INV1"): amounts("100.500000000001", "100.500000000001"),
        ("provider invoice tax = raw", "INV1"): amounts("19.09", "19.09"),
        ("provider invoice net = raw", "2501"): amounts("50.25", "50.25"),
        ("provider invoice tax = raw", "2501"): amounts("0", "0"),
        ("provider bill = raw", PAYER): amounts(BILL, BILL),
    }
    assert desk.bills() != {}


def test_a_difference_in_the_last_digit_is_shown_and_nothing_goes_out(tmp_path: Path) -> None:
    wrong = (*USAGE[:5], "100.500000000002", "19.09", "119.590000000002")
    desk, found = ties(tmp_path, LINES, wrong, SOFTWARE)
    assert found["provider invoice net = raw", "INV1"] == amounts("100.500000000002", "100.500000000001")
    assert found["provider bill = raw", PAYER] == amounts("169.840000000002", BILL)
    assert desk.bills() == {}
    assert desk.status()["verdict"] == "refused"


def test_an_invoice_that_the_control_file_lacks_shows_in_the_bill(tmp_path: Path) -> None:
    desk, found = ties(tmp_path, LINES, USAGE)
    assert found["provider bill = raw", PAYER] == amounts("119.590000000001", BILL)
    assert desk.bills() == {}


def test_an_invoice_without_lines_shows_in_full(tmp_path: Path) -> None:
    lost = ("INV9", PAYER, "Amazon Web Services EMEA SARL", "2026-10", "USD", "12", "0", "12")
    desk, found = ties(tmp_path, LINES, USAGE, SOFTWARE, lost)
    assert found["provider invoice net = raw", "INV9"] == amounts("12", "0")
    assert found["provider bill = raw", PAYER] == amounts("181.840000000001", BILL)
    assert desk.bills() == {}


def test_lines_without_an_invoice_are_an_estimate_and_no_difference(tmp_path: Path) -> None:
    desk, found = ties(tmp_path, [*LINES, ESTIMATE], USAGE, SOFTWARE)
    assert found["provider invoice net = raw", "(no invoice yet)"] == amounts("7.77", "7.77")
    assert found["provider invoice net = raw", "INV1"] == amounts("100.500000000001", "100.500000000001")
    assert found["provider bill = raw", PAYER] == amounts(BILL, BILL)
    assert desk.status()["verdict"] != "refused"


def test_a_bill_without_any_invoice_id_ties_to_its_control(tmp_path: Path) -> None:
    _, found = ties(tmp_path, [ESTIMATE], (*USAGE[:5], "7.77", "0", "7.77"))
    assert found["provider invoice net = raw", "INV1"] == amounts("7.77", "7.77")
    assert found["provider bill = raw", PAYER] == amounts("7.77", "7.77")
