"""The report on FOCUS rules in a terminal: what blocks, what warns, what is waived, what was not looked at."""

from __future__ import annotations

import io

from rich.console import Console

from pipelines.conformance import Finding
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.printing_conformance import conformance
from pipelines.reports import ConformanceReport

HOLDS = {"M1-Costs": "Costs stand.", "M2-ListCost": "Price x quantity is the cost.", "M3-Sku": "SKUs stand."}
KEPT = Finding("buy", "M1-Costs", "fail", checked=9)
BROKEN = Finding("sell", "M2-ListCost", "fail", "acme", None, "north", "south", "EUR", 9, 2, None, Decimal(5), "line 7")
WAIVED = Finding("buy", "M3-Sku", "fail", "acme", "unit", None, None, "EUR", 9, 4, "acme * M3-Sku: none", Decimal(5))


def shown(*findings: Finding) -> str:
    stream = io.StringIO()
    conformance(Console(file=stream, width=160), ConformanceReport(BillingPeriod("2026-10"), HOLDS, findings))
    return stream.getvalue()


def test_what_blocks_is_named_with_its_bill_and_its_sentence() -> None:
    text = shown(KEPT, BROKEN, WAIVED)
    assert "north > south (acme)" in text
    assert "line 7" in text
    assert "blocks" in text
    assert "M2-ListCost: Price x quantity is the cost." in text
    assert "1 rules hold without exception, in charges and bills" in text


def test_what_is_waived_is_counted_with_its_reason() -> None:
    text = shown(KEPT, WAIVED)
    assert "acme * M3-Sku: none" in text
    assert "blocks" not in text


def test_bills_that_nobody_built_are_not_called_sound() -> None:
    assert "bills were not looked at" in shown(KEPT)
    assert "bills were not looked at" not in shown(KEPT, BROKEN)
