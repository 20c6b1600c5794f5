"""Every FOCUS file of every bundle of a generated month has the columns of focus_schemas/, with values it allows.

The rows are what providers and configurations make of them. What a provider leaves out although FOCUS forbids it stands
in a list here, so that nothing else can be missing unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.publishing.metadata import FILE, NAMES
from pipelines.schemas import dataset
from tests.properties.conftest import Billed
from tests.properties.months import PERIOD

pytestmark = pytest.mark.slow
VERSIONS = {**dict.fromkeys(NAMES, "1_4"), "cost_and_usage_focus_1_2": "1_2"}
STORED = {"VARCHAR": pa.string(), "DECIMAL(38,12)": pa.decimal128(38, 12), "TIMESTAMP": pa.timestamp("us")}
# Provider gaps: no SKU or unit where the provider's line has none.
GAPS: set[tuple[str, str]] = set()


def files(billed: Billed) -> Iterator[tuple[str, pa.Table]]:
    """File name without ending and rows of every FOCUS file of every buyer."""
    for path in sorted((billed.lake / "published").glob(f"period={PERIOD}/seller=*/buyer=*/version=*/*.parquet")):
        if path.stem in VERSIONS:
            yield path.stem, pq.read_table(path, partitioning=None)


def columns(file: str) -> tuple[str, str]:
    """The dataset and version of a file."""
    return file.partition("_focus_")[0], VERSIONS[file]


@pytest.fixture(scope="module")
def tables(billed: Billed) -> list[tuple[str, pa.Table]]:
    return list(files(billed))


def test_every_kind_of_file_is_there(tables: list[tuple[str, pa.Table]]) -> None:
    counted = {name: sum(file == name for file, _ in tables) for name in VERSIONS}
    assert len({counted[name] for name in NAMES}) == 1
    assert 0 < counted["cost_and_usage_focus_1_2"] < counted["cost_and_usage"]
    assert sum(len(table) for file, table in tables if file == "contract_commitment") > 0


def test_focus_columns_stand_first_in_order_with_their_types(tables: list[tuple[str, pa.Table]]) -> None:
    for file, table in tables:
        wanted = dataset(*columns(file))
        assert table.column_names[: len(wanted)] == [column.id for column in wanted], file
        assert all(name.startswith("x_") for name in table.column_names[len(wanted) :]), file
        for column in wanted:
            kind = table.schema.field(column.id).type
            stored = STORED[column.storage]
            is_money = pa.types.is_decimal(stored) and pa.types.is_decimal(kind) and kind.scale in (4, 12, 24)
            assert is_money or kind == stored, (file, column.id, kind)


def test_nothing_is_null_that_must_not_be(tables: list[tuple[str, pa.Table]]) -> None:
    missing = {
        (file, column.id)
        for file, table in tables
        for column in dataset(*columns(file))
        if not column.nulls and table[column.id].null_count
    }
    assert missing == GAPS


def test_values_are_those_that_are_allowed(tables: list[tuple[str, pa.Table]]) -> None:
    for file, table in tables:
        for column in dataset(*columns(file)):
            found = {value for value in pc.unique(table[column.id]).to_pylist() if value is not None}
            assert not column.values or found <= set(column.values), (file, column.id, found)


def test_lines_and_charges_are_linked_and_of_the_issuers_period(billed: Billed) -> None:
    for bundle in _bundles(billed):
        charges, lines, period = (
            pq.read_table(bundle / f"{name}.parquet", partitioning=None)
            for name in ("cost_and_usage", "invoice_detail", "billing_period")
        )
        assert set(charges["InvoiceDetailId"].to_pylist()) == set(lines["InvoiceDetailId"].to_pylist())
        assert len(period) == 1
        for name in ("InvoiceIssuerName", "BillingPeriodStart"):
            assert {*charges[name].to_pylist(), *lines[name].to_pylist()} == {*period[name].to_pylist()}


def test_metadata_describe_the_files(billed: Billed) -> None:
    for bundle in _bundles(billed):
        found = json.loads((bundle / FILE).read_text(encoding="utf-8"))
        names = {one["DatasetInstanceId"]: one["x_FileName"] for one in found["DatasetInstance"]}
        for schema in found["Schema"]:
            written = pq.read_schema(bundle / names[schema["DatasetInstanceId"]])
            assert [column["ColumnName"] for column in schema["ColumnDefinition"]] == written.names


def test_promises_are_of_their_own_contract(tables: list[tuple[str, pa.Table]]) -> None:
    for file, table in tables:
        for row in table.to_pylist() if file == "contract_commitment" else ():
            assert row["ContractCommitmentPeriodStart"] < row["ContractCommitmentPeriodEnd"]
            assert (row["ContractCommitmentCost"] is None) != (row["ContractCommitmentQuantity"] is None)
            upfront = row["ContractCommitmentPaymentUpfrontPercentage"]
            assert upfront == (1 if row["ContractCommitmentPaymentModel"] == "All Upfront" else 0)
            assert json.loads(row["ContractCommitmentApplicability"])


def _bundles(billed: Billed) -> list[Path]:
    return sorted((billed.lake / "published").glob(f"period={PERIOD}/seller=*/buyer=*/version=*"))
