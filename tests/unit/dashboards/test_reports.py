"""Commitments and credits as the files have them; sums are exact."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dashboards.data import Filter, Reader
from dashboards.reports import BENEFITS, COMMITMENTS, Reports, days, labels, operator_bundle, percent, short_id
from pipelines.money import ZERO, Decimal


@pytest.fixture
def reports(reader: Reader) -> Reports:
    bundle = operator_bundle(reader, "2026-10", COMMITMENTS)
    assert bundle is not None
    return Reports(reader, bundle)


def test_the_latest_run_speaks_also_where_nothing_is_published(reader: Reader) -> None:
    refused = operator_bundle(reader, "2026-09", COMMITMENTS)
    assert refused is not None
    assert refused.path.parent.name == "status"
    assert operator_bundle(reader, "2026-09", "margin.parquet") is None


def test_totals_are_the_sums_of_the_file(reports: Reports) -> None:
    rows = pq.read_table(reports.bundle.file(COMMITMENTS)).to_pylist()
    (total,) = reports.commitment_totals(Filter())
    for name in ("Used", "Unused", "Saving"):
        assert total[name] == sum((row[name] or ZERO for row in rows), ZERO)
    assert total["Found"] == len(rows)
    (margin,) = reports.margin_totals(Filter({"x_Provider": "aws"}))
    assert margin["Margin"] == sum((row["Margin"] for row in rows if row["x_Provider"] == "aws"), ZERO)


def test_the_gravest_sharing_comes_first(reports: Reports) -> None:
    assert [(row["IsShared"], row["Severity"]) for row in reports.sharing(Filter())] == [
        (True, "warn"), (True, "warn"), (True, "allow"), (False, "allow"),
    ]  # fmt: skip


def test_credits_add_up_by_customer_and_subscription(reports: Reports) -> None:
    rows = pq.read_table(reports.bundle.file(BENEFITS)).to_pylist()
    for by in ("customer", "subscription", "total"):
        found = reports.benefits(by, Filter())
        assert sum((row["Missed"] for row in found), ZERO) == sum((row["MissedAmount"] for row in rows), ZERO)
        assert all(row["Kept"] == row["Earned"] - row["Shared"] for row in found)
    assert reports.benefits("customer", Filter())[0]["TenantId"] == "cedar-labs"


def test_long_ids_are_known_by_their_end() -> None:
    assert short_id("arn:aws:savingsplans::1:savingsplan/8d0c41f2") == "8d0c41f2"
    assert short_id("arn:aws:rds:eu:1:ri:ri-7") == "ri-7"
    assert short_id("/orders/A2c8b7d0-5e61-4f3b-b1c9-7d2f00aa41b2/") == "A2c8b7d0"
    same = [{"CommitmentDiscountId": name} for name in ("a/1", "b/1", "c/2")]
    assert labels(same) == ["a/1", "b/1", "2"]


def test_use_is_shown_in_percent() -> None:
    assert percent(Decimal("0.666666666667")) == "66.7 %"
    assert percent(None) == "—"


def test_days_are_short() -> None:
    assert days(date(2026, 10, 2), date(2026, 10, 28)) == "2-28 Oct"
    assert days(date(2026, 9, 30), date(2026, 10, 1)) == "30 Sep - 1 Oct"
    assert days(date(2026, 10, 2), date(2026, 10, 2)) == "2 Oct"


def test_a_lake_without_reports_says_so(tmp_path: Path) -> None:
    assert operator_bundle(Reader(tmp_path), "2026-10", COMMITMENTS) is None
