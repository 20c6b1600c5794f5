"""Facts: base sums per rate key, date segment and declared tag values; a cache that knows what it was made for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.facts import write_facts
from pipelines.lake import Lake, connect
from pipelines.money import Decimal
from tests.support.slices import add_slice

ROWS = [
    {"BilledCost": "1", "Tags": '{"env":"prod"}'},
    {"BilledCost": "2", "Tags": '{"env":"prod"}'},
    {"BilledCost": "4", "Tags": '{"env":"test"}', "ChargePeriodStart": "2026-10-20"},
    {"BilledCost": "8"},
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    add_slice(lake, ROWS)
    return lake


def facts(lake: Lake, *tag_keys: str, boundaries: tuple[date, ...] = ()) -> tuple[Path, list[tuple[object, ...]]]:
    directory = lake.slice("azure", "payer-1", "2026-10", "INV-1")
    path = write_facts(lake, "INV-1", directory, boundaries, tag_keys)
    with connect() as con:
        query = f"select SegmentStart, x_TagValues, LineCount, BilledCost from '{path}' order by all"
        return path, con.execute(query).fetchall()


def test_declared_tags_refine_the_facts(lake: Lake) -> None:
    first = date(1900, 1, 1)
    assert facts(lake, "env")[1] == [
        (first, "", 1, Decimal(8)),
        (first, "prod", 2, Decimal(3)),
        (first, "test", 1, Decimal(4)),
    ]


def test_without_declared_tags_they_do_not(lake: Lake) -> None:
    assert facts(lake)[1] == [(date(1900, 1, 1), "", 4, Decimal(15))]


def test_segments_and_tags_divide_together(lake: Lake) -> None:
    day = date(2026, 10, 20)
    assert facts(lake, "env", boundaries=(day,))[1][-1] == (day, "test", 1, Decimal(4))


def test_other_keys_or_boundaries_are_another_cache(lake: Lake) -> None:
    day = date(2026, 10, 20)
    paths = {facts(lake)[0], facts(lake, "env")[0], facts(lake, "env", "team")[0], facts(lake, boundaries=(day,))[0]}
    assert len(paths) == 4
    assert facts(lake, "env")[0] in paths


def test_covered_rows_without_a_list_price_are_counted(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    used = {"CommitmentDiscountStatus": "Used", "BilledCost": "0"}
    add_slice(lake, [used, used, used | {"ListCost": "3"}, used | {"PricingQuantity": "0"}, {"BilledCost": "0"}])
    path, _ = facts(lake)
    with connect() as con:
        counts = con.execute(f"select LineCount, UnlistedCount from '{path}' order by all").fetchall()
    assert counts == [(1, 0), (4, 2)]


def test_missed_benefits_are_summed_apart(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    missed = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitStatus": "missed", "x_PartnerBenefitMissed": "0.15"}
    add_slice(lake, [missed, missed, {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitAmount": "0.2"}])
    path, _ = facts(lake)
    with connect() as con:
        sums = con.execute(f"select PartnerBenefitAmount, PartnerBenefitMissed from '{path}' order by all").fetchall()
    assert sums == [(0, Decimal("0.3")), (Decimal("0.2"), 0)]
