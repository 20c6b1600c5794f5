"""Public FOCUS files go in with their totals unchanged to the last digit, or are refused for a stated reason."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pipelines.lake import connect
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from tests.unit.providers import drops
from tests.unit.providers.conftest import Desk

FILES = Path(__file__).parent / "public"
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
TAKEN = {
    "focus_sample_excerpt.csv": "1.0",
    "flexible_spend_plan_75pct_excerpt.csv": "1.2",
    "saas_spend_agreements_a1.csv": "1.2",
    "saas_spend_agreements_b2.csv": "1.2",
}
REFUSED = {
    "simple_saas_agreements_a1.csv": ("BilledCost is not a number that can be kept", 1),
    "virtual_currency_pricing_model_a2.csv": ("required column ServiceCategory is missing", None),
    "commitment_discount_usage_scenario_1.csv": ("required column BillingCurrency is missing", None),
}


def month(text: str) -> str:
    """The month of a cell: ISO, or month/day/year."""
    american = re.fullmatch(r"(\d+)/(\d+)/(\d\d)", text)
    return f"20{american[3]}-{int(american[1]):02}" if american else text[:7]


def ingest(desk: Desk, name: str, version: str) -> tuple[list[dict[str, str]], list[str], dict[str, object]]:
    """(the file's rows, what was refused, sums of the booked charges by cost column and where one was derived)."""
    with (FILES / name).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    accounts = sorted({row.get("BillingAccountId", "none") for row in rows})
    months = sorted({month(row["BillingPeriodStart"]) for row in rows})
    manifest = drops.focus(
        desk.drop, [], focusVersion=version, billingAccountId=accounts, billingPeriod=months, files=[name]
    )
    manifest.with_name(name).write_bytes((FILES / name).read_bytes())
    refusals, files = [], []
    for label in months:
        report = intake.ingest(desk.lake, desk.ledger, desk.drop, BillingPeriod(label), ["focus"], silent)
        refusals += [f"{problem.line}: {problem.what}" for problem in report.refusals]
        for row in desk.ledger.current_slices(label):
            folder = desk.lake.slice(row["provider"], row["account"], row["period"], row["slice_id"])
            files.append(str(folder / "charges.parquet"))
    if not files:
        return rows, refusals, {}
    sums = [f"sum({name}) as {name}" for name in COSTS]
    derived = [f"sum({name}) filter (where json_exists(x_Repairs, '{name}')) as derived_{name}" for name in COSTS]
    with connect() as con:
        reader = con.execute(
            f"select count(*) as charges, {', '.join(sums + derived)} "
            f"from read_parquet({files!r}, hive_partitioning = false)"
        )
        found = reader.fetchone()
        assert found is not None
        return rows, refusals, dict(zip([column[0] for column in reader.description or []], found, strict=True))


@pytest.mark.parametrize(("name", "version"), TAKEN.items())
def test_totals_are_unchanged_to_the_last_digit(desk: Desk, name: str, version: str) -> None:
    rows, refusals, found = ingest(desk, name, version)
    assert refusals == []
    assert found["charges"] == len(rows)
    for cost in COSTS:
        stated = sum((Decimal(row[cost]) for row in rows if row[cost] not in ("", "NULL")), Decimal(0))
        booked, derived = (Decimal(str(found[key] or 0)) for key in (cost, f"derived_{cost}"))
        assert booked - derived == stated, cost


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_what_cannot_be_billed_is_refused_for_a_stated_reason(
    desk: Desk, name: str, reason: tuple[str, int | None]
) -> None:
    _, refusals, found = ingest(desk, name, "1.2")
    assert found == {}
    assert any(text.startswith(f"{reason[1]}: {reason[0]}") for text in refusals), refusals
