"""Importing reference rates: which day, which direction, which crosses; nothing is overwritten in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import config
from pipelines.authoring.rates import import_rates
from pipelines.errors import RebillError
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

Edit = Callable[[str, str, str], None]
HISTORY = """\
Date,USD,JPY,IDR,HRK,
2026-11-02,1.2,170,19300,N/A,
2026-10-30,1.17,172.45,19263.81,7.5,
2026-10-29,1.1689,171.9,19200,7.5,
"""
OCTOBER = BillingPeriod("2026-10")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(HISTORY, encoding="utf-8")
    return path


def stored(directory: Path, period: str = "2026-10") -> dict[tuple[str, str], Any]:
    rates = config.load(directory).fx_rates
    return {(row.from_currency, row.to_currency): row for row in rates if str(row.billing_period) == period}


def problems(file: Path, directory: Path, **settings: Any) -> list[str]:
    with pytest.raises(RebillError) as refusal:
        import_rates(file, directory, settings.pop("period", OCTOBER), **settings)
    return [f"{problem.what} -> {problem.remedy}" for problem in refusal.value.problems]


def test_the_last_day_of_the_period_counts(file: Path, directory: Path) -> None:
    before = (directory / "fx_rates.csv").read_text()
    result = import_rates(file, directory, OCTOBER)
    assert (result.day, result.file, result.is_written) == (date(2026, 10, 30), "fx_rates.csv", True)
    assert result.added == ["EUR to IDR 19263.81", "EUR to JPY 172.45"]
    assert (result.unchanged, result.unknown) == (1, ["HRK"])
    rows = "2026-10,EUR,IDR,19263.81,ECB euro reference rate,2026-10-30\n"
    rows += "2026-10,EUR,JPY,172.45,ECB euro reference rate,2026-10-30\n"
    assert (directory / "fx_rates.csv").read_text() == before + rows


def test_the_same_import_again_changes_nothing(file: Path, directory: Path) -> None:
    import_rates(file, directory, OCTOBER, crosses=["USD"])
    before = (directory / "fx_rates.csv").read_bytes()
    result = import_rates(file, directory, OCTOBER, crosses=["USD"])
    assert (result.added, result.replaced, result.file, result.is_written) == ([], [], None, False)
    assert (directory / "fx_rates.csv").read_bytes() == before


def test_another_day_can_be_named(file: Path, directory: Path) -> None:
    result = import_rates(file, directory, BillingPeriod("2026-11"), day=date(2026, 10, 29))
    assert stored(directory, "2026-11")["EUR", "USD"].rate == Decimal("1.1689")
    assert result.day == stored(directory, "2026-11")["EUR", "USD"].as_of == date(2026, 10, 29)


def test_a_dry_run_writes_nothing(file: Path, directory: Path) -> None:
    before = (directory / "fx_rates.csv").read_bytes()
    result = import_rates(file, directory, OCTOBER, dry_run=True)
    assert (len(result.added), result.is_written, result.file) == (2, False, "fx_rates.csv")
    assert (directory / "fx_rates.csv").read_bytes() == before


def test_crosses_are_rounded_once_and_stored_where_they_keep_digits(file: Path, directory: Path) -> None:
    import_rates(file, directory, OCTOBER, crosses=["IDR", "USD", "JPY"])
    rates = stored(directory)
    assert rates["USD", "IDR"].rate == Decimal("16464.794871794872")  # from IDR it would be below 0.001
    assert rates["IDR", "JPY"].rate == Decimal("0.008952019357")
    assert rates["USD", "JPY"].rate == Decimal("147.393162393162")
    assert ("JPY", "USD") not in rates
    assert ("IDR", "USD") not in rates
    assert rates["USD", "IDR"].source == "ECB euro reference rate, cross via EUR"
    assert rates["EUR", "IDR"].source == "ECB euro reference rate"


def test_a_different_rate_is_kept_unless_replaced(file: Path, directory: Path, edit: Edit) -> None:
    edit("fx_rates.csv", "2026-10,EUR,USD,1.17,ECB", "2026-10,EUR,USD,1.18,Bloomberg")
    before = (directory / "fx_rates.csv").read_bytes()
    (problem,) = problems(file, directory)
    assert problem.startswith("EUR to USD 1.18 of Bloomberg stands here, the ECB has EUR to USD 1.17 ->")
    assert "--replace" in problem
    assert (directory / "fx_rates.csv").read_bytes() == before
    result = import_rates(file, directory, OCTOBER, replace=True)
    assert result.replaced == ["EUR to USD 1.17 (was EUR to USD 1.18)"]
    assert stored(directory)["EUR", "USD"].source == "ECB euro reference rate"
    assert len(stored(directory)) == 5


@pytest.mark.parametrize(("rate", "is_same"), [("0.854700854701", True), ("0.86", False)])
def test_the_opposite_direction_is_the_same_pair(
    file: Path, directory: Path, edit: Edit, rate: str, is_same: bool
) -> None:
    edit("fx_rates.csv", "2026-10,EUR,USD,1.17,", f"2026-10,USD,EUR,{rate},")
    if not is_same:
        (problem,) = problems(file, directory)
        assert "USD to EUR 0.86 of ECB stands here" in problem
    result = import_rates(file, directory, OCTOBER, replace=not is_same)
    assert ("USD", "EUR") in stored(directory) if is_same else ("EUR", "USD") in stored(directory)
    assert result.unchanged == int(is_same)


def test_both_directions_are_replaced_together(file: Path, directory: Path, edit: Edit) -> None:
    edit("fx_rates.csv", "2026-10,EUR,USD,1.17,ECB,2026-10-30\n",
         "2026-10,USD,EUR,0.9,x,2026-10-30\n2026-10,EUR,USD,1.1,x,2026-10-30\n")  # fmt: skip
    import_rates(file, directory, OCTOBER, replace=True)
    rates = stored(directory)
    assert (rates["EUR", "USD"].rate, rates["USD", "EUR"].rate) == (Decimal("1.17"), Decimal("0.854700854701"))
    assert rates["USD", "EUR"].source == "ECB euro reference rate, inverted"


def test_rates_in_yaml_are_read_but_not_changed(file: Path, directory: Path, edit: Edit) -> None:
    (directory / "fx_rates.csv").unlink()
    row = "- {billing_period: 2026-10, from_currency: EUR, to_currency: %s, rate: %s, source: x, as_of: 2026-10-30}\n"
    edit("fx_rates.yaml", "", row % ("USD", "1.17") + row % ("JPY", "170"))
    assert len(problems(file, directory)) == 1
    (problem,) = problems(file, directory, replace=True)
    assert "only CSV files are edited" in problem
    edit("fx_rates.yaml", "rate: 170", "rate: 172.45")
    result = import_rates(file, directory, OCTOBER)
    assert (result.file, result.added, result.unchanged) == ("fx_rates.csv", ["EUR to IDR 19263.81"], 2)


def test_a_folder_of_rates_gets_a_file_for_the_period(file: Path, directory: Path) -> None:
    (directory / "fx_rates").mkdir()
    (directory / "fx_rates.csv").rename(directory / "fx_rates/bank.csv")
    assert import_rates(file, directory, OCTOBER).file == "fx_rates/2026-10.csv"
    assert ("EUR", "JPY") in stored(directory)


@pytest.mark.parametrize("settings", [{"period": BillingPeriod("2026-12")}, {"period": BillingPeriod("2026-09")},
                                      {"day": date(2026, 11, 10)}])  # fmt: skip
def test_a_file_that_does_not_reach_the_day_is_refused(file: Path, directory: Path, settings: dict[str, Any]) -> None:
    (problem,) = problems(file, directory, **settings)
    assert "no rate on or shortly before" in problem
    assert "download a file that reaches that day" in problem


def test_an_unknown_cross_is_refused(file: Path, directory: Path) -> None:
    (problem,) = problems(file, directory, crosses=["GBP", "USD"])
    assert problem.startswith("no rate of GBP on 2026-10-30 -> use currencies of that day: HRK, IDR, JPY, USD")


@pytest.mark.parametrize("name", ["nowhere", ""])
def test_rates_are_written_into_a_configuration_only(file: Path, tmp_path: Path, name: str) -> None:
    (problem,) = problems(file, tmp_path / name)
    assert "no operator.yaml" in problem


def test_broken_rates_are_not_imported_into(file: Path, directory: Path, edit: Edit) -> None:
    edit("fx_rates.csv", "0.3589", "0,3589")
    assert len(problems(file, directory)) == 1
