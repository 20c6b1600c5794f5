"""Commitments, pools and partner benefits: every way to get them wrong, and what is compiled of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import config
from pipelines.config.commitments import room_rules
from pipelines.config.vocabulary import PROVIDERS
from pipelines.errors import BadConfig
from pipelines.money import Decimal
from tests.unit.config.test_compile import compiled

Edit = Callable[[str, str, str], None]
REFUSALS = yaml.safe_load(Path(__file__).with_name("commitment_refusals.yaml").read_text(encoding="utf-8"))
ALWAYS, FIFTH, TENTH, SIXTEENTH, TWENTIETH = date(1900, 1, 1), *(date(2026, 10, day) for day in (5, 10, 16, 20))
CONTRACTS = """\
contract,seller,buyer,currency,plan,partner_benefit_share,partner_benefit_shown,commitments,benefit_to,commitment_pool,billing_basis,valid_from,valid_to
d-north,dist,north,EUR,wholesale,50,,owner_only,owner,,,,
d-gulf,dist,gulf,USD,wholesale,,,retained,,,,,
d-direct,dist,direct,EUR,wholesale,40,price,pooled,,tandem,amortized,,2026-10-20
d-direct-2,dist,direct,EUR,wholesale,,,,,,,2026-10-20,
n-acme,north,acme,EUR,retail,33.333333333333,,,,,,,2026-10-16
g-acme,gulf,acme,KWD,retail,,,,,,,2026-10-16,
"""
COMMITMENTS = """\
commitment,provider,seller,owner,policy,benefit_to,commitment_pool,valid_from,valid_to
ARN:aws:SavingsPlan/1,aws,,direct,retained,,,2026-09-01,
ri-9,azure,north,,owner_only,operator,,2026-10-05,
RI-9,azure,,acme,,,,,
"""
POOLS = """\
pool,seller,tenant,valid_from,valid_to
tandem,,north,,
tandem,dist,direct,,2026-10-20
local,north,acme,,2026-10-16
"""


@pytest.fixture
def shared(directory: Path) -> Path:
    """The valid directory with a policy of every kind, two commitments and two pools."""
    (directory / "contracts.csv").write_text(CONTRACTS, encoding="utf-8")
    (directory / "commitments.csv").write_text(COMMITMENTS, encoding="utf-8")
    (directory / "commitment_pools.csv").write_text(POOLS, encoding="utf-8")
    return directory


def records(result: config.CompiledConfig, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.ParquetFile(result.path / f"{name}.parquet").read().to_pylist()
    return found


def test_the_example_is_valid(shared: Path) -> None:
    assert config.check(shared) == []


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name: str, shared: Path, edit: Edit) -> None:
    case = REFUSALS[name]
    edit(case["edit"], case["old"], case["new"])
    problems = config.check(shared)
    there = [problem for problem in problems if (problem.file, problem.line) == (case["file"], case["line"])]
    fitting = [problem for problem in there if case["what"] in problem.what and case["remedy"] in problem.remedy]
    assert len(fitting) == 1, "\n".join(map(str, problems))
    with pytest.raises(BadConfig) as refusal:
        config.load(shared)
    assert refusal.value.problems == problems


def test_two_policies_of_one_day_follow_each_other_by_contract(shared: Path, tmp_path: Path) -> None:
    names = ("BenefitShare", "BenefitShown", "CommitmentPolicy", "BenefitTo", "CommitmentPool", "BillingBasis")
    found = {
        row["ContractId"]: tuple(row[name] for name in names)
        for row in records(compiled(shared, tmp_path / "lake"), "contracts")
    }
    nothing = (Decimal(0), "credit_line", "as_applied", None, None, "as_invoiced")
    assert found == {
        "d-north": (Decimal("0.5"), "credit_line", "owner_only", "owner", None, "as_invoiced"),
        "d-gulf": (Decimal(0), "credit_line", "retained", None, None, "as_invoiced"),
        "d-direct": (Decimal("0.4"), "price", "pooled", None, "tandem", "amortized"),
        "d-direct-2": nothing,
        "n-acme": (Decimal("0.333333333333"), *nothing[1:]),
        "g-acme": nothing,
    }


def test_records_count_on_their_days_for_their_seller(shared: Path, tmp_path: Path) -> None:
    result = compiled(shared, tmp_path / "lake")
    segments = (ALWAYS, FIFTH, TENTH, SIXTEENTH, TWENTIETH)
    assert [row["SegmentStart"] for row in records(result, "segments")] == list(segments)
    assert [tuple(row.values()) for row in records(result, "commitments")] == [
        *(("aws", "arn:aws:savingsplan/1", "dist", day, "direct", "retained", None, None) for day in segments),
        *(("azure", "ri-9", "dist", day, "acme", None, None, None) for day in segments),
        *(("azure", "ri-9", "north", day, None, "owner_only", "operator", None) for day in segments[1:]),
    ]


def test_a_member_counts_with_everyone_below_it(shared: Path, tmp_path: Path) -> None:
    members = records(compiled(shared, tmp_path / "lake"), "commitment_pools")
    tandem = {
        day: {row["TenantId"] for row in members if (row["PoolId"], row["SegmentStart"]) == ("tandem", day)}
        for day in (ALWAYS, TENTH, SIXTEENTH, TWENTIETH)
    }
    assert tandem == {
        ALWAYS: {"north", "acme", "direct"},
        TENTH: {"north", "acme", "direct"},
        SIXTEENTH: {"north", "direct"},
        TWENTIETH: {"north"},
    }
    assert {row["SellerTenantId"] for row in members if row["PoolId"] == "tandem"} == {"dist"}
    local = {tuple(row.values()) for row in members if row["PoolId"] == "local"}
    assert local == {("local", "north", day, "acme") for day in (ALWAYS, FIFTH, TENTH)}


def test_an_owner_outside_a_member_is_no_member(shared: Path, edit: Edit, tmp_path: Path) -> None:
    edit("commitment_pools.csv", "tandem,,north,,\n", "tandem,,acme,,\n")
    members = records(compiled(shared, tmp_path / "lake"), "commitment_pools")
    found = {(row["SegmentStart"], row["TenantId"]) for row in members if row["PoolId"] == "tandem"}
    assert (ALWAYS, "north") not in found
    assert (TWENTIETH, "acme") in found


@pytest.mark.parametrize(("change", "uses"), [
    ({}, True),
    ({"charge_min": SIXTEENTH}, True),
    ({"policies": ""}, False),
    ({"policies": "", "records": "ri-9,azure,north,,owner_only,operator,,2026-10-05,\n"}, True),
    ({"policies": "", "records": "ri-9,azure,north,,owner_only,operator,,2026-11-05,\n"}, False),
    ({"policies": "", "records": "ri-9,azure,north,acme,as_applied,,,,\n"}, False),
    ({"policies": "amortized"}, True),
])  # fmt: skip
def test_whether_anything_leaves_the_providers_way(
    shared: Path, edit: Edit, tmp_path: Path, change: dict[str, Any], uses: bool
) -> None:
    if "policies" in change:
        header, *rows = CONTRACTS.splitlines()
        plain = [",".join([*row.split(",")[:7], "", "", "", change["policies"], *row.split(",")[-2:]]) for row in rows]
        (shared / "contracts.csv").write_text("\n".join([header, *plain, ""]), encoding="utf-8")
        (shared / "commitments.csv").write_text(COMMITMENTS.splitlines()[0] + "\n" + change.get("records", ""))
    days = {name: change[name] for name in change if name == "charge_min"}
    assert records(compiled(shared, tmp_path / "lake", **days), "commitment_use") == [{"UsesPolicies": uses}]


def pairs(result: config.CompiledConfig) -> set[tuple[str, str]]:
    return {(row["ContractId"], row["FromCurrency"]) for row in records(result, "edge_fx")}


def test_benefits_of_owners_need_rates_between_contracts(shared: Path, edit: Edit, tmp_path: Path) -> None:
    """The operator sells in EUR and USD, the provider bills in EUR only."""
    edit("plans/retail.yaml", "currency: USD", "currency: EUR")
    lake = tmp_path / "lake"
    needed = pairs(compiled(shared, lake, billing_currencies=["EUR"]))
    assert {("d-north", "USD"), ("d-gulf", "EUR"), ("d-direct", "USD"), ("d-direct-2", "USD")} <= needed
    assert ("n-acme", "USD") not in needed
    edit("contracts.csv", "owner_only,owner", "owner_only,operator")
    assert ("d-north", "USD") not in pairs(compiled(shared, lake, billing_currencies=["EUR"]))


def test_a_missing_rate_between_contracts_is_named(shared: Path, edit: Edit, tmp_path: Path) -> None:
    edit("plans/retail.yaml", "currency: USD", "currency: EUR")
    edit("contracts.csv", "d-gulf,dist,gulf,USD", "d-gulf,dist,gulf,NOK")
    with pytest.raises(BadConfig) as refusal:
        compiled(shared, tmp_path / "lake", billing_currencies=["EUR"])
    whats = [problem.what for problem in refusal.value.problems]
    assert "no rate from NOK to EUR for 2026-10, needed by contract d-direct" in whats


def severities(result: config.CompiledConfig, provider: str) -> dict[date, str]:
    rows = records(result, "sharing_rules")
    return {row["SegmentStart"]: row["Severity"] for row in rows if row["Provider"] == provider}


def test_rooms_say_what_holds_by_default(directory: Path, tmp_path: Path) -> None:
    result = compiled(directory, tmp_path / "lake", charge_min=date(2025, 5, 1))
    assert set(severities(result, "azure").values()) == set(severities(result, "gcp").values()) == {"allow"}
    aws = severities(result, "aws")
    assert (aws[ALWAYS], aws[date(2025, 6, 1)], aws[TENTH]) == ("allow", "warn", "warn")
    assert room_rules().keys() == set(PROVIDERS)


def test_the_operators_own_rules_replace_those_of_a_room(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("operator.yaml", "", (
        "commitment_sharing:\n"
        "  - {provider: aws, severity: block, valid_from: 2026-10-05}\n"
        "  - {provider: gcp, severity: warn}\n"
        "  - {provider: aws, severity: allow, valid_from: 2026-10-16}\n"
    ))  # fmt: skip
    result = compiled(directory, tmp_path / "lake")
    assert severities(result, "aws") == {ALWAYS: "allow", FIFTH: "block", TENTH: "block", SIXTEENTH: "allow"}
    assert set(severities(result, "gcp").values()) == {"warn"}
    assert set(severities(result, "azure").values()) == {"allow"}


def test_a_vendor_has_the_severities_that_the_operator_gives_it(directory: Path, edit: Edit, tmp_path: Path) -> None:
    rule = "commitment_sharing: [{provider: oracle, severity: block, valid_from: 2026-10-10}]\n"
    edit("operator.yaml", "", "vendors: [oracle, snowflake]\n" + rule)
    result = compiled(directory, tmp_path / "lake")
    assert severities(result, "oracle") == {ALWAYS: "allow", TENTH: "block", SIXTEENTH: "block"}
    assert severities(result, "snowflake") == {}
