"""The invoice control file: read exactly, refused as a whole, kept invoice by invoice."""

from __future__ import annotations

import pytest

from pipelines.errors import BadDelivery
from pipelines.providers import controls
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk

GOOD = ("I1", "A", "AWS", "2026-10", "USD", "100.000000000000000001", "19", "119.000000000000000001")


def test_amounts_keep_all_their_digits(desk: Desk) -> None:
    path = drops.control(desk.drop, "aws", GOOD)
    assert controls.record(desk.ledger, "aws", path) == 1
    [invoice] = desk.ledger.control_invoices("2026-10")
    assert (invoice["net"], invoice["total"]) == ("100.000000000000000001", "119.000000000000000001")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("I1", "A", "AWS", "2026-10", "USD", "100", "19", "120"), "do not make total"),
        (("I1", "A", "AWS", "2026-10", "USD", "1e", "0", "1"), "not a decimal number"),
        (("I1", "A", "AWS", "October", "USD", "1", "0", "1"), "not a month"),
        (("", "A", "AWS", "2026-10", "USD", "1", "0", "1"), "invoice_id is empty"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(desk: Desk, row: tuple[str, ...], said: str) -> None:
    path = drops.control(desk.drop, "aws", GOOD, row)
    with pytest.raises(BadDelivery, match=said) as caught:
        controls.read(path)
    assert caught.value.problems[0].line == 3


def test_an_invoice_twice_and_a_missing_column_are_refused(desk: Desk) -> None:
    with pytest.raises(BadDelivery, match="listed twice"):
        controls.read(drops.control(desk.drop, "aws", GOOD, GOOD))
    path = desk.drop / "short.csv"
    path.write_text("invoice_id,net\n1,2\n")
    with pytest.raises(BadDelivery) as caught:
        controls.read(path)
    assert len(caught.value.problems) == 6


def test_files_of_two_drops_add_up_and_a_later_one_corrects(desk: Desk) -> None:
    controls.record(desk.ledger, "aws", drops.control(desk.drop / "1", "aws", GOOD))
    other = ("I2", *GOOD[1:])
    corrected = (*GOOD[:5], "100", "0", "100")
    controls.record(desk.ledger, "aws", drops.control(desk.drop / "2", "aws", other, corrected))
    found = {row["invoice_id"]: row["net"] for row in desk.ledger.control_invoices("2026-10")}
    assert found == {"I1": "100", "I2": GOOD[5]}


def test_a_bad_control_file_is_reported_and_harms_no_unit(desk: Desk) -> None:
    drops.cur2(desk.drop, [drops.aws_line()])
    drops.control(desk.drop, "aws", (*GOOD[:7], "1"))
    report = desk.ingest()
    assert "do not make total" in str(report.refusals[0])
    assert [unit.status for unit in report.units] == ["new"]
