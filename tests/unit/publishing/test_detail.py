from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.gates.evidence import open_marts
from pipelines.lake import ROW_GROUP
from pipelines.publishing import packing, parquet
from pipelines.publishing.audience import rules
from pipelines.publishing.bundles import _attach
from pipelines.publishing.detail import CHUNK_ROWS, Totals, write_details
from pipelines.publishing.edges import Edge, mount
from tests.unit.publishing.month import EDGES, PERIOD, Month, make_month, rows, tree

HELD = [Edge("op", "other")]


def details(month: Month, out: Path, held: list[Edge] | None = None, chunk_rows: int = CHUNK_ROWS) -> Totals:
    scratch = out / "scratch"
    scratch.mkdir(parents=True)
    with open_marts(month.build) as con:
        edges = mount(con, PERIOD, held or [])
        view = _attach(con, month.lake.work(f"build={'b' * 32}") / "work.duckdb")
        return write_details(con, view, edges, lambda number: out / "files" / f"{number}.parquet", scratch, chunk_rows)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return make_month(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def files(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("details")
    details(month, out)
    return out / "files"


def test_one_file_per_edge_with_exactly_the_listed_columns(files: Path) -> None:
    assert sorted(path.name for path in files.iterdir()) == [f"{number}.parquet" for number in range(len(EDGES))]
    for path in files.iterdir():
        assert pq.read_schema(path).names == [rule.column for rule in rules("cost_and_usage")]


def test_every_row_of_the_edge_is_there_in_canonical_order(files: Path) -> None:
    for path in files.iterdir():
        found = rows(path)
        assert len([row for row in found if row["ChargeCategory"] == "Usage"]) == 60
        assert [row["x_ChargeOrdinal"] for row in found] == list(range(1, len(found) + 1))
        keys = [(row["x_TenantId"], row["SubAccountId"] is None, row["SubAccountId"] or "") for row in found]
        assert keys == sorted(keys)


def test_the_sum_is_the_invoice_to_the_last_digit(month: Month, tmp_path: Path) -> None:
    totals = details(month, tmp_path)
    billed = rows(month.build / "marts_invoices.parquet", "select InvoiceId, BilledCost from t")
    assert {invoice: total for (_, invoice), total in totals.items()} == {
        row["InvoiceId"]: row["BilledCost"] for row in billed
    }


def test_identity_is_the_sellers(files: Path) -> None:
    names = "BillingAccountId, BillingAccountName, InvoiceIssuerName, InvoiceId"
    found = rows(files / "3.parquet", f"select distinct {names} from t")
    assert found == [
        {
            "BillingAccountId": "cust",
            "BillingAccountName": "Name of cust",
            "InvoiceIssuerName": "Name of res",
            "InvoiceId": "RES-CUST-2026-10-EUR",
        }
    ]


def test_a_commitment_of_others_has_a_number_of_the_bundle_wherever_it_stands(files: Path) -> None:
    for number, edge in enumerate(EDGES):
        found = rows(files / f"{number}.parquet", "select * from t where CommitmentDiscountId is not null")
        expected = {"commitment-1", "commitment/own-1"} if edge[0] == "op" else {"commitment-1"}
        if edge == ("op", "other"):  # its bundle is white label
            expected = {"commitment-1", "commitment-2"}
        assert {row["CommitmentDiscountId"] for row in found} == expected
        assert all(row["ResourceId"] == row["CommitmentDiscountId"] for row in found)
        reserved = rows(files / f"{number}.parquet", "select distinct CapacityReservationId as v from t order by v")
        assert [row["v"] for row in reserved] == ["reservation-1", None]


def test_a_commitment_that_the_edge_does_not_name_is_no_resource_either(tmp_path: Path) -> None:
    """Its id as a resource, on rows that do not say that they are a commitment's."""
    named = {"CommitmentDiscountId": "case when SellerTenantId = 'op' then Commitment end"}
    details(make_month(tmp_path / "lake", charge=named), tmp_path / "out")
    found = rows(tmp_path / "out" / "files" / "3.parquet", "select distinct ResourceId as v from t where v like 'c%'")
    assert found == [{"v": "commitment"}]


def test_descriptions_say_what_was_bought_not_what_the_provider_wrote(files: Path) -> None:
    found = rows(files / "0.parquet", "select distinct ChargeCategory, ChargeDescription from t order by all")
    assert {row["ChargeDescription"] for row in found} == {
        *("Rounding", "service 0", "service 1", "service 2"),
        "Support, 7.5 percent",
    }


def test_a_custom_line_has_a_row_and_the_rounding_of_its_own(files: Path) -> None:
    found = rows(files / "0.parquet", "from t where InvoiceDetailId = 'custom-line-of-direct' order by x_ChargeOrdinal")
    assert [(row["ChargeCategory"], str(row["BilledCost"])) for row in found] == [
        ("Purchase", f"12.345{'0' * 21}"),
        ("Adjustment", f"0.005{'0' * 21}"),
    ]


@pytest.mark.parametrize("chunk_rows", [1, 50, 70, 10_000])
def test_bytes_do_not_depend_on_how_the_scan_is_cut(month: Month, files: Path, tmp_path: Path, chunk_rows: int) -> None:
    details(month, tmp_path, chunk_rows=chunk_rows)
    assert tree(tmp_path / "files") == tree(files)


@pytest.mark.parametrize("chunk_rows", [40, 1_000_000])
def test_row_groups_are_cut_by_rows_not_by_chunks(
    month: Month, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_rows: int
) -> None:
    for module in (packing, parquet):
        monkeypatch.setattr(module, "SMALL", 10)
    monkeypatch.setattr(packing, "ROW_GROUP", 16)
    details(month, tmp_path, chunk_rows=chunk_rows)
    metadata = pq.read_metadata(tmp_path / "files" / "3.parquet")
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {16}
    assert 0 < sizes[-1] <= 16
    assert metadata.row_group(0).column(6).compression == "ZSTD"
    found = rows(tmp_path / "files" / "3.parquet")
    assert [row["x_ChargeOrdinal"] for row in found] == list(range(1, len(found) + 1))
    assert {row["x_TenantId"] for row in found} == {"cust"}


def test_large_and_small_files_hold_the_same_rows(
    month: Month, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "SMALL", 0)
    details(month, tmp_path)
    for path in files.iterdir():
        assert pq.read_table(tmp_path / "files" / path.name).equals(pq.read_table(path))


def test_held_edges_are_never_read(month: Month, tmp_path: Path) -> None:
    details(month, tmp_path, HELD)
    assert len(list((tmp_path / "files").iterdir())) == len(EDGES) - 1
    assert not any("other" in path.read_bytes().decode("latin-1") for path in (tmp_path / "files").iterdir())


def test_nothing_to_publish_writes_nothing(month: Month, tmp_path: Path) -> None:
    assert details(month, tmp_path, [Edge(*edge) for edge in EDGES]) == {}
    assert not (tmp_path / "files").exists()


def test_an_edge_without_rows_has_a_file_with_the_same_types(month: Month, files: Path, tmp_path: Path) -> None:
    empty = make_month(tmp_path / "lake", "delete from work.main.charges where SellerTenantId = 'res';")
    details(empty, tmp_path / "out")
    schema = pq.read_schema(tmp_path / "out" / "files" / "3.parquet")
    assert schema.equals(pq.read_schema(files / "3.parquet"))


def test_row_groups_are_those_of_the_lake() -> None:
    assert packing.ROW_GROUP == ROW_GROUP
