from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.errors import GateRefused, RebillError
from pipelines.hashing import sha256_file
from pipelines.ledger import BUNDLES
from pipelines.progress import silent
from pipelines.publishing import PublishReport, publish
from tests.unit.publishing.month import BUILD, EDGES, PERIOD, Month, allow, make_month, record, tree

FILES = {
    "invoice_detail.parquet",
    "invoice_detail.csv",
    "cost_and_usage.parquet",
    "daily_costs.parquet",
    "billing_period.parquet",
    "contract_commitment.parquet",
    "focus_metadata.json",
    "manifest.json",
}
CUSTOMERS_OWN = {"cost_centres.parquet", "cost_centres.csv", "cost_and_usage_focus_1_2.parquet"}
CHILD = """
import os, signal, sys
from pathlib import Path
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.progress import silent
from pipelines import lake, publishing
from pipelines.publishing import versions
from tests.unit.publishing.month import PERIOD
root, dies_at = Path(sys.argv[1]), int(sys.argv[2])
write, calls = versions.write_json, 0
def deadly(path, value):
    global calls
    calls += 1
    if calls == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, value)
versions.write_json = deadly
publishing.publish(Lake(root), Ledger(Lake(root)), PERIOD, silent)
"""


def published(month: Month) -> PublishReport:
    return publish(month.lake, month.ledger, PERIOD, silent)


@pytest.fixture
def month(tmp_path: Path) -> Month:
    found = make_month(tmp_path / "lake")
    allow(found)
    return found


def test_every_edge_gets_its_bundle_and_the_operator_its_evidence(month: Month) -> None:
    report = published(month)
    assert [placed.folder for placed in report.new] == [f"seller={s}/buyer={b}" for s, b in EDGES]
    for edge in EDGES:
        own = CUSTOMERS_OWN if edge == ("res", "cust") else set()
        assert {path.name for path in month.bundle(*edge).iterdir()} == FILES | own
    assert report.held == ()
    assert json.loads((month.published / "operator/current.json").read_text()) == {
        "version": 1,
        "bundle": report.operator.bundle,
    }
    known = month.ledger.rows(sa.select(BUNDLES.c.edge, BUNDLES.c.version))
    assert {row["edge"] for row in known} == {*(f"seller={s}/buyer={b}" for s, b in EDGES), "operator", "status"}


def test_the_manifest_has_hashes_counts_and_totals_of_its_edge_only(month: Month) -> None:
    published(month)
    bundle = month.bundle("res", "cust")
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert set(manifest["Files"]) == (FILES | CUSTOMERS_OWN) - {"manifest.json"}
    for name, found in manifest["Files"].items():
        assert found["Sha256"] == sha256_file(bundle / name)
        assert found["Bytes"] == (bundle / name).stat().st_size
        assert name == "focus_metadata.json" or found["Rows"] >= (name != "contract_commitment.parquet")
    assert [invoice["InvoiceId"] for invoice in manifest["Invoices"]] == ["RES-CUST-2026-10-EUR"]
    assert (manifest["InvoiceIssueStatus"], manifest["IsPreview"]) == ("Open", True)
    assert "config-hash" not in json.dumps(manifest)
    operator = json.loads((month.published / "operator/version=1/manifest.json").read_text())
    assert operator["Inputs"]["Config"] == "config-hash"
    assert operator["Inputs"]["Code"] == "code-hash"


def test_the_same_content_again_writes_nothing(month: Month) -> None:
    published(month)
    before = {path: path.stat().st_mtime_ns for path in month.published.rglob("*")}
    report = published(month)
    assert report.new == ()
    assert not report.operator.is_new
    assert not report.status.is_new
    assert {path: path.stat().st_mtime_ns for path in month.published.rglob("*")} == before


def test_two_lakes_with_the_same_inputs_are_byte_identical(month: Month, tmp_path: Path) -> None:
    published(month)
    other = make_month(tmp_path / "elsewhere" / "lake")
    allow(other)
    published(other)
    assert tree(other.published) == tree(month.published)


def test_only_what_changed_gets_a_new_version(month: Month, tmp_path: Path) -> None:
    published(month)
    changed = make_month(
        month.lake.root, "update marts_invoices set PaymentTerms = 'Net 60' where BuyerTenantId = 'res';"
    )
    allow(changed)
    report = published(changed)
    assert [placed.folder for placed in report.new] == ["seller=op/buyer=res"]
    assert (report.new[0].version, report.operator.version) == (2, 2)
    assert month.bundle("op", "res", 1).is_dir()


def test_content_that_was_not_judged_is_refused(month: Month) -> None:
    make_month(month.lake.root, "update marts_invoices set PaymentTerms = 'Net 60';")
    with pytest.raises(GateRefused, match="never judged"):
        published(month)
    assert not (month.published / "operator").exists()
    assert list(month.published.glob("seller=*")) == []


def test_marts_touched_after_the_verdict_are_refused(month: Month) -> None:
    (month.build / "build.json").write_text('{"Slices": []}')
    with pytest.raises(GateRefused, match="never judged"):
        published(month)


def test_a_refused_verdict_publishes_the_state_and_nothing_else(month: Month) -> None:
    allow(month, "refuse")
    with pytest.raises(GateRefused, match="proof_all_tied") as caught:
        published(month)
    assert caught.value.exit_code == 4
    assert [path.name for path in month.published.iterdir()] == ["status"]


def test_held_edges_keep_their_previous_bundle_and_the_rest_publishes(month: Month) -> None:
    published(month)
    before = tree(month.bundle("op", "direct"))
    make_month(month.lake.root, "update marts_invoices set PaymentTerms = 'Net 60';")
    allow(month, "hold", [("op", "direct")])
    report = published(month)
    assert [(edge.seller, edge.buyer) for edge in report.held] == [("op", "direct")]
    assert [placed.folder for placed in report.new] == [f"seller={s}/buyer={b}" for s, b in EDGES if b != "direct"]
    assert tree(month.bundle("op", "direct")) == before
    assert not month.bundle("op", "direct", 2).exists()


def test_detail_that_does_not_add_up_refuses_everything(month: Month) -> None:
    """The work database says one thing, the judged marts another: found before the first bundle is placed."""
    work = month.lake.work(f"build={BUILD}") / "work.duckdb"
    kept = tree(month.build)
    make_month(month.lake.root, "update work.main.charges set List = List + 1 where BuyerTenantId = 'res';")
    assert work.is_file()
    for name, content in kept.items():
        (month.build / name).write_bytes(content)
    record(month)
    with pytest.raises(GateRefused, match="op > res") as caught:
        published(month)
    assert len(caught.value.problems) == 1
    assert [path.name for path in month.published.iterdir()] == ["status"]


def test_a_lost_work_database_is_said_plainly(month: Month) -> None:
    (month.lake.work(f"build={BUILD}") / "work.duckdb").unlink()
    with pytest.raises(RebillError, match="build the period again"):
        published(month)


def test_a_tenant_that_cannot_name_a_folder_is_refused(tmp_path: Path) -> None:
    month = make_month(tmp_path, "update marts_invoices set BuyerTenantId = '../x' where BuyerTenantId = 'res';")
    allow(month)
    with pytest.raises(RebillError, match="cannot name a folder"):
        published(month)


def run_child(month: Month, dies_at: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(month.lake.root), str(dies_at)])


@pytest.mark.parametrize("dies_at", [1, 2, 6, 10])
def test_killed_anywhere_and_run_again_gives_the_same_bytes(month: Month, tmp_path: Path, dies_at: int) -> None:
    """Writes alternate between a manifest and its pointer: 1 is before the first bundle, 10 the operator's pointer."""
    assert run_child(month, dies_at).wait() == -signal.SIGKILL
    for pointer in month.published.rglob("current.json"):
        assert (pointer.parent / f"version={json.loads(pointer.read_text())['version']}" / "manifest.json").is_file()
    published(month)
    whole = make_month(tmp_path / "whole")
    allow(whole)
    published(whole)
    assert tree(month.published) == tree(whole.published)
    assert not list(month.published.rglob(".*"))


def test_two_publishers_at_once_leave_one_version(month: Month, tmp_path: Path) -> None:
    children = [run_child(month, 0), run_child(month, 0)]
    assert [child.wait() for child in children] == [0, 0]
    assert {path.name for path in month.published.glob("seller=*/buyer=*/version=*")} == {"version=1"}
    report = published(month)
    assert report.new == ()
