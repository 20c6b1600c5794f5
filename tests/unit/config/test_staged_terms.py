"""Contract terms and tag links as they reach rating."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import config
from pipelines.errors import BadConfig
from pipelines.money import Decimal
from tests.unit.config.test_compile import compiled

Edit = Callable[[str, str, str], None]
HEADER = "contract,seller,buyer,currency,plan,credits,line_grain,fx,fx_markup,move_proration,valid_from,valid_to\n"
RATES = "contract,from_currency,rate,source,valid_from,valid_to\n"
UNIT = "\x1f"


def records(result: config.CompiledConfig, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.ParquetFile(result.path / f"{name}.parquet").read().to_pylist()
    return found


@pytest.fixture
def terms(directory: Path, edit: Edit) -> Callable[..., None]:
    """Say the terms of the contract between gulf and acme (KWD, from 16 October) and its fixed rates."""

    def apply(words: str = ",,,,", rates: str = "") -> None:
        edit("contracts.csv", "g-acme,gulf,acme,KWD,retail,,,,,,,,,2026-10-16,\n", "")
        (directory / "contracts.csv").rename(directory / "first.csv")
        (directory / "contracts").mkdir()
        (directory / "first.csv").rename(directory / "contracts/first.csv")
        edit("contracts/second.csv", "", f"{HEADER}g-acme,gulf,acme,KWD,retail,{words},2026-10-16,\n")
        edit("contract_rates.csv", "", RATES + rates)

    return apply


def acme(result: config.CompiledConfig) -> dict[str, Any]:
    return next(row for row in records(result, "contracts") if row["ContractId"] == "g-acme")


def rates_of(result: config.CompiledConfig) -> dict[str, tuple[Decimal, ...]]:
    """(FxRate, FxPlain, FxPinned) of the contract by currency."""
    return {
        row["FromCurrency"]: (row["FxRate"], row["FxPlain"], row["FxPinned"])
        for row in records(result, "edge_fx")
        if row["ContractId"] == "g-acme"
    }


def test_terms_have_defaults(terms: Callable[..., None], directory: Path, tmp_path: Path) -> None:
    terms()
    row = acme(compiled(directory, tmp_path / "lake"))
    names = ("LineGrain", "CreditPolicy", "FxSource", "FxMarkupFactor", "MoveProration")
    assert [row[name] for name in names] == ["sku", "keep", "table", Decimal(1), "whole"]


def test_terms_are_compiled_as_they_are_said(terms: Callable[..., None], directory: Path, tmp_path: Path) -> None:
    terms("sla;free_tier,account,provider,2.5,daily")
    result = compiled(directory, tmp_path / "lake")
    names = ("LineGrain", "CreditPolicy", "FxSource", "FxMarkupFactor", "MoveProration")
    assert [acme(result)[name] for name in names] == ["account", "listed", "provider", Decimal("1.025"), "daily"]
    assert records(result, "contract_credits") == [
        {"ContractId": "g-acme", "CreditKind": "free_tier"},
        {"ContractId": "g-acme", "CreditKind": "sla"},
    ]


def test_a_markup_is_on_the_rate_of_prices_only(terms: Callable[..., None], directory: Path, tmp_path: Path) -> None:
    terms(",,,2.5,")
    dollar = Decimal("0.306748466258")
    assert rates_of(compiled(directory, tmp_path / "lake")) == {
        "EUR": (Decimal("0.3678725"), Decimal("0.3589"), Decimal("0.3589")),
        "USD": (Decimal("0.314417177914"), dollar, dollar),
    }


def test_a_fixed_rate_goes_before_the_tables(terms: Callable[..., None], directory: Path, tmp_path: Path) -> None:
    terms(",,,10,", "g-acme,USD,0.3,frame agreement,2026-10-01,2026-11-01\n")
    result = compiled(directory, tmp_path / "lake")
    assert rates_of(result)["USD"] == (Decimal("0.33"), Decimal("0.3"), Decimal("0.306748466258"))
    assert rates_of(result)["EUR"] == (Decimal("0.39479"), Decimal("0.3589"), Decimal("0.3589"))
    edge = next(row for row in records(result, "tenant_edges") if row["ContractId"] == "g-acme")
    assert (edge["FxFromParent"], edge["FxFromParentPlain"]) == (Decimal("0.33"), Decimal("0.3"))
    assert edge["FxFromParentPinned"] == Decimal("0.306748466258")
    first = next(row for row in records(result, "tenant_edges") if row["ContractId"] == "d-gulf")
    assert [first[f"FxFromParent{kind}"] for kind in ("", "Plain", "Pinned")] == [1, 1, 1]


@pytest.mark.parametrize("dates", ["2026-10-02,", ",2026-10-01", "2026-10-02,2026-10-31"])
def test_a_fixed_rate_counts_if_it_holds_the_first_day(
    terms: Callable[..., None], directory: Path, tmp_path: Path, dates: str
) -> None:
    terms(",,,,", f"g-acme,USD,0.3,frame agreement,{dates}\n")
    assert rates_of(compiled(directory, tmp_path / "lake"))["USD"][1] == Decimal("0.306748466258")


def test_the_tables_rate_is_needed_beside_a_fixed_one(
    terms: Callable[..., None], directory: Path, edit: Edit, tmp_path: Path
) -> None:
    terms(",,,,", "g-acme,EUR,0.36,frame agreement,,\n")
    edit("fx_rates.csv", "2026-10,EUR,KWD,0.3589,CBK,2026-10-30\n", "")
    with pytest.raises(BadConfig) as refusal:
        compiled(directory, tmp_path / "lake")
    assert [problem.what for problem in refusal.value.problems] == [
        "no rate from EUR to KWD for 2026-10, needed by the margin of contract g-acme "
        "(its fixed rate is compared with the table's)"
    ]


def test_tag_links_are_the_most_specific(directory: Path, edit: Edit, tmp_path: Path) -> None:
    (directory / "account_links.csv").unlink()
    edit("account_links.csv", "", (
        "provider,scope,scope_id,within,tenant\n"
        "azure,tag,Team=Web,,direct\nazure,tag,Team=Web,Sub-1,acme\nazure,sub_account,Sub-1,,direct\n"
    ))  # fmt: skip
    links = records(compiled(directory, tmp_path / "lake"), "account_links")
    found = {(row["ScopeType"], row["ScopeId"], row["TenantId"], row["Specificity"]) for row in links}
    assert found == {
        ("tag", f"sub-1{UNIT}Team=web", "acme", 1),
        ("tag", "Team=web", "direct", 2),
        ("sub_account", "sub-1", "direct", 4),
    }


@pytest.mark.parametrize(("row", "what"), [
    ("azure,sub_account,S-1,S-2,direct", "within has no meaning on a sub_account"),
    ("azure,tag,Team,,direct", "names no tag key and value"),
    ("azure,tag,=web,,direct", "names no tag key and value"),
    ("azure,tag,Team=we*,,direct", "has a star"),
])  # fmt: skip
def test_links_by_tag_are_checked(directory: Path, edit: Edit, row: str, what: str) -> None:
    edit("account_links/tags.csv", "", f"provider,scope,scope_id,within,tenant\n{row}\n")
    assert [what in problem.what for problem in config.check(directory)] == [True]


def test_the_same_tag_may_be_linked_once_at_a_time(directory: Path, edit: Edit) -> None:
    rows = "azure,tag,Team=Web,,direct\nazure,tag,Team=WEB,S-1,acme\nazure,tag,Team=WEB,s-1,direct\n"
    edit("account_links/tags.csv", "", f"provider,scope,scope_id,within,tenant\n{rows}")
    (problem,) = config.check(directory)
    assert "the link of azure tag Team=web in s-1 overlaps" in problem.what


@pytest.mark.parametrize(("rows", "what"), [
    ("g-acme,USD,0.3,x,,\ng-acme,USD,0.4,x,2026-10-01,\n", "the rate of g-acme from USD overlaps"),
    ("g-acme,KWD,0.3,x,,\n", "a rate from KWD for g-acme, which bills in KWD"),
    ("g-acmé,USD,0.3,x,,\n", "no usable id"), ("g-akme,USD,0.3,x,,\n", "unknown contract 'g-akme'"),
    ("g-acme,USD,0,x,,\n", "not above 0"), ("g-acme,USD,1,,,\n", "source is missing"),
    ("g-acme,USD,1,x,2026-10-02,2026-10-02\n", "is not after valid_from"),
])  # fmt: skip
def test_fixed_rates_are_checked(directory: Path, terms: Callable[..., None], rows: str, what: str) -> None:
    terms(",,,,", rows)
    assert [what in problem.what for problem in config.check(directory)] == [True]
