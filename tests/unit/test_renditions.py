"""Our rows as FOCUS 1.2: the columns and their order, what fills the two older names, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import RebillError
from pipelines.lake import ROW_GROUP, connect
from pipelines.money import Decimal
from pipelines.renditions import rendered, write_rendition
from pipelines.schemas import dataset, slice_columns


def rows(*given: dict[str, object]) -> pa.Table:
    """Slice rows with these values, the rest empty."""
    with connect() as con:
        columns = ", ".join(f"{column.id} {column.storage}" for column in slice_columns())
        con.execute(f"create table charges ({columns})")
        for row in given:
            marks = ", ".join("?" for _ in row)
            con.execute(f"insert into charges ({', '.join(row)}) values ({marks})", list(row.values()))
        return con.execute("select * from charges").to_arrow_table()


def test_it_has_the_57_columns_in_order_then_ours() -> None:
    names = rendered(rows()).column_names
    assert len(dataset("cost_and_usage", "1_2")) == 57
    assert names[:57] == [column.id for column in dataset("cost_and_usage", "1_2")]
    assert names[57:] == [column.id for column in slice_columns() if column.id.startswith("x_")]
    assert rendered(rows(), extensions=False).column_names == names[:57]


def test_every_older_column_is_ours_of_the_same_type_or_names_its_sources() -> None:
    ours = {column.id: column for column in slice_columns()}
    for column in dataset("cost_and_usage", "1_2"):
        for source in column.sources or (column.id,):
            assert ours[source].storage == column.storage, column
        if not column.sources:
            assert column.meaning == ours[column.id].meaning


@pytest.mark.parametrize(
    ("made_by", "host", "publisher"),
    [(None, "Cloud", "Cloud"), (None, None, "Seller"), ("Vendor", "Cloud", "Vendor")],
    ids=["the host", "nothing hosted", "marketplace"],
)
def test_who_offers_and_who_made_it(made_by: str | None, host: str | None, publisher: str) -> None:
    row = {"ServiceProviderName": "Seller", "HostProviderName": host, "x_PublisherName": made_by}
    found = rendered(rows(row)).to_pylist()[0]
    assert (found["ProviderName"], found["PublisherName"]) == ("Seller", publisher)


def test_a_bundle_without_a_source_of_lower_rank_is_rendered() -> None:
    table = rows({"ServiceProviderName": "Seller", "HostProviderName": "Cloud"}).drop_columns(["x_PublisherName"])
    assert rendered(table)["PublisherName"].to_pylist() == ["Cloud"]


def test_every_missing_column_is_named() -> None:
    with pytest.raises(RebillError) as refused:
        rendered(rows().drop_columns(["BilledCost", "ServiceProviderName"]))
    text = str(refused.value)
    assert "no BilledCost, which FOCUS 1.2 needs" in text
    assert "no ServiceProviderName, which FOCUS 1.2 needs for ProviderName" in text


def test_a_file_keeps_its_rows_their_order_and_their_amounts(tmp_path: Path) -> None:
    count = ROW_GROUP + 3
    amounts = pa.array([Decimal(number).scaleb(-12) for number in range(count)], pa.decimal128(38, 12))
    names = pa.array(["Seller"] * count).dictionary_encode()
    empty = {field.name: pa.nulls(count, field.type) for field in rows().schema}
    pq.write_table(pa.table(empty | {"BilledCost": amounts, "ServiceProviderName": names}), tmp_path / "own.parquet")
    assert write_rendition(tmp_path / "own.parquet", tmp_path / "older.parquet") == count
    older = pq.read_table(tmp_path / "older.parquet")
    assert older["BilledCost"].combine_chunks().equals(amounts)
    assert set(older["PublisherName"].to_pylist()) == {"Seller"}
    assert pq.read_metadata(tmp_path / "older.parquet").num_row_groups == 2
