"""Receiving deliveries: whole or not at all, once however often, versions in the provider's order."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import deliveries
from pipelines.providers.deliveries import Received
from pipelines.providers.export import Delivery, SourceFile
from tests.unit.providers.conftest import Desk


def version(order: str, rows: int, digest: str = "") -> Received:
    delivery = Delivery("p", "k", "a", "2026-10", "u", order, order, Path("m"), ())
    return Received(delivery, digest or f"{order}-{rows}", rows)


def delivery(folder: Path, promised: int | None = None, total: int | None = None) -> Delivery:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"h\n1\n2\n"))
    file = SourceFile("a.csv.gz", folder / "a.csv.gz", promised)
    return Delivery("p", "k", "a", "2026-10", "u", "v1", "1", folder / "manifest.json", (file,), total)


@pytest.mark.parametrize(
    ("rows", "forced", "accepted", "short"),
    [
        ({"1": 10, "2": 12}, {}, "2", []),
        ({"1": 10, "2": 10}, {}, "2", []),
        ({"1": 10, "2": 8}, {}, "1", ["2"]),
        ({"1": 10, "2": 8, "3": 9}, {}, "1", ["2", "3"]),
        ({"1": 10, "2": 8, "3": 11}, {}, "3", []),
        ({"1": 10, "2": 8}, {"2-8": "withdrawn"}, "2", []),
        ({"1": 10, "2": 8, "3": 9}, {"2-8": "withdrawn"}, "3", []),
        ({"1": 10, "2": 8, "3": 7}, {"2-8": "withdrawn"}, "2", ["3"]),
    ],
)
def test_the_newest_that_no_longer_one_precedes(
    rows: dict[str, int], forced: dict[str, str], accepted: str, short: list[str]
) -> None:
    versions = [version(order, count) for order, count in rows.items()]
    for arrived in (versions, versions[::-1]):
        good, blocked = deliveries.acceptable(arrived, forced)
        assert good[0].delivery.version == accepted
        assert [item.delivery.version for item in blocked] == short


def test_without_an_order_the_longer_version_is_later() -> None:
    good, short = deliveries.acceptable([version("", 12, "x"), version("", 10, "y")], {})
    assert (good[0].rows, short) == (12, [])


def test_a_delivery_is_copied_once_with_its_record(desk: Desk) -> None:
    first = deliveries.receive(desk.lake, delivery(desk.drop, 2, 2))
    before = desk.files()
    second = deliveries.receive(desk.lake, delivery(desk.drop, 2, 2))
    assert first == second
    assert desk.files() == before
    assert first.rows == 2
    assert first.delivery.files[0].path.read_bytes() == (desk.drop / "a.csv.gz").read_bytes()
    assert deliveries.load(desk.lake, "p", first.digest) == first


@pytest.mark.parametrize(
    ("promised", "total", "said"),
    [(3, None, "the manifest promises 3"), (None, 5, "promises 5 rows, the files hold 2")],
)
def test_a_broken_promise_is_refused(desk: Desk, promised: int | None, total: int | None, said: str) -> None:
    with pytest.raises(BadDelivery, match=said):
        deliveries.receive(desk.lake, delivery(desk.drop, promised, total))
    assert desk.files() == {}


def test_every_damaged_file_is_told_and_nothing_is_kept(desk: Desk) -> None:
    sound = delivery(desk.drop)
    (desk.drop / "b.csv.gz").write_bytes((desk.drop / "a.csv.gz").read_bytes()[:-3])
    damaged = SourceFile("b.csv.gz", desk.drop / "b.csv.gz")
    absent = SourceFile("c.csv.gz", desk.drop / "c.csv.gz")
    with pytest.raises(BadDelivery, match=r"c\.csv\.gz"):
        deliveries.receive(desk.lake, Delivery(**vars(sound) | {"files": (*sound.files, damaged, absent)}))
    with pytest.raises(BadDelivery, match=r"b\.csv\.gz"):
        deliveries.receive(desk.lake, Delivery(**vars(sound) | {"files": (*sound.files, damaged)}))
    assert desk.files() == {}


def test_lost_raw_files_are_a_clear_refusal(desk: Desk) -> None:
    with pytest.raises(BadDelivery, match="its files are gone"):
        deliveries.load(desk.lake, "p", "0" * 64)


def test_quarantine_keeps_the_file_and_the_reason_once(desk: Desk) -> None:
    desk.drop.mkdir()
    bad = desk.drop / "bad.gz"
    bad.write_bytes(b"x")
    problems = [Problem(str(bad), "broken", "fetch"), Problem("nowhere", "missing", "fetch")]
    places = deliveries.quarantine(desk.lake, "p", problems)
    assert places == deliveries.quarantine(desk.lake, "p", problems)
    kept = {name: data for name, data in desk.files().items() if "quarantine/provider=p" in name}
    assert sorted(Path(name).name for name in kept) == ["bad.gz", "reason.txt", "reason.txt"]
    assert any(b"broken" in data for data in kept.values())
