"""Damaged, late, short and contradicting inputs: a clear refusal each, and what was published stays as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import engine
from pipelines.errors import EXIT_BAD_INPUT, EXIT_HELD, EXIT_REFUSED, GateRefused
from pipelines.lake import connect
from pipelines.ledger import BUILDS, BUNDLES, DELIVERIES, SLICES
from pipelines.money import Decimal
from tests.integration import damage
from tests.integration.desk import PERIOD, Desk

pytestmark = pytest.mark.slow
DELIVERY_DAMAGES: list[tuple[Callable[[Path], str], tuple[str, ...]]] = [
    (damage.truncated_gzip, ("damaged", "fetch this file again")),
    (damage.missing_blob, ("not there", "deliver the file")),
    (damage.missing_parquet, ("not there", "deliver the file")),
    (damage.wrong_row_count, ("the manifest promises", "fetch the file again")),
    (damage.wrong_total_count, ("promises", "fetch the whole delivery again")),
    (damage.missing_column, ("line_item_unblended_cost is missing", "export again with this column")),
    (damage.missing_csv_column, ("line_item_unblended_cost is missing", "export again with this column")),
    (damage.mixed_currencies, ("mixes the currencies EUR, USD", "one currency per bill")),
]


@pytest.mark.parametrize(("harm", "words"), DELIVERY_DAMAGES, ids=lambda value: getattr(value, "__name__", None))
def test_a_damaged_delivery_is_refused_and_the_bills_stay(
    desk: Desk, harm: Callable[[Path], str], words: tuple[str, ...]
) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES, BUILDS)
    name = harm(desk.deliveries)
    report = desk.run()
    assert report.exit_code == EXIT_BAD_INPUT
    said = "\n".join(str(problem) for problem in report.problems)
    assert name in said
    for word in words:
        assert word in said
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES, BUILDS) == ledger


def test_every_damage_of_a_drop_is_named_at_once(desk: Desk) -> None:
    """One bad unit hides no other, and what is sound is taken in."""
    harms = (damage.truncated_gzip, damage.wrong_row_count, damage.missing_csv_column, damage.mixed_currencies)
    names = [harm(desk.deliveries) for harm in harms]
    said = "\n".join(map(str, desk.ingest()))
    for name in names:
        assert name in said


@pytest.mark.parametrize("harm", [damage.truncated_gzip, damage.missing_blob])
def test_the_whole_file_heals_the_unit(desk: Desk, kept: Path, harm: Callable[[Path], str]) -> None:
    """After the provider's file is fetched again nothing is left of the refusal."""
    bills = desk.bills()
    harm(desk.deliveries)
    assert desk.ingest()
    desk.restore_deliveries(kept)
    assert desk.run().exit_code == EXIT_HELD
    assert desk.bills() == bills


def test_a_first_delivery_that_is_damaged_makes_no_slice(tmp_path: Path, kept: Path) -> None:
    desk = Desk(tmp_path)
    desk.restore_deliveries(kept)
    name = damage.truncated_gzip(desk.deliveries)
    refused = desk.ingest()
    assert any(name in problem.file for problem in refused)
    units = {row["unit"] for row in desk.ledger(SLICES)["slices"]}
    invoice = next(path.parent.parent.name for path in desk.deliveries.glob(f"azure/*/usage/{name}"))
    assert units
    assert invoice not in units


def test_a_shorter_redelivery_waits_for_a_reason(desk: Desk) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES, BUILDS)
    shorter = damage.redeliver(desk.deliveries, damage.LATER, damage.without_three_rows)
    report = desk.run()
    assert report.exit_code == EXIT_BAD_INPUT
    said = "\n".join(map(str, report.problems))
    assert shorter in said
    assert "rows" in said
    assert "force" in said
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES, BUILDS) == ledger


def test_a_forced_shorter_redelivery_takes_the_place_for_good(desk: Desk) -> None:
    """The reason is kept, and a run without it does not bring the longer version back."""
    before = desk.ledger(SLICES)["slices"]
    version = damage.redeliver(desk.deliveries, damage.LATER, damage.without_three_rows)
    assert desk.ingest(force_reason="AWS withdrew three rows") == []
    after = desk.ledger(SLICES)["slices"]
    assert [(old["unit"], new["row_count"] - old["row_count"]) for old, new in zip(before, after, strict=True)
            if old != new] == [(before[0]["unit"], -3)]  # fmt: skip
    (row,) = (row for row in desk.ledger(DELIVERIES)["deliveries"] if row["version"] == version)
    assert row["status"] == "accepted"
    assert json.loads(row["detail"]) == {"forced": "AWS withdrew three rows"}
    assert desk.ingest() == []
    assert desk.ledger(SLICES)["slices"] == after
    # Three rows less than the provider's invoice: the gate has the last word.
    report = desk.run()
    assert report.exit_code == EXIT_REFUSED
    assert "provider invoice net = raw" in "\n".join(map(str, report.problems))


def test_a_restated_version_replaces_the_slice_and_supersedes_the_bills(desk: Desk) -> None:
    bills, before = desk.bills(), desk.ledger(SLICES)["slices"]
    damage.restate(desk.deliveries, damage.LATER)
    report = desk.run()
    assert report.exit_code == EXIT_HELD, report.problems
    assert report.publish is not None
    after = desk.ledger(SLICES)["slices"]
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1
    now = desk.bills()
    # Old versions stay byte for byte; only pointers move, and only those of edges that got a new version.
    versions = {name: digest for name, digest in bills.items() if not name.endswith("current.json")}
    assert versions.items() <= now.items()
    moved = {name for name, digest in bills.items() if now[name] != digest}
    assert {name.removesuffix("/current.json") for name in moved} == {
        f"period={PERIOD}/{placed.folder}" for placed in (*report.publish.new, report.publish.operator)
    }
    assert all(placed.version == 2 for placed in report.publish.new)
    assert 0 < len(report.publish.new) < len(report.publish.published)


def test_an_older_version_that_comes_late_changes_nothing(desk: Desk) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES, BUILDS)
    control = (desk.deliveries / "aws" / "invoices.csv").read_bytes()
    version = damage.restate(desk.deliveries, damage.EARLIER)
    (desk.deliveries / "aws" / "invoices.csv").write_bytes(control)
    report = desk.run()
    assert report.exit_code == EXIT_HELD, report.problems
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES, BUILDS) == ledger
    (row,) = (row for row in desk.ledger(DELIVERIES)["deliveries"] if row["version"] == version)
    assert row["status"] == "superseded"


def bad_yaml(config: Path) -> str:
    path = config / "plans" / "resale-list.yaml"
    path.write_text("plan: resale-list\nrules:\n  - rule: [unclosed\n", encoding="utf-8")
    return "resale-list.yaml"


def plan_loop(config: Path) -> str:
    for one, other in (("resale-list", "resale-uplift"), ("resale-uplift", "resale-list")):
        path = config / "plans" / f"{one}.yaml"
        path.write_text(path.read_text("utf-8").replace(f"plan: {one}", f"plan: {one}\nextends: {other}"), "utf-8")
    return "resale-list extends resale-uplift extends resale-list"


def overlapping_dates(config: Path) -> str:
    path = config / "contracts.csv"
    lines = path.read_text("utf-8").splitlines()
    third = next(line for line in lines if line.startswith("c00003,"))
    path.write_text("\n".join([*lines, third.replace("c00003", "c99999")]) + "\n", encoding="utf-8")
    return f"contracts.csv:{len(lines) + 1}"


def missing_rate(config: Path) -> str:
    path = config / "fx_rates.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if "GBP" not in line) + "\n", encoding="utf-8")
    return "GBP"


def no_basis(config: Path) -> str:
    path = config / "plans" / "resale-uplift.yaml"
    path.write_text(path.read_text("utf-8").replace("    basis: parent\n", "", 1), "utf-8")
    return "resale-uplift.yaml:"


CONFIG_DAMAGES: list[tuple[Callable[[Path], str], tuple[str, ...]]] = [
    (bad_yaml, ("resale-list.yaml:",)),
    (plan_loop, ("rule loop", "remove one of these extends")),
    (overlapping_dates, ("overlaps", "valid_to")),
    (missing_rate, ("2026-10", "fx_rates")),
    (no_basis, ("markup without basis", "basis")),
]


@pytest.mark.parametrize(("harm", "words"), CONFIG_DAMAGES, ids=lambda value: getattr(value, "__name__", None))
def test_a_wrong_configuration_bills_nothing(desk: Desk, harm: Callable[[Path], str], words: tuple[str, ...]) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES, BUILDS)
    place = harm(desk.config)
    report = desk.run()
    assert report.exit_code == EXIT_BAD_INPUT
    said = "\n".join(map(str, report.problems))
    for word in (place, *words):
        assert word in said
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES, BUILDS) == ledger
    status = desk.status()
    assert status["verdict"] == "refused"
    assert status["problems"]
    assert {edge["state"] for edge in status["edges"]} == {"kept-from-earlier-run"}
    assert str(desk.root) not in desk.status_file().read_text("utf-8")


def tamper(build_dir: Path) -> None:
    """Change one amount in a mart the way somebody with access to the disk could."""
    path = build_dir / "marts_invoices.parquet"
    with connect() as con:
        con.execute(f"create table t as select * from read_parquet('{path}', hive_partitioning = false)")
        con.execute("update t set BuyerName = 'Somebody Else' where InvoiceId = (select min(InvoiceId) from t)")
        con.execute(f"copy t to '{path}' (format parquet)")


def test_marts_changed_after_the_check_are_not_published(desk: Desk) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES)
    engine.check(PERIOD, lake=desk.lake)
    tamper(desk.build_dir())
    with pytest.raises(GateRefused, match="never judged"):
        engine.publish(PERIOD, lake=desk.lake)
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES) == ledger
    assert desk.status()["verdict"] == "refused"
    with pytest.raises(GateRefused, match="changed after they were built"):
        engine.check(PERIOD, lake=desk.lake)


@pytest.mark.parametrize("lost", ["work", "work/build=*", "work/build=*/[!w]*", "work/build=*/work.duckdb"])
def test_lost_scratch_is_made_again(desk: Desk, lost: str) -> None:
    """What lies in `work` is nobody's only copy; a kill may leave any part of it."""
    bills = desk.bills()
    found = list(desk.lake.glob(lost))
    assert found
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    assert desk.run().exit_code == EXIT_HELD
    assert desk.bills() == bills


def test_marts_changed_on_disk_are_built_again(desk: Desk) -> None:
    """A run after tampering publishes what the inputs give, never what it finds."""
    bills = desk.bills()
    tamper(desk.build_dir())
    desk.run()
    assert desk.bills() == bills


def test_a_control_invoice_off_by_a_cent_publishes_nothing(desk: Desk) -> None:
    bills, ledger = desk.bills(), desk.ledger(SLICES, BUNDLES)
    (invoice, account) = sorted(
        (row["invoice_id"], row["billing_account_id"])
        for row in desk.ledger()["control_invoices"] if row["provider"] == "azure"
    )[0]  # fmt: skip
    damage.correct_control(desk.deliveries / "azure" / "invoices.csv", account, invoice, Decimal("0.01"))
    report = desk.run()
    assert report.exit_code == EXIT_REFUSED
    assert report.publish is None
    said = "\n".join(map(str, report.problems))
    assert "provider invoice net = raw" in said
    assert invoice in said
    assert "0.01" in said
    assert desk.bills() == bills
    assert desk.ledger(SLICES, BUNDLES) == ledger
    status = desk.status()
    assert status["verdict"] == "refused"
    assert invoice in json.dumps(status)
