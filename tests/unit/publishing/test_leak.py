"""No bundle tells its buyer what its seller pays, who else buys, or what the provider said."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.progress import silent
from pipelines.publishing import packing, publish
from pipelines.publishing.audience import rules
from tests.unit.publishing.month import EDGES, FORBIDDEN, PERIOD, Month, allow, make_month, rows

TENANTS = ["direct", "other", "cust"]
FILES = {
    "cost_and_usage.parquet": "cost_and_usage",
    "invoice_detail.parquet": "invoice_detail",
    "daily_costs.parquet": "daily_costs",
    "cost_centres.parquet": "cost_centres",
}


@pytest.fixture(scope="module", params=[packing.SMALL, 0], ids=["plain text", "dictionaries"])
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A month whose detail files are all packed the way of small ones, then of large ones; nothing is compressed."""
    found = make_month(tmp_path_factory.mktemp("month"))
    allow(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "SMALL", request.param)
        patch.setattr("pipelines.publishing.parquet.SMALL", -1)
        write = pq.ParquetWriter

        def readable(path: Path, schema: object, **options: object) -> pq.ParquetWriter:
            return write(path, schema, **{**options, "compression": "none", "compression_level": None})

        patch.setattr(pq, "ParquetWriter", readable)
        publish(found.lake, found.ledger, PERIOD, silent)
    return found


def siblings(edge: tuple[str, str]) -> list[str]:
    """Texts that only rows of other tenants have."""
    own = {"direct": "direct", "other": "other", "res": "cust", "cust": "cust"}[edge[1]]
    return [f"{kind}-{tenant}-" for tenant in TENANTS if tenant != own for kind in ("vm", "sub")]


@pytest.mark.parametrize("edge", EDGES, ids=" > ".join)
def test_columns_are_those_of_the_allow_list(month: Month, edge: tuple[str, str]) -> None:
    for name, file in FILES.items():
        if name == "cost_centres.parquet" and edge != ("res", "cust"):
            assert not (month.bundle(*edge) / name).exists()
            continue
        assert pq.read_schema(month.bundle(*edge) / name).names == [rule.column for rule in rules(file)]


@pytest.mark.parametrize("edge", EDGES, ids=" > ".join)
def test_no_byte_of_a_bundle_says_what_is_withheld(month: Month, edge: tuple[str, str]) -> None:
    for path in month.bundle(*edge).iterdir():
        content = path.read_bytes()
        for text in [*FORBIDDEN, *siblings(edge), "config-hash", "code-hash", str(month.lake.root), "PartnerBenefit"]:
            assert text.encode() not in content, f"{path.name} says {text}"


def test_the_scan_would_see_a_leak(month: Month) -> None:
    """The same search finds what is meant to be there."""
    content = (month.bundle("res", "cust") / "cost_and_usage.parquet").read_bytes()
    assert b"vm-cust-1" in content
    assert b"sub-cust-0" in content


def test_a_buyer_does_not_see_the_price_above_it(month: Month) -> None:
    """Same charges, two edges: no amount of the reseller's own bill stands in its customer's."""
    money = "select distinct BilledCost as v from t where ChargeCategory = 'Usage' and BilledCost <> 0"
    bought = {row["v"] for row in rows(month.bundle("op", "res") / "cost_and_usage.parquet", money)}
    every = (
        "select distinct unnest([BilledCost, EffectiveCost, ContractedCost, PricingCurrencyEffectiveCost]) as v from t"
    )
    shown = {row["v"] for row in rows(month.bundle("res", "cust") / "cost_and_usage.parquet", every)}
    assert bought
    assert not bought & shown


@pytest.mark.parametrize("edge", EDGES, ids=" > ".join)
def test_statistics_and_metadata_speak_of_the_edge_only(month: Month, edge: tuple[str, str]) -> None:
    for name in FILES:
        if not (month.bundle(*edge) / name).exists():
            continue
        metadata = pq.read_metadata(month.bundle(*edge) / name)
        assert metadata.metadata is None
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                column = metadata.row_group(group).column(index)
                if column.path_in_schema.endswith("Cost"):
                    assert not column.is_stats_set
                elif column.is_stats_set and column.statistics.has_min_max:
                    said = f"{column.statistics.min} {column.statistics.max}"
                    assert not any(text in said for text in [*FORBIDDEN, *siblings(edge)])


def test_ordinals_do_not_count_rows_of_others(month: Month) -> None:
    for edge in EDGES:
        found = rows(month.bundle(*edge) / "cost_and_usage.parquet", "select x_ChargeOrdinal from t")
        assert [row["x_ChargeOrdinal"] for row in found] == list(range(1, len(found) + 1))
