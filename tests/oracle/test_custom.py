"""The oracle by hand: custom lines, their subtotals, balances."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth_model import Balance
from tests.oracle.worlds import Record, World, chain, row, rule

LIST = rule("list", "discount", basis="list", percent="0")


def line(name: str, kind: str, **fields: str) -> Record:
    return {"line": name, "contract": "C1", "name": name, "kind": kind} | fields


def world(lines: list[Record], *rows: dict[str, str | None], subtotals: list[Record] | None = None) -> World:
    more = {"custom_lines": lines, "subtotals": subtotals or []}
    charges = list(rows) or [row("100"), row("20.005", ServiceName="Storage", ServiceCategory="Storage")]
    found = chain([LIST], [LIST], rows=charges, more=more)
    if not subtotals:
        del found.records["subtotals"]
    return found


def custom(found: World, folder: Path) -> dict[tuple[str | None, str], Decimal]:
    lines = found.truth(folder).lines
    return {(key.custom_line, key.tenant): line.billed for key, line in lines.items() if key.custom_line}


@pytest.mark.parametrize(
    ("record", "billed"),
    [
        (line("f", "fee", amount="12.345", quantity="2"), "24.69"),
        (line("f", "fee", amount="10", currency="USD"), "8.00"),
        (line("f", "credit_note", amount="3"), "-3"),
        # 120.01 is the sum of the rounded lines 100.00 and 20.01
        (line("f", "support", percent="10"), "12.00"),
        (line("f", "credit_note", percent="50"), "-60.01"),
        (line("f", "minimum", amount="150"), "29.99"),
        (line("f", "minimum", amount="100"), "0"),
        # 11 of 31 days
        (line("f", "fee", amount="31", prorate="daily", valid_from="2026-10-21"), "11"),
        (line("f", "fee", amount="31", valid_from="2026-10-21"), "31"),
        (line("f", "minimum", amount="620", prorate="daily", valid_to="2026-10-11"), "79.99"),
        (line("f", "fee", amount="5", frequency="once", on="2026-10-31"), "5"),
    ],
)
def test_one_line(tmp_path: Path, record: Record, billed: str) -> None:
    assert custom(world([record]), tmp_path) == {("f", "res"): Decimal(billed)}


@pytest.mark.parametrize(
    "record",
    [
        line("f", "fee", amount="5", frequency="once", on="2026-11-01"),
        line("f", "fee", amount="5", valid_from="2026-11-01"),
        line("f", "fee", amount="5", valid_to="2026-10-01"),
    ],
)
def test_not_in_force(tmp_path: Path, record: Record) -> None:
    assert custom(world([record]), tmp_path) == {}


def test_per_customer(tmp_path: Path) -> None:
    lines = [
        line("each", "support", **{"for": "each_customer", "percent": "10"}),
        line("some", "fee", **{"for": "cus; res", "amount": "1"}),
        line("all", "support", percent="10", of="each-and-charges"),
    ]
    subtotals = [{"subtotal": "each-and-charges", "lines": ["each", "some"]}]
    own = {"provider": "azure", "scope": "sub_account", "scope_id": "acc-res", "tenant": "res"}
    found = world(lines, row("100"), row("50", SubAccountId="acc-res"), subtotals=subtotals)
    found.records["account_links"].append(own)
    assert custom(found, tmp_path) == {
        ("each", "cus"): 10,
        ("each", "res"): 5,
        ("some", "cus"): 1,
        ("some", "res"): 1,
        ("all", "res"): Decimal("16.7"),
    }


@pytest.mark.parametrize(
    ("subtotal", "billed"),
    [
        ({"match": {"service_category": "storage"}}, "2"),
        ({"match": {"provider": "azure", "service": "Virtual Machines"}}, "10"),
        ({"match": {"sku": "none"}}, "0"),
        ({"charges": "false", "lines": ["base"]}, "0.7"),
        ({"match": {"charge_category": "Usage"}, "lines": ["base"]}, "12.7"),
    ],
)
def test_subtotals(tmp_path: Path, subtotal: Record, billed: str) -> None:
    """A line that stands first in the file may add up one that stands after it."""
    lines = [line("ten", "support", percent="10", of="s"), line("base", "fee", amount="7")]
    found = world(
        lines,
        row("100"),
        row("20", ServiceName="Storage", ServiceCategory="Storage"),
        subtotals=[{"subtotal": "s"} | subtotal],
    )
    assert custom(found, tmp_path)["ten", "res"] == Decimal(billed)


def balance(name: str, kind: str, amount: str, start: str, end: str, **fields: str) -> Record:
    base = {"balance": name, "contract": "C1", "kind": kind, "amount": amount, "currency": "EUR"}
    return base | {"valid_from": start, "valid_to": end, "opening": "", "opening_period": ""} | fields


def test_balances(tmp_path: Path) -> None:
    """Charges of 120: the prepaid that ends first pays 30, the next the other 90 of its 200."""
    balances = [
        balance("long", "prepaid", "200", "2026-10-01", "2027-10-01"),
        balance("short", "prepaid", "50", "2026-01-01", "2026-12-01", opening="30", opening_period="2026-10"),
        balance("term", "commitment", "1000", "2025-11-01", "2026-11-01", opening="800", opening_period="2026-10"),
        balance("open", "commitment", "1000", "2026-10-01", "2027-10-01"),
    ]
    found = world([], row("120"))
    found.records["balances"] = balances
    truth = found.truth(tmp_path)
    assert {name: (b.opening, b.moved, b.closing) for name, b in truth.balances.items()} == {
        "short": (30, -30, 0),
        "long": (200, -90, 110),
        "term": (800, 120, 920),
        "open": (0, 120, 120),
    }
    assert isinstance(truth.balances["open"], Balance)
    billed = {(key.custom_line, key.category): line.billed for key, line in truth.lines.items() if key.custom_line}
    assert billed == {("short", "Credit"): -30, ("long", "Credit"): -90, ("term", "Purchase"): 80}


def test_a_balance_without_an_opening_is_refused(tmp_path: Path) -> None:
    found = world([], row("120"))
    found.records["balances"] = [balance("b", "prepaid", "50", "2026-01-01", "2026-12-01")]
    with pytest.raises(ValueError, match="nothing says"):
        found.truth(tmp_path)
