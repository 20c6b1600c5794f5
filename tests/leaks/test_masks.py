"""Every mask is needed: without any single one, the attacker finds something; with all of them, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.errors import GateRefused
from pipelines.publishing import bundles, detail, packing
from pipelines.publishing.audience import rules
from tests.leaks.attack import attack
from tests.leaks.drill import audience_with, make_drill, publish_drill, read_drill
from tests.leaks.secrets import Known
from tests.unit.publishing.month import Month

Everything = dict[tuple[str, str], Known]
# Taken from the invoice line so that FOCUS rows and Invoice Detail cannot differ; the charge says the same.
NO_MASK = {"InvoiceDetailId", "SubAccountId", "x_TenantId", "x_TenantName"}
MASKED = [rule.column for rule in rules("cost_and_usage") if rule.kind not in ("copy", "ordinal")]
LEFT_OUT = [
    ("cost_and_usage", "x_SourceRow", "copy"),
    ("cost_and_usage", "x_ChargeOrdinal", {"sql": "x_SourceRow"}),
    ("invoice_detail", "x_CorrectedInvoiceId", "copy"),
    ("invoice_detail", "ContractId", "copy"),
    ("invoice_detail", "InvoiceDetailDescription", {"sql": "concat_ws(', ', ServiceName, x_CorrectedInvoiceId)"}),
]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return make_drill(tmp_path_factory.mktemp("drill"))


@pytest.fixture(scope="module")
def known(month: Month) -> Everything:
    return read_drill(month)


def findings(month: Month, known: Everything) -> Iterator[str]:
    try:
        published = publish_drill(month)
    except GateRefused as refusal:
        yield str(refusal)
        return
    for edge, bundle in published.items():
        yield from attack(bundle, known[edge])


@pytest.mark.parametrize("small", [packing.SMALL, 0], ids=["plain text", "dictionaries"])
def test_with_every_mask_nothing_is_found(
    month: Month, known: Everything, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(packing, "SMALL", small)
    assert list(findings(month, known)) == []


@pytest.mark.parametrize("column", sorted(set(MASKED) - NO_MASK))
def test_a_column_without_its_mask_is_found(month: Month, known: Everything, column: str) -> None:
    with audience_with("cost_and_usage", column, {"sql": f"d.{column}"}):
        assert any(findings(month, known))


@pytest.mark.parametrize(
    ("file", "column", "rule"), LEFT_OUT, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_column_that_is_left_out_is_found(
    month: Month, known: Everything, file: str, column: str, rule: object
) -> None:
    with audience_with(file, column, rule):
        assert any(findings(month, known))


@contextmanager
def rows_as_they_come(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The order of rows alike in the first keys is that of the source."""
    first_only = lambda first, _: pc.sort_indices(  # noqa: E731
        pa.table(first), sort_keys=[(name, "ascending") for name in first]
    )
    patch.setattr(detail, "canonical_order", first_only)
    yield


@contextmanager
def names_from_ids(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A commitment is called by a digest of its id and the edge."""
    names = "substr(sha256(concat_ws(chr(31), 'op', 'direct', d.CommitmentDiscountId)), 1, 32)"
    with audience_with("cost_and_usage", "CommitmentDiscountId", {"sql": names}):
        yield


@contextmanager
def whole_dictionaries(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A large file keeps the dictionary that it shares with all other files."""
    patch.setattr(packing, "SMALL", 0)
    patch.setattr(packing.DetailFile, "_reduce", lambda _, column: column)
    yield


@contextmanager
def schema_in_the_file(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Arrow's own metadata stays in the files."""
    write = pq.ParquetWriter
    patch.setattr(pq, "ParquetWriter", lambda *given, **options: write(*given, **options | {"store_schema": True}))
    yield


@contextmanager
def whole_month_in_the_manifest(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The buyer's manifest has the operator's hashes."""
    edge_manifest = bundles.edge_manifest

    def operators(period: Any, edge: Any, directory: Path, invoices: Any) -> dict[str, Any]:
        inputs = {"Inputs": {"Config": "config-hash", "Code": "code-hash"}}
        return edge_manifest(period, edge, directory, invoices) | inputs

    patch.setattr(bundles, "edge_manifest", operators)
    yield


STEPS = [rows_as_they_come, names_from_ids, whole_dictionaries, schema_in_the_file, whole_month_in_the_manifest]


@pytest.mark.parametrize("without", STEPS, ids=lambda step: step.__name__)
def test_a_step_of_publishing_that_is_left_out_is_found(
    month: Month, known: Everything, monkeypatch: pytest.MonkeyPatch, without: Any
) -> None:
    step: AbstractContextManager[None] = without(monkeypatch)
    with step:
        assert any(findings(month, known))


def test_what_is_no_mask_says_what_the_charge_says(month: Month, known: Everything) -> None:
    """The entries that are not masks: taken away, nothing changes, so nothing can be found."""
    for column in sorted(NO_MASK):
        with audience_with("cost_and_usage", column, {"sql": f"d.{column}"}):
            assert list(findings(month, known)) == []
