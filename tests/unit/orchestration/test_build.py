"""The code location as a whole: it loads without warnings, and the graph is the flow."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from pipelines.layers import Layer
from pipelines.orchestration.assets import BUNDLES, DELIVERIES, MODELS, SLICES, model_key
from pipelines.orchestration.build import build_defs
from pipelines.orchestration.checks import GROUPS
from pipelines.schemas import ROOT

ORDER = [layer.value for layer in Layer]


@pytest.fixture(scope="module")
def graph():
    return build_defs().resolve_asset_graph()


def test_loads_without_a_warning_of_dagster() -> None:
    """Beta, preview and supersession are FutureWarnings; they are given when a definition is made: at import."""
    command = [sys.executable, "-W", "error::FutureWarning", "-c", "import pipelines.definitions"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def test_every_layer_is_a_group(graph) -> None:
    groups = {graph.get(key).group_name for key in graph.materializable_asset_keys}
    assert groups == set(ORDER)


def test_money_flows_one_way(graph) -> None:
    for key in graph.materializable_asset_keys:
        for parent in graph.get(key).parent_keys:
            assert ORDER.index(graph.get(parent).group_name) <= ORDER.index(graph.get(key).group_name)


def test_every_asset_is_reached_from_the_deliveries(graph) -> None:
    assert graph.root_materializable_asset_keys == {DELIVERIES}


def test_every_asset_says_what_it_is(graph) -> None:
    for key in graph.materializable_asset_keys:
        assert graph.get(key).description, key
    for model in MODELS:
        assert model.purpose, model.name
        assert model.grain.startswith("Grain: "), model.name


def test_raw_and_focus_by_month_and_provider_the_rest_by_month(graph) -> None:
    for key in graph.materializable_asset_keys:
        by_source = key in (DELIVERIES, SLICES)
        assert isinstance(graph.get(key).partitions_def, dg.MultiPartitionsDefinition) is by_source


def test_publishing_waits_for_every_checked_mart(graph) -> None:
    checked = {model_key(group.mart) for group in GROUPS}
    assert checked <= graph.get(BUNDLES).parent_keys


def test_jobs_cover_the_flow() -> None:
    defs = build_defs()
    taken = set(defs.resolve_job_def("take_in").asset_layer.executable_asset_keys)
    billed = set(defs.resolve_job_def("bill_month").asset_layer.executable_asset_keys)
    assert taken == {DELIVERIES, SLICES}
    assert billed == {BUNDLES, *(model_key(model.name) for model in MODELS)}
