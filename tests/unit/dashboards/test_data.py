"""The reader shows what the files say, and can see nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dashboards.data import Bundle, Filter, Reader, current
from pipelines.errors import RebillError
from pipelines.money import ZERO, Decimal


def published(bundle: Bundle | None, name: str) -> list[dict[str, object]]:
    assert bundle is not None
    return pq.read_table(bundle.file(name)).to_pylist()


def test_periods_are_newest_first(reader: Reader) -> None:
    assert reader.periods() == ["2026-10", "2026-09", "2026-08"]


def test_a_lake_that_is_not_there_has_no_period(tmp_path: Path) -> None:
    assert Reader(tmp_path / "nowhere").periods() == []


def test_a_refused_month_has_status_and_no_operator_bundle(reader: Reader) -> None:
    assert reader.status("2026-09") is not None
    assert reader.operator("2026-09") is None
    assert reader.bundle_count("2026-09") == 0


def test_the_pointer_decides_which_version_is_read(tmp_path: Path) -> None:
    for version in (1, 2, 10):
        (tmp_path / f"version={version}").mkdir()
    (tmp_path / "current.json").write_text(json.dumps({"version": 2, "bundle": "00"}))
    assert current(tmp_path) == Bundle(tmp_path / "version=2", 2)
    (tmp_path / "current.json").write_text(json.dumps({"version": 3, "bundle": "00"}))
    assert current(tmp_path) is None


def test_a_damaged_pointer_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("{")
    with pytest.raises(RebillError, match=r"current\.json"):
        current(tmp_path)


@pytest.mark.parametrize("by", ["edge", "customer", "provider", "service", "total"])
def test_margin_adds_up_to_the_published_rows(reader: Reader, by: str) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    rows = reader.margin(bundle, by, Filter({"SellerTenantId": "meridian"}), 1000)
    expected = [row for row in published(bundle, "margin.parquet") if row["SellerTenantId"] == "meridian"]
    for name in ("Revenue", "Cost", "Margin", "PartnerBenefit"):
        assert sum((row[name] for row in rows), ZERO) == sum((row[name] for row in expected), ZERO)  # type: ignore[misc]
    assert all(isinstance(row["Margin"], Decimal) for row in rows)
    assert [row["Margin"] for row in rows] == sorted((row["Margin"] for row in rows), reverse=True)


def test_margin_says_how_many_rows_it_left_out(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    every = reader.margin(bundle, "customer", Filter(), 1000)
    some = reader.margin(bundle, "customer", Filter(), 3)
    assert every[:3] == some
    assert some[0]["Found"] == len(every) > 3


def test_single_margin_rows_are_the_published_ones(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    row = next(row for row in published(bundle, "margin.parquet") if row["PartnerBenefit"])
    names = ("SellerTenantId", "BuyerTenantId", "TenantId", "x_Provider", "ServiceName")
    found = reader.margin(bundle, "total", Filter({name: str(row[name]) for name in names}), 1)
    assert [found[0][name] for name in ("Revenue", "Cost", "Margin")] == [row["Revenue"], row["Cost"], row["Margin"]]


def test_proof_lists_what_does_not_tie_first(reader: Reader) -> None:
    bundle = reader.status("2026-09")
    assert bundle is not None
    summary = reader.proof_summary(bundle)
    assert (summary[0]["Compared"], summary[0]["Tied"]) == (3, 2)
    assert summary[0]["LargestDifference"] == Decimal("118.2")
    first = reader.proof_rows(bundle, None, 5)[0]
    assert (first["IsTied"], first["Difference"]) == (False, Decimal("-118.2"))
    assert first["Expected"] == Decimal("268120.440000000001")


def test_coverage_keeps_all_lines_and_cost(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    rows, expected = reader.coverage(bundle), published(bundle, "coverage.parquet")
    assert sum(row["LineCount"] for row in rows) == sum(row["LineCount"] for row in expected)  # type: ignore[misc]
    assert sum(row["BilledCost"] for row in rows) == sum(row["BilledCost"] for row in expected)  # type: ignore[misc]


def test_filters_take_hostile_text_as_text(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    assert reader.margin(bundle, "edge", Filter({"SellerTenantId": "x' or 1=1 --"}), 9) == []
    assert reader.margin(bundle, "edge", Filter({}, "%' or '1'='1", ("TenantName",)), 9) == []


def test_the_connection_is_fenced(reader: Reader, lake: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    (lake / "ledger.csv").write_text("a\n1\n")
    for path in (outside, lake / "ledger.csv"):
        with pytest.raises(duckdb.PermissionException):
            reader.rows(f"select * from read_csv('{path}')")
    with pytest.raises(duckdb.Error):
        reader.rows("set enable_external_access = true")
