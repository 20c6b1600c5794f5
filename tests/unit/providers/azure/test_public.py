"""Cost exports that nobody here wrote: totals are the same to the last digit, and what is refused says why."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from pipelines.lake import connect
from pipelines.money import CONTEXT, Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from pipelines.providers.azure.export import AzureExport
from tests.unit.providers.azure import cost_files
from tests.unit.providers.azure.cost_files import Row
from tests.unit.providers.conftest import Desk

PUBLIC = Path(__file__).parent / "public"
MONTH = BillingPeriod("2023-09")


def rows(name: str) -> list[Row]:
    with (PUBLIC / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def ingest(desk: Desk) -> intake.IngestReport:
    return intake.ingest_rooms(desk.lake, desk.ledger, desk.drop, MONTH, [AzureExport()], silent)


def exact(found: list[Row], column: str = "Cost") -> Decimal:
    total = Decimal(0)
    for row in found:
        total = CONTEXT.add(total, Decimal(row[column]))
    return total


def totals(desk: Desk) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Billed total as the slice states it, what 12 decimals took of it, and the sums of the charges."""
    (row,) = desk.ledger.current_slices(MONTH.label)
    folder = desk.lake.slice(row["provider"], row["account"], row["period"], row["slice_id"])
    (raw,) = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    with connect() as con:
        found = con.execute(
            f"select sum(BilledCost), sum(EffectiveCost) from read_parquet('{folder / 'charges.parquet'}',"
            " hive_partitioning = false)"
        ).fetchone()
    assert found is not None
    return Decimal(raw["Net"]), Decimal(raw["Beyond12"]), found[0], found[1]


def test_the_toolkits_pair_is_of_two_states(desk: Desk) -> None:
    """The amortized sample has on-demand rows that the actual one lacks: both whole are refused, saying so."""
    cost_files.pair(desk.drop, rows("EA_ActualCost_Small.csv"), rows("EA_AmortizedCost_Small.csv"))
    (problem,) = ingest(desk).refusals
    assert "of different states" in problem.what
    assert "5.2950077867419368 USD in the actual and 15.797780136168644627485419" in problem.what


def test_what_the_toolkits_pair_has_in_common_keeps_its_totals(desk: Desk) -> None:
    actual = rows("EA_ActualCost_Small.csv")
    every = rows("EA_AmortizedCost_Small.csv")
    amortized = [row for row in every if row in actual or row["PricingModel"] != "OnDemand"]
    assert (len(actual), len(amortized)) == (11, 12)
    cost_files.pair(desk.drop, actual, amortized)
    assert ingest(desk).refusals == ()
    net, beyond, billed, effective = totals(desk)
    assert net == exact(actual) == Decimal("8.5450077867419368")
    assert billed == net - beyond
    covered = [row for row in amortized if row["PricingModel"] != "OnDemand"]
    bought = [row for row in actual if row["ChargeType"] == "Purchase"]
    assert effective == billed - exact(bought) + exact(covered)


def test_the_converters_sample_keeps_its_total(desk: Desk) -> None:
    """27 rows without a commitment: its actual and its amortized cost are the same rows."""
    found = rows("sample-anonymous-ea-export-dataset.csv")
    cost_files.pair(desk.drop, found, found)
    assert ingest(desk).refusals == ()
    net, beyond, billed, effective = totals(desk)
    assert len(found) == 27
    assert net == exact(found, "CostInBillingCurrency") == Decimal("1.26136926505726")
    assert billed == effective == net - beyond
