from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import RebillError
from pipelines.progress import silent
from pipelines.publishing import publish, render
from tests.unit.publishing.month import PERIOD, Month, allow, make_month, tree

NAME = "cost_and_usage_focus_1_2.parquet"


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    found = make_month(tmp_path_factory.mktemp("month"))
    allow(found)
    publish(found.lake, found.ledger, PERIOD, silent)
    return found


def test_a_contract_that_asks_has_the_rendition_in_its_bundle_and_nobody_else(month: Month, tmp_path: Path) -> None:
    assert [path.parents[1].name for path in month.published.rglob(NAME)] == ["buyer=cust"]
    found = render(month.lake, PERIOD, "cust", "1.2", tmp_path)
    assert (found.seller, found.version, found.rows) == ("res", 1, pq.read_metadata(tmp_path / NAME).num_rows)
    assert (tmp_path / NAME).read_bytes() == (month.bundle("res", "cust") / NAME).read_bytes()


def test_rendering_leaves_the_publication_as_it_is(month: Month, tmp_path: Path) -> None:
    before = tree(month.published)
    arguments = ["render", "2026-10", "--buyer", "direct", "--focus", "1.2"]
    result = CliRunner().invoke(app, [*arguments, "--lake", str(month.lake.root), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert tree(month.published) == before
    names = pq.read_schema(tmp_path / NAME).names
    assert {"ProviderName", "PublisherName"} <= set(names)
    assert "ServiceProviderName" not in names


@pytest.mark.parametrize(
    ("buyer", "focus", "said"),
    [("cust", "1.9", "'1.9' is no FOCUS version"), ("nobody", "1.2", "no published bundle for nobody")],
)
def test_what_cannot_be_rendered_is_refused(month: Month, tmp_path: Path, buyer: str, focus: str, said: str) -> None:
    with pytest.raises(RebillError, match=said):
        render(month.lake, PERIOD, buyer, focus, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_lake_is_refused(month: Month) -> None:
    with pytest.raises(RebillError, match="lies in the lake"):
        render(month.lake, PERIOD, "cust", "1.2", month.published)


def test_two_sellers_have_to_be_told_apart(tmp_path: Path) -> None:
    month = make_month(tmp_path / "lake")
    allow(month)
    publish(month.lake, month.ledger, PERIOD, silent)
    (month.published / "seller=op/buyer=res").rename(month.published / "seller=op/buyer=cust")
    with pytest.raises(RebillError, match="bundles of op, res"):
        render(month.lake, PERIOD, "cust", "1.2", tmp_path / "out")
    assert render(month.lake, PERIOD, "cust", "1.2", tmp_path / "out", seller="op").seller == "op"


def test_a_damaged_bundle_is_refused(tmp_path: Path) -> None:
    month = make_month(tmp_path / "lake")
    allow(month)
    publish(month.lake, month.ledger, PERIOD, silent)
    path = month.bundle("res", "cust") / "cost_and_usage.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RebillError, match="not what was published"):
        render(month.lake, PERIOD, "cust", "1.2", tmp_path / "out")
