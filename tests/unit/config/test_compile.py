"""Compiled tables of a two-tier tree in which a customer changes its reseller mid-month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import config
from pipelines.config.tables import TABLES
from pipelines.errors import BadConfig
from pipelines.lake import Lake
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

Edit = Callable[[str, str, str], None]
ALWAYS, TENTH, SIXTEENTH = date(1900, 1, 1), date(2026, 10, 10), date(2026, 10, 16)
ONE = Decimal(1)
NO_VERSIONS_NO_DATES = ("", None, date(9999, 12, 31))
NO_POLICY = (Decimal(0), "credit_line", "as_applied", None, None, "as_invoiced")


def compiled(directory: Path, lake: Path, **changes: Any) -> config.CompiledConfig:
    request: dict[str, Any] = {
        "period": BillingPeriod("2026-10"),
        "charge_min": date(2026, 10, 1),
        "charge_max": date(2026, 10, 31),
        "billing_currencies": ["EUR", "USD"],
    }
    return config.compile_config(config.load(directory), Lake(lake), **{**request, **changes})


def read(result: config.CompiledConfig, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pq.ParquetFile(result.path / f"{name}.parquet").read().to_pylist()]


@pytest.fixture
def result(directory: Path, tmp_path: Path) -> config.CompiledConfig:
    return compiled(directory, tmp_path / "lake")


def test_segments(result: config.CompiledConfig) -> None:
    assert read(result, "segments") == [
        (ALWAYS, TENTH, False),
        (TENTH, SIXTEENTH, False),
        (SIXTEENTH, date(9999, 12, 31), False),
    ]


def test_edges_follow_the_move_and_its_currencies(result: config.CompiledConfig) -> None:
    north = [("dist", "north", "d-north", "wholesale", "EUR", ONE), ("north", "acme", "n-acme", "retail", "EUR", ONE)]
    gulf = [
        ("dist", "gulf", "d-gulf", "wholesale", "USD", ONE),
        ("gulf", "acme", "g-acme", "retail", "KWD", Decimal("0.306748466258")),
    ]
    expected = [
        ("acme", start, depth, 2, *edge, edge[-1], edge[-1])
        for start, path in ((ALWAYS, north), (TENTH, north), (SIXTEENTH, gulf))
        for depth, edge in enumerate(path, start=1)
    ]
    assert [row for row in read(result, "tenant_edges") if row[0] == "acme"] == expected
    assert {row[0] for row in read(result, "tenant_edges")} == {"acme", "direct", "gulf", "north"}


def test_links_are_lower_case_dated_and_specific(result: config.CompiledConfig) -> None:
    links = read(result, "account_links")
    assert ("azure", "customer", "acme-guid", ALWAYS, "acme", True, 5) in links
    assert ("azure", "billing_account", "p-1", TENTH, "dist", False, 6) in links
    assert [row[3:] for row in links if row[2] == "sub-1/rg-web"] == [
        (TENTH, "direct", True, 3),
        (SIXTEENTH, "direct", True, 3),
    ]
    assert len(links) == 11


def test_contracts_name_the_parties_and_the_grid(result: config.CompiledConfig) -> None:
    rows = {row[0]: row[1:] for row in read(result, "contracts")}
    assert rows["d-direct"] == (
        "dist",
        "direct",
        "EUR",
        2,
        "half_even",
        "sku",
        "at_cost",
        "pass",
        "table",
        ONE,
        "whole",
        *NO_POLICY,
        "Net 14",
        "PO-7",
        "Distributor SE",
        "Direct Ltd",
        "EUR",
        ONE,
        *NO_VERSIONS_NO_DATES,
    )
    assert rows["d-gulf"] == (
        "dist",
        "gulf",
        "USD",
        2,
        "half_up",
        "sku",
        "exclude",
        "keep",
        "table",
        ONE,
        "whole",
        *NO_POLICY,
        "Net 30",
        None,
        "Distributor SE",
        "Gulf Cloud",
        "EUR",
        Decimal("0.854700854701"),
        *NO_VERSIONS_NO_DATES,
    )
    assert rows["g-acme"][2:4] == ("KWD", 3)


def test_exchange_rates_are_direct_or_inverted_once(result: config.CompiledConfig) -> None:
    edges = {row[:2]: row[2] for row in read(result, "edge_fx")}
    assert edges["d-gulf", "EUR"] == Decimal("1.17")
    assert edges["g-acme", "USD"] == Decimal("0.306748466258")
    assert edges["n-acme", "EUR"] == ONE
    assert len(edges) == 10
    assert read(result, "home_fx") == [
        ("dist", "EUR", ONE),
        ("dist", "USD", Decimal("0.854700854701")),
        ("gulf", "KWD", ONE),
        ("gulf", "USD", Decimal("0.306748466258")),
        ("north", "EUR", ONE),
    ]


def test_a_rule_counts_in_its_segments_only(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("plans/standard.yaml", "percent: 4\n", "percent: 4\n    valid_to: 2026-10-10\n")
    rules = read(compiled(directory, tmp_path / "lake"), "price_rules")
    assert [row[1] for row in rules if row[2] == "rest"] == [ALWAYS]


def test_types_are_those_the_models_expect(result: config.CompiledConfig) -> None:
    exact = pa.decimal128(38, 12)
    schema = {name: pq.read_schema(result.path / f"{name}.parquet") for name in TABLES}
    assert schema["tenant_edges"].field("FxFromParent").type == exact
    assert schema["tenant_edges"].field("Depth").type == schema["price_rules"].field("RuleOrder").type == pa.int32()
    assert schema["segments"].field("SegmentStart").type == pa.date32()
    assert schema["account_links"].field("CoversNarrower").type == pa.bool_()
    rates = [
        schema["edge_fx"].field("FxRate"),
        schema["home_fx"].field("FxRate"),
        schema["contracts"].field("FxToSellerHome"),
    ]
    factors = [field for field in schema["price_rules"] if field.name.startswith("Factor") or field.name == "UnitPrice"]
    assert {field.type for field in (*rates, *factors)} == {exact}
    assert len(factors) == 5
    assert schema["currencies"].names == ["Currency", "MinorUnits"]


def test_the_same_inputs_are_compiled_once(directory: Path, tmp_path: Path, result: config.CompiledConfig) -> None:
    before = {path: path.stat().st_mtime_ns for path in result.path.iterdir()}
    assert compiled(directory, tmp_path / "lake", billing_currencies=["USD", "EUR", "USD"]) == result
    assert {path: path.stat().st_mtime_ns for path in result.path.iterdir()} == before
    assert [path.name for path in result.path.parent.iterdir()] == [result.path.name]


def test_other_lakes_get_the_same_bytes(directory: Path, tmp_path: Path, result: config.CompiledConfig) -> None:
    other = compiled(directory, tmp_path / "other")
    assert {path.name: path.read_bytes() for path in other.path.iterdir()} == {
        path.name: path.read_bytes() for path in result.path.iterdir()
    }


def test_segments_are_cut_to_the_charge_dates(directory: Path, tmp_path: Path, result: config.CompiledConfig) -> None:
    late = compiled(directory, tmp_path / "lake", charge_min=SIXTEENTH)
    assert read(late, "segments") == [(ALWAYS, date(9999, 12, 31), False)]
    assert {row[5] for row in read(late, "tenant_edges") if row[0] == "acme"} == {"gulf", "acme"}
    assert late.path != result.path
    assert late.spec_hash != result.spec_hash
    assert "n-acme" not in {row[0] for row in read(late, "contracts")}


def test_an_edge_without_a_contract_is_there_without_terms(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("contracts.csv", "d-gulf,dist,gulf,USD,wholesale,,,,,,,,,,\n", "")
    edges = read(compiled(directory, tmp_path / "lake"), "tenant_edges")
    assert [row[4:] for row in edges if row[0] == "acme" and row[1] == SIXTEENTH] == [
        ("dist", "gulf", None, None, None, ONE, ONE, ONE),
        ("gulf", "acme", "g-acme", "retail", "KWD", None, None, None),
    ]


def test_a_tenant_without_a_path_has_no_links(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("tenants.csv", "direct,Direct Ltd,customer,dist,,,", "direct,Direct Ltd,customer,dist,,,2026-10-16")
    edit("account_links.csv", "2026-10-10,\n", "2026-10-10,2026-10-16\n")
    result = compiled(directory, tmp_path / "lake")
    assert {row[3] for row in read(result, "account_links") if row[4] == "direct"} == {ALWAYS, TENTH}
    assert {row[1] for row in read(result, "tenant_edges") if row[0] == "direct"} == {ALWAYS, TENTH}


def test_every_missing_rate_is_named_and_nothing_is_left(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("fx_rates.csv", "2026-10,EUR,USD", "2026-09,EUR,USD")
    edit("fx_rates.csv", "2026-10,KWD,USD", "2026-09,KWD,USD")
    with pytest.raises(BadConfig) as refusal:
        compiled(directory, tmp_path / "lake")
    assert [problem.what for problem in refusal.value.problems] == [
        "no rate from EUR to USD for 2026-10, needed by contract d-gulf",
        "no rate from USD to EUR for 2026-10, needed by contract d-direct",
        "no rate from USD to KWD for 2026-10, needed by contract g-acme",
    ]
    assert list((tmp_path / "lake/rated/config").iterdir()) == []


def test_impossible_requests_are_refused(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as refusal:
        compiled(directory, tmp_path, charge_min=date(2026, 11, 1), billing_currencies=["EUR", "EURO"])
    assert len(refusal.value.problems) == 2
