"""Findings on slices as an asset check: what blocks is an error, what warns a warning, what is waived is counted."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg

from pipelines.conformance import Finding
from pipelines.money import Decimal
from pipelines.orchestration.assets import SLICES
from pipelines.orchestration.build import build_defs
from pipelines.orchestration.conformance import NAME, result_of

KEPT = Finding("buy", "M1-Costs", "fail", checked=9)
BROKEN = Finding(
    "buy", "M2-ListCost", "fail", "acme", "payer I-1", currency="EUR", checked=9, violations=2, amount=Decimal("1.5"),
    example="part-1.csv row 4",
)  # fmt: skip
WARNED = replace(BROKEN, rule="M14-Credit", severity="warn")
WAIVED = replace(BROKEN, rule="M3-Sku", waived_by="acme M3-Sku: the export has none")


def test_sound_slices_pass_and_say_how_much_is_waived() -> None:
    found = result_of([KEPT, WAIVED])
    assert found.passed
    assert found.metadata["rows waived"].value == 2
    assert found.metadata["waived"].records[0].data["waived by"] == WAIVED.waived_by
    assert "failing rules" not in found.metadata


def test_a_broken_rule_is_an_error_with_its_place_and_example() -> None:
    found = result_of([KEPT, BROKEN, WARNED])
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert "M2-ListCost" in str(found.description)
    shown = found.metadata["failing rules"].records[0].data
    assert (shown["where"], shown["violations"], shown["amount"], shown["example"]) == (
        "acme payer I-1", 2, "1.50 EUR", "part-1.csv row 4",
    )  # fmt: skip


def test_a_warning_lets_pass_what_follows() -> None:
    found = result_of([WARNED])
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_the_check_stands_on_the_slices_and_blocks() -> None:
    graph = build_defs().resolve_asset_graph()
    spec = graph.get_check_spec(dg.AssetCheckKey(SLICES, NAME))
    assert spec.blocking
