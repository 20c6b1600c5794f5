"""Amortized cost on generated months: AWS's own identity, and what is derived where a provider states none."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import engine, generator
from pipelines.lake import connect
from pipelines.period import BillingPeriod
from tests.oracle.rows import compare_rows
from tests.properties.conftest import SEEDS
from tests.properties.months import CUSTOMERS, LINES, PERIOD

pytestmark = pytest.mark.slow
BEFORE = BillingPeriod(PERIOD).previous.label
SPREAD = ("savingsplanamortizedupfrontcommitmentforbillingperiod", "reservationamortizedupfrontfeeforbillingperiod")


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed-{seed}")
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month with commitments of the month before, both ingested, nothing billed."""
    root = tmp_path_factory.mktemp(f"amortized-{request.param}")
    period = BillingPeriod(PERIOD)
    generator.generate(root, period, customers=CUSTOMERS, lines=LINES, seed=request.param, truth=False, history=True)
    for label in (BEFORE, PERIOD):
        report = engine.ingest(label, lake=root / "lake", deliveries=root / "deliveries")
        assert report.refusals == ()
    return root


def charges(month: Path, columns: str, where: str, period: str = PERIOD) -> list[tuple[Any, ...]]:
    with connect() as con:
        return con.execute(
            f"select {columns} from read_parquet('{month}/lake/focus/*/*/period={period}/*/charges.parquet',"
            f" hive_partitioning = false) where {where}"
        ).fetchall()


def test_every_row_is_read_alike_with_the_month_before(month: Path) -> None:
    assert compare_rows(month / "deliveries", month / "lake", PERIOD) == []


def test_amortized_cost_is_cost_less_upfront_fees_and_their_part_of_the_month(month: Path) -> None:
    """Sum(amortized) = sum(billed) - upfront fees + amortized upfront, exactly, per payer."""
    sums = charges(
        month, "BillingAccountId, sum(EffectiveCost), sum(BilledCost)", "x_Provider = 'aws' group by BillingAccountId"
    )
    assert sums
    for payer, effective, billed in sums:
        upfront, spread = _upfront(month / "deliveries" / "aws" / payer)
        assert effective == billed - upfront + spread, payer
    assert any(_upfront(month / "deliveries" / "aws" / payer)[0] for payer, _, _ in sums)


def test_used_and_unused_of_a_reservation_are_its_days(month: Path) -> None:
    """Reservations of the month and of the one before: 31 of 365 days, the purchase costs nothing by use."""
    where = "x_Provider = 'azure' and ChargeCategory = 'Purchase' and CommitmentDiscountId is not null"
    bought = [row for period in (BEFORE, PERIOD) for row in charges(
        month, "CommitmentDiscountId, BilledCost, EffectiveCost", where, period)]  # fmt: skip
    assert bought
    for commitment, billed, effective in bought:
        ((days,),) = charges(
            month, "sum(EffectiveCost)",
            f"CommitmentDiscountId = '{commitment}' and CommitmentDiscountStatus is not null",
        )  # fmt: skip
        part = Decimal(int(billed.scaleb(12)) // 365).scaleb(-12)
        assert (days, effective) == (part * 31, 0)


def test_fees_are_used_or_unused(month: Path) -> None:
    """Every commitment of Google: what used and unused rows cost is what its fees cost."""
    where = "x_Provider = 'gcp' and CommitmentDiscountId is not null group by CommitmentDiscountId"
    columns = "coalesce(sum(BilledCost) filter (where ChargeCategory = 'Purchase'), 0), sum(EffectiveCost)"
    found = charges(month, columns, where)
    assert found
    assert all(fees == costs for fees, costs in found)


def _upfront(payer: Path) -> tuple[Decimal, Decimal]:
    """What the payer's report says was paid upfront, and what of such payments is this month's."""
    upfront = spread = Decimal(0)
    for line in _lines(payer):
        kind = line["lineitemlineitemtype"]
        bought = line.get("reservationreservationarn") or line.get("savingsplansavingsplanarn")
        if kind == "SavingsPlanUpfrontFee" or (kind == "Fee" and bought):
            upfront += _amount(line["lineitemunblendedcost"])
        if kind in ("SavingsPlanRecurringFee", "RIFee"):
            spread += sum(_amount(line.get(name)) for name in SPREAD)
    return upfront, spread


def _lines(payer: Path) -> Iterator[dict[str, Any]]:
    parts = list(payer.rglob("*.parquet"))
    if not parts:
        for report in payer.rglob("*.csv.gz"):
            with gzip.open(report, "rt", encoding="utf-8", newline="") as stream:
                yield from ({_plain(name): value for name, value in row.items()} for row in csv.DictReader(stream))
    for part in parts:
        table = pq.read_table(part)
        yield from ({_plain(name): value for name, value in row.items()} for row in table.to_pylist())


def _plain(name: str) -> str:
    return name.replace("_", "").replace("/", "").lower()


def _amount(value: object) -> Decimal:
    return Decimal(repr(value) if isinstance(value, float) else str(value or 0))
