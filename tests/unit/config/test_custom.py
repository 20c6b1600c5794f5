"""Custom lines, subtotals and balances: every way to get them wrong, and what a period's compiled tables hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import config
from pipelines.config.custom_order import LEVELS
from pipelines.errors import BadConfig
from pipelines.lake import Lake
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.schemas import ROOT

Edit = Callable[[str, str, str], None]
REFUSALS = yaml.safe_load(Path(__file__).with_name("custom_refusals.yaml").read_text(encoding="utf-8"))
FILES = {
    "custom_lines.csv": """\
line,contract,name,kind,for,amount,currency,quantity,percent,of,frequency,on,prorate,valid_from,valid_to
support,d-direct,Support,support,,,,,10,after-rebate,monthly,,,,
rebate,d-direct,Loyalty rebate,credit_note,,,,,3,charges,monthly,,,,
servers,d-north,Managed servers,managed_service,acme,99.99,USD,3,,,monthly,,daily,,
minimum,d-north,Minimum,minimum,,500,EUR,,,charges,monthly,,daily,,
setup,n-acme,Setup,fee,,150,EUR,,,,once,2026-10-09,,,
""",
    "subtotals.yaml": """\
- subtotal: after-rebate
  lines: [rebate]
- subtotal: compute
  match: {service_category: Compute}
""",
    "balances.csv": """\
balance,contract,name,kind,amount,currency,of,valid_from,valid_to,opening,opening_period
year,d-direct,,prepaid,1000,EUR,charges,2026-01-01,2027-01-01,250.50,2026-10
promise,n-acme,,commitment,5000,EUR,,2025-11-01,2026-11-01,,
""",
}


@pytest.fixture
def custom(directory: Path) -> Path:
    """The valid directory with custom lines, subtotals and balances."""
    for name, text in FILES.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name: str, custom: Path, edit: Edit) -> None:
    case = REFUSALS[name]
    edit(case["edit"], case["old"], case["new"])
    if "then" in case:
        edit(*case["then"])
    problems = config.check(custom)
    there = [problem for problem in problems if (problem.file, problem.line) == (case["file"], case["line"])]
    fitting = [problem for problem in there if case["what"] in problem.what and case["remedy"] in problem.remedy]
    assert len(fitting) == 1, "\n".join(map(str, problems))
    with pytest.raises(BadConfig):
        config.load(custom)


def test_the_files_are_valid(custom: Path) -> None:
    assert config.check(custom) == []


def test_a_price_may_change_with_the_month(custom: Path, edit: Edit) -> None:
    edit("custom_lines.csv", "charges,monthly,,daily,,", "charges,monthly,,daily,,2026-10-01")
    edit("custom_lines.csv", "", "minimum,d-north,Minimum,minimum,,600,EUR,,,charges,monthly,,daily,2026-10-01,\n")
    assert config.check(custom) == []
    lines = compiled(custom, "2026-10")["custom_lines"]
    assert [row["Amount"] for row in lines if row["CustomLineId"] == "minimum"] == [Decimal(600)]


@pytest.mark.parametrize(("length", "fits"), [(LEVELS, True), (LEVELS + 1, False)])
def test_lines_rest_on_each_other_to_a_depth(custom: Path, edit: Edit, length: int, fits: bool) -> None:
    for number in range(1, length):
        edit("subtotals.yaml", "", f"- subtotal: s{number}\n  lines: [l{number - 1}]\n")
        edit("custom_lines.csv", "", f"l{number},d-direct,L,fee,,,,,1,s{number},,,,,\n")
    edit("custom_lines.csv", "", "l0,d-direct,L,fee,,1,EUR,,,,,,,,\n")
    problems = config.check(custom)
    assert [problem.what for problem in problems] == (
        [] if fits else [f"line l{LEVELS} rests on {LEVELS} custom lines, one upon the other"]
    )


def test_the_models_unroll_as_many_levels_as_the_configuration_allows() -> None:
    project = yaml.safe_load((ROOT / "dbt_project/dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["custom_line_levels"] == LEVELS


def test_lines_of_a_month(custom: Path) -> None:
    found = {row["CustomLineId"]: row for row in compiled(custom, "2026-10")["custom_lines"]}
    assert found.keys() == {"support", "rebate", "servers", "minimum", "setup"}
    assert (found["support"]["Factor"], found["rebate"]["Factor"]) == (Decimal("0.1"), Decimal("-0.03"))
    assert (found["support"]["LineLevel"], found["rebate"]["LineLevel"]) == (1, 0)
    assert found["rebate"]["ChargeCategory"] == "Credit"
    assert found["support"]["ChargeDescription"] == "Support, 10 percent"
    # 99.99 USD x 3 x 0.854700854701 EUR per USD; the whole month.
    assert found["servers"]["Amount"] == Decimal("256.384615384659")
    assert (found["servers"]["TenantId"], found["servers"]["IsPerTenant"], found["servers"]["Depth"]) == (
        "acme",
        True,
        1,
    )
    assert (found["setup"]["Depth"], found["setup"]["ChargeFrequency"]) == (2, "One-Time")
    assert (found["setup"]["ChargeStart"], found["setup"]["ChargeEnd"]) == (date(2026, 10, 9), date(2026, 10, 10))
    assert found["minimum"]["IsMinimum"]


def test_a_subtotal_matches_what_the_contract_s_lines_still_tell(custom: Path, edit: Edit) -> None:
    edit("contracts.csv", "purchase_order,", "purchase_order,line_grain,")
    contracts = (custom / "contracts.csv").read_text(encoding="utf-8").splitlines()
    wider = [
        contracts[0],
        *(_with_grain(row, "account" if row.startswith("d-direct") else "") for row in contracts[1:]),
    ]
    (custom / "contracts.csv").write_text("\n".join(wider), encoding="utf-8")
    assert config.check(custom) == []
    edit("custom_lines.csv", "10,after-rebate", "10,compute")
    found = [(problem.file, problem.line, problem.what) for problem in config.check(custom)]
    what = "subtotal compute matches service_category, which lines of grain account do not have"
    assert found == [("custom_lines.csv", 2, what)]


def _with_grain(row: str, grain: str) -> str:
    cells = row.split(",")
    return ",".join([*cells[:13], grain, *cells[13:]])


def test_lines_are_in_force_by_the_day(custom: Path, edit: Edit) -> None:
    edit("custom_lines.csv", "", "desk,n-acme,Desk,fee,,31,EUR,,,,,,daily,2026-10-04,\n")
    desk = [row for row in compiled(custom, "2026-10")["custom_lines"] if row["CustomLineId"] == "desk"]
    assert [(row["Amount"], row["ChargeDescription"]) for row in desk] == [(Decimal(12), "Desk, 12 of 31 days")]
    assert (desk[0]["ChargeStart"], desk[0]["ChargeEnd"]) == (date(2026, 10, 4), date(2026, 10, 16))
    later = {row["CustomLineId"] for row in compiled(custom, "2026-11")["custom_lines"]}
    assert later == {"support", "rebate", "minimum"}  # acme left north, and setup was once


def test_a_line_without_end_ends_with_the_buyer(custom: Path, edit: Edit) -> None:
    edit("tenants.csv", "direct,Direct Ltd,customer,dist,,,", "direct,Direct Ltd,customer,dist,,,2026-10-11")
    edit("account_links.csv", "direct,,2026-10-10,", "direct,,2026-10-10,2026-10-11")
    edit("balances.csv", "2026-01-01,2027-01-01", "2026-01-01,2026-11-01")
    edit("custom_lines.csv", "", "desk,d-direct,Desk,fee,,31,EUR,,,,,,daily,,\n")
    lines = compiled(custom, "2026-10")["custom_lines"]
    assert [row["Amount"] for row in lines if row["CustomLineId"] == "desk"] == [Decimal(10)]
    assert "desk" not in {row["CustomLineId"] for row in compiled(custom, "2026-11")["custom_lines"]}


def test_balances_of_a_month(custom: Path) -> None:
    october = compiled(custom, "2026-10")["balances"]
    assert [(row["BalanceId"], row["StatedOpening"], row["IsLastMonth"], row["Depth"]) for row in october] == [
        ("year", Decimal("250.50"), False, 1),
        ("promise", None, True, 2),
    ]
    first = compiled(custom, "2026-01")["balances"]
    assert [(row["BalanceId"], row["StatedOpening"]) for row in first if row["BalanceId"] == "year"] == [
        ("year", Decimal(1000))
    ]


def test_a_contract_with_lines_is_there_without_charges(custom: Path, edit: Edit) -> None:
    edit("custom_lines.csv", "", "late,g-acme,Late,fee,,1,USD,,,,,,,,\n")
    tables = compiled(custom, "2026-10", charge_max=date(2026, 10, 10))
    assert {"g-acme", "n-acme"} <= {row["ContractId"] for row in tables["contracts"]}
    late = next(row for row in tables["custom_lines"] if row["CustomLineId"] == "late")
    assert (late["Amount"], late["Depth"]) == (Decimal("0.306748466258"), 2)


def compiled(directory: Path, label: str, **changes: Any) -> dict[str, list[dict[str, Any]]]:
    """Compiled tables of a period by name."""
    period = BillingPeriod(label)
    request: dict[str, Any] = {"charge_min": period.start, "charge_max": period.start, "billing_currencies": ["EUR"]}
    rates = directory / "fx_rates.csv"
    rates.write_text(rates.read_text(encoding="utf-8").replace("2026-10,", f"{label},"), encoding="utf-8")
    result = config.compile_config(
        config.load(directory), Lake(directory.parent / "lake"), period=period, **request | changes
    )
    names = ("custom_lines", "subtotals", "subtotal_lines", "balances", "contracts")
    found = {name: pq.ParquetFile(result.path / f"{name}.parquet").read().to_pylist() for name in names}
    rates.write_text(rates.read_text(encoding="utf-8").replace(f"{label},", "2026-10,"), encoding="utf-8")
    return found
