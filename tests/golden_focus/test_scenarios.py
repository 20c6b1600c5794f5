"""The FOCUS specification's commitment scenarios, through the engine: its figures are theirs, to the last digit.

ATTRIBUTION.md says where the files come from. A file is fed as it is, but for what REPAIRS says of it; what does not
add up in a file itself stands in INCONSISTENT, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from pipelines import building
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import ZERO, Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers.amortization import amortize
from pipelines.providers.staging import MACROS
from tests.support.compiled import compile_project
from tests.support.slices import add_slice, read_csv

HERE = Path(__file__).parent
SCENARIOS = sorted(path.stem for path in (HERE / "scenarios").glob("*.csv"))
ROOMS = ("aws", "azure", "gcp")  # one scenario each in a build: whose rows they are changes nothing
RENAMED = {"SkuPriceid": "SkuPriceId", "PublisherName": "x_PublisherName"}
STATUS = {"Purchase": "", "Usage": "Used"}
REPAIRS: dict[str, dict[str, str | dict[str, str]]] = {
    # CommitmentDiscountStatus is Used, Unused or null; the file says Active of the purchase and of what it covers.
    "one_hundred_percent_utilization_without_commitment_discount_flexibility": {"Active": STATUS},
    # There is no hour 30: the last of three recurring purchases ends ten hours after the one before it.
    "commitment_discount_purchase_scenario_2": {"2023-02-01T30:00:00Z": "2023-02-02T06:00:00Z"},
    "commitment_discount_purchase_scenario_3": {"2023-02-01T30:00:00Z": "2023-02-02T06:00:00Z"},
}
# What a day of the file amortizes is not what its purchases come to by day: scenario -> both, the purchases' first.
INCONSISTENT = {
    # February is bought for 730 hours at 75.80 but has 672, as its CommitmentDiscountQuantity says: 55,334.00 over 28
    # days is 1,976.214 a day, 24 hours at 75.80 are 1,819.20.
    "crestnode_resource_reservation_no_upfront_100pct": ("1976.214285714285", "1819.20"),
    # The upfront fee is charged to February alone, and even over the year it is not what the hours are worth:
    # 108,559.03 over 28 days is 3,877.108 a day, 24 hours at 42.24 are 1,013.76.
    "gcp_flex_cud_partial_upfront_100pct": ("3877.108214285713", "1013.76"),
}
Row = dict[str, str]


def fed(scenario: str) -> list[Row]:
    """The rows of a scenario as the rows of a slice, its money texts untouched.

    What the shortest files leave out is filled in: a currency, and a type, which a commitment's fee is known by.
    """
    rows = []
    for source in read_csv(HERE / "scenarios" / f"{scenario}.csv"):
        row = {RENAMED.get(name, name): value for name, value in source.items()}
        for name, value in row.items():
            repaired = REPAIRS.get(scenario, {}).get(value, value)
            row[name] = repaired if isinstance(repaired, str) else repaired[row["ChargeCategory"]]
        if row["CommitmentDiscountId"] not in ("", "null") and not row.get("CommitmentDiscountType"):
            row["CommitmentDiscountType"] = "Commitment"
        rows.append({"BillingCurrency": "USD"} | row | {"SubAccountId": "team"})
    return rows


def period_of(scenario: str) -> str:
    return fed(scenario)[0]["BillingPeriodStart"][:7]


def add(lake: Lake, scenario: str, room: str = ROOMS[0]) -> None:
    rows = [row | {"x_Provider": room} for row in fed(scenario)]
    add_slice(lake, rows, unit=scenario, period=period_of(scenario))


def of_commitment(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["CommitmentDiscountId"] not in ("", "null")]


def total(rows: Sequence[Row], column: str, status: str | None = None) -> Decimal:
    found = [row for row in rows if status is None or row.get("CommitmentDiscountStatus") == status]
    return sum((Decimal(row.get(column) or row["BilledCost"]) for row in found), ZERO)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path, Path]]:
    """Scenario -> its provider, and marts and work database of the build that it is in; three share a build."""
    project = compile_project(tmp_path_factory.mktemp("compiled"))
    found: dict[str, tuple[str, Path, Path]] = {}
    with pytest.MonkeyPatch.context() as patch:
        project.stand_in(patch)
        for period in ("2023-01", "2026-02"):
            names = [scenario for scenario in SCENARIOS if period_of(scenario) == period]
            for shared in (names[start : start + len(ROOMS)] for start in range(0, len(names), len(ROOMS))):
                lake = Lake(tmp_path_factory.mktemp("lake"))
                placed = dict(zip(shared, ROOMS, strict=False))
                for scenario, room in placed.items():
                    add(lake, scenario, room)
                made = building.build(lake, Ledger(lake), BillingPeriod(period), HERE / "config", silent)
                work = building.work_database(lake, made.build_id)
                found |= {scenario: (room, made.directory, work) for scenario, room in placed.items()}
    return found


def test_every_scenario_is_here() -> None:
    assert len(SCENARIOS) == 27
    assert set(REPAIRS) | set(INCONSISTENT) < set(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_amortized_used_unused_and_balance_are_theirs(scenario: str, built: dict[str, tuple[str, Path, Path]]) -> None:
    room, marts, work = built[scenario]
    rows = fed(scenario)
    commitment = of_commitment(rows)
    with connect() as con:
        found = con.execute(
            "select ProviderBilled, ProviderEffective, Used, Unused, BalanceChange, ListCovered, OwnerTenantId, Margin "
            f"from read_parquet('{marts / 'marts_commitments.parquet'}') where x_Provider = '{room}'"
        ).fetchall()
        untied = f"select * from read_parquet('{marts / 'marts_reconciliation.parquet'}') where not IsTied"
        assert con.execute(untied).fetchall() == []
    billed, effective = total(commitment, "BilledCost"), total(commitment, "EffectiveCost")
    used, unused = total(commitment, "EffectiveCost", "Used"), total(commitment, "EffectiveCost", "Unused")
    covered = total(commitment, "ListCost", "Used")
    # Use alone does not say whose the commitment is.
    is_owned = {row["ChargeCategory"] for row in commitment} != {"Usage"} or unused
    owner = "acme" if is_owned else "partner"
    assert found == [(billed, effective, used, unused, billed - effective, covered, owner, ZERO)]
    assert used + unused == effective
    with connect(work) as con:
        assert per_charge_period(con, room) == Counter(per_row(rows))


def per_charge_period(con: duckdb.DuckDBPyConnection, room: str) -> Counter[tuple[str, ...]]:
    """What the buyer's detail says of each row, at cost: charge period, status and amounts."""
    found = con.execute(
        "select strftime(ChargePeriodStart, '%Y-%m-%dT%H'), strftime(ChargePeriodEnd, '%Y-%m-%dT%H'), ChargeCategory, "
        "coalesce(CommitmentDiscountStatus, ''), EffectiveCost from marts.marts_cost_and_usage "
        f"inner join focus.slices using (SliceNo) where x_Provider = '{room}'"
    ).fetchall()
    return Counter((*map(str, row[:4]), plain(row[4])) for row in found)


def per_row(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        status = (row.get("CommitmentDiscountStatus") or "").replace("null", "")
        start, end = row["ChargePeriodStart"][:13], row["ChargePeriodEnd"][:13]
        yield start, end, row["ChargeCategory"], status, plain(Decimal(row["EffectiveCost"]))


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


BOTH_SIDES = [
    scenario
    for scenario in SCENARIOS
    if {"Purchase", "Usage"} == {row["ChargeCategory"] for row in of_commitment(fed(scenario))}
]


@pytest.mark.parametrize("scenario", BOTH_SIDES)
def test_what_the_purchase_alone_comes_to_is_what_was_used_and_unused(scenario: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add(lake, scenario)
    rows = fed(scenario)
    (charges,) = lake.root.glob("focus/**/charges.parquet")
    stripped = (
        "select * exclude (x_RateKey) replace ("
        "case when CommitmentDiscountStatus = 'Used' then null else EffectiveCost end as EffectiveCost) "
        f"from read_parquet('{charges}', hive_partitioning = false) "
        "where CommitmentDiscountStatus is distinct from 'Unused'"
    )
    with connect() as con:
        con.execute(MACROS)
        con.execute(f"create view raw_commitments as {stripped} limit 0")
        amortized = amortize(con, stripped, BillingPeriod(period_of(scenario)))
        derived = con.execute(
            f"select CommitmentDiscountStatus, sum(EffectiveCost) from ({amortized}) "
            "where CommitmentDiscountStatus is not null and cast(ChargePeriodStart as date) = ? group by all",
            [rows[0]["ChargePeriodStart"][:10]],
        ).fetchall()
    of_the_day = dict(derived)
    both, expected = sum(of_the_day.values(), ZERO), total(of_commitment(rows), "EffectiveCost")
    if scenario in INCONSISTENT:
        assert (both, expected) == tuple(map(Decimal, INCONSISTENT[scenario]))
    else:
        assert both == expected
