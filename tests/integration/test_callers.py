"""The library, the command line and Dagster are callers of the same verbs: the published bytes are equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from pipelines import building, run
from pipelines.cli import app
from pipelines.config import compile as compiling
from pipelines.errors import EXIT_HELD
from pipelines.hashing import sha256_file
from pipelines.orchestration.assets import BUNDLES, MODELS, model_key
from pipelines.orchestration.build import build_defs
from pipelines.orchestration.resources import Places
from pipelines.providers.registry import PROVIDERS
from tests.integration.conftest import PERIOD


@pytest.fixture(scope="module", autouse=True)
def one_code() -> Iterator[None]:
    """Hash the code once: an editor that saves a file meanwhile is no difference between the callers."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((building, "code_hash"), (compiling, "_code_hash")):
            code = getattr(module, name)()
            patch.setattr(module, name, lambda code=code: code)
        yield


def published(lake: Path) -> dict[str, str]:
    """Every published file by its path below `published/`, with its content hash."""
    root = lake / "published"
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def by_library(month: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that the library filled."""
    lake = tmp_path_factory.mktemp("library")
    report = run(PERIOD, lake=lake, config=month / "config", deliveries=month / "deliveries")
    assert report.exit_code == EXIT_HELD, report.problems
    return lake


def test_command_line_gives_the_same_bytes(month: Path, by_library: Path, tmp_path: Path) -> None:
    """`rebill run` publishes what `pipelines.run` publishes."""
    arguments = ["run", PERIOD, "--lake", str(tmp_path), "--config", str(month / "config"),
                 "--deliveries", str(month / "deliveries")]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == EXIT_HELD, result.output
    assert published(tmp_path) == published(by_library)


def test_dagster_gives_the_same_bytes(month: Path, by_library: Path, tmp_path: Path) -> None:
    """The jobs of the code location publish what the library publishes, and say how much."""
    places = Places(lake=str(tmp_path), config=str(month / "config"), deliveries=str(month / "deliveries"))
    defs = build_defs(places=places)
    with dg.DagsterInstance.ephemeral() as instance:
        for provider in PROVIDERS:
            key = dg.MultiPartitionKey({"month": PERIOD, "provider": provider})
            taken = defs.resolve_job_def("take_in").execute_in_process(instance=instance, partition_key=key)
            assert taken.success
            for event in taken.get_asset_materialization_events():
                rows = event.materialization.metadata["dagster/row_count"].value
                assert rows > 0 or provider == "focus"  # the generated month has no vendor of its own
        billed = defs.resolve_job_def("bill_month").execute_in_process(instance=instance, partition_key=PERIOD)
    assert billed.success
    made = {event.asset_key for event in billed.get_asset_materialization_events()}
    assert made == {BUNDLES, *(model_key(model.name) for model in MODELS)}
    checks = {evaluation.check_name: evaluation for evaluation in billed.get_asset_check_evaluations()}
    assert checks["gate"].metadata["verdict"].value == "hold"
    assert [name for name, evaluation in checks.items() if not evaluation.passed] == ["holds"]
    assert checks["holds"].severity is dg.AssetCheckSeverity.WARN
    assert published(tmp_path) == published(by_library)


def test_running_again_writes_nothing(month: Path, by_library: Path) -> None:
    """A second run of the same month leaves every published byte and every version as it is."""
    before = published(by_library)
    report = run(PERIOD, lake=by_library, config=month / "config", deliveries=month / "deliveries")
    assert report.exit_code == EXIT_HELD
    assert report.build is not None
    assert not report.build.is_new
    assert published(by_library) == before
