"""The FOCUS metadata of a bundle: its sections and names, and that each says what the files are."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.progress import silent
from pipelines.publishing import publish
from pipelines.publishing.metadata import FILE, tag_prefixes
from tests.unit.publishing.month import EDGES, PERIOD, Month, allow, make_month

CREATED = {
    # A schema that changes gets another id: then its day in audience.yml is the day of the change.
    "cost_and_usage.parquet": ("2026-11-22", "d74296e8-945a-6fb7-69aa-0c54df55235d"),
    "cost_and_usage_focus_1_2.parquet": ("2026-11-22", "70361ff8-9bcb-a68d-48f3-0091432864d6"),
    "invoice_detail.parquet": ("2026-11-22", "ef1ef601-da31-a483-cffd-8e0cac1d6f5b"),
    "billing_period.parquet": ("2026-11-22", "f47e7b8a-2862-6387-43dd-32d2e48ccf7a"),
    "contract_commitment.parquet": ("2026-11-22", "cd727502-20f7-30ef-ce5a-c44b1de98b67"),
}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    found = make_month(tmp_path_factory.mktemp("month"))
    allow(found)
    publish(found.lake, found.ledger, PERIOD, silent)
    return found


def metadata(month: Month, seller: str, buyer: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((month.bundle(seller, buyer) / FILE).read_text(encoding="utf-8"))
    return found


def by_file(found: dict[str, Any], section: str) -> dict[str, Any]:
    """Objects of a section by the file that their dataset instance is."""
    files = {one["DatasetInstanceId"]: one["x_FileName"] for one in found["DatasetInstance"]}
    return {files[one["DatasetInstanceId"]]: one for one in found[section]}


@pytest.mark.parametrize("edge", EDGES, ids=" > ".join)
def test_every_focus_file_is_an_instance_with_one_schema_and_one_recency(month: Month, edge: tuple[str, str]) -> None:
    found = metadata(month, *edge)
    assert set(found) == {"DataGenerator", "DatasetInstance", "Recency", "Schema"}
    assert found["DataGenerator"] == {"DataGenerator": f"Name of {edge[0]}"}
    ours = {"daily_costs.parquet", "cost_centres.parquet"}
    focus = {path.name for path in month.bundle(*edge).glob("*.parquet")} - ours
    assert len(focus) == (5 if edge == ("res", "cust") else 4)
    for section in ("Recency", "Schema", "DatasetInstance"):
        assert set(by_file(found, section)) == focus
        assert len(found[section]) == len(focus)
    ids = {file: one["FocusDatasetId"] for file, one in by_file(found, "DatasetInstance").items()}
    assert ids["cost_and_usage.parquet"] == ids.get("cost_and_usage_focus_1_2.parquet", "CostAndUsage")
    assert set(ids.values()) == {"CostAndUsage", "InvoiceDetail", "BillingPeriod", "ContractCommitment"}


@pytest.mark.parametrize("edge", EDGES, ids=" > ".join)
def test_schemas_have_the_columns_of_their_files(month: Month, edge: tuple[str, str]) -> None:
    for file, schema in by_file(metadata(month, *edge), "Schema").items():
        written = pq.read_schema(month.bundle(*edge) / file)
        assert [column["ColumnName"] for column in schema["ColumnDefinition"]] == written.names
        assert schema["FocusVersion"] == ("1.2" if "1_2" in file else "1.4")
        for column, field in zip(schema["ColumnDefinition"], written, strict=True):
            digits = (column.get("NumericPrecision"), column.get("NumberScale"))
            kind = field.type
            assert digits == ((kind.precision, kind.scale) if column["DataType"] == "DECIMAL" else (None, None))
            assert (column["DataType"] in ("STRING", "JSON")) == (column.get("StringEncoding") == "UTF-8")


def test_a_schema_that_changes_has_a_new_day(month: Month) -> None:
    found = {file: schema for edge in EDGES for file, schema in by_file(metadata(month, *edge), "Schema").items()}
    known = {file: (schema["CreationDate"][:10], schema["SchemaId"]) for file, schema in found.items()}
    assert known == CREATED


def test_what_rests_on_estimates_is_not_complete(month: Month) -> None:
    for edge, is_complete in ((("op", "direct"), False), (("op", "res"), True)):
        recency = by_file(metadata(month, *edge), "Recency")
        (sector,) = recency["cost_and_usage.parquet"]["TimeSectors"]
        assert sector == {
            "TimeSectorStart": "2026-10-01T00:00:00Z",
            "TimeSectorEnd": "2026-11-01T00:00:00Z",
            "TimeSectorLastUpdated": "2026-11-01T00:00:00Z",
            "TimeSectorComplete": is_complete,
        }
        assert recency["invoice_detail.parquet"]["DatasetInstanceComplete"] is is_complete
        assert recency["billing_period.parquet"]["DatasetInstanceComplete"] is True


def test_tags_name_the_prefixes_of_the_providers_in_the_bundle_only() -> None:
    assert tag_prefixes(["aws"]) == ("aws:", "aws_")
    assert tag_prefixes(["a-vendor"]) == ()
    assert set(tag_prefixes()) > {"aws:", "goog-"}
