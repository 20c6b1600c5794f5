from __future__ import annotations

import json
from pathlib import Path

from pipelines.lake import Lake
from pipelines.publishing.versions import Placed, hash_directory, place, publisher_lock, read_pointer
from tests.unit.publishing.month import PERIOD


def put(root: Path, content: str, manifest: dict[str, str] | None = None) -> Placed:
    staged = root / "staged"
    staged.mkdir(parents=True, exist_ok=True)
    (staged / "data.txt").write_text(content)
    placed = place(root / "period", "edge", staged, hash_directory(staged), manifest)
    (staged / "data.txt").unlink(missing_ok=True)
    return placed


def test_equal_content_writes_nothing_and_other_content_is_the_next_version(tmp_path: Path) -> None:
    first = put(tmp_path, "a", {"says": "a"})
    again = put(tmp_path, "a", {"says": "something else"})
    second = put(tmp_path, "b")
    assert [(p.version, p.is_new) for p in (first, again, second)] == [(1, True), (1, False), (2, True)]
    assert json.loads((tmp_path / "period/edge/version=1/manifest.json").read_text()) == {"says": "a"}
    assert (tmp_path / "period/edge/version=1/data.txt").read_text() == "a"


def test_content_that_returns_is_a_new_version(tmp_path: Path) -> None:
    assert [put(tmp_path, text).version for text in ("a", "b", "a")] == [1, 2, 3]


def test_a_version_finished_by_a_run_that_died_is_adopted(tmp_path: Path) -> None:
    put(tmp_path, "a")
    (tmp_path / "period/edge/current.json").unlink()
    assert (put(tmp_path, "a").version, len(list((tmp_path / "period/edge").glob("version=*")))) == (1, 1)


def test_a_version_with_other_content_is_never_touched(tmp_path: Path) -> None:
    put(tmp_path, "a")
    (tmp_path / "period/edge/current.json").unlink()
    assert put(tmp_path, "b").version == 2
    assert (tmp_path / "period/edge/version=1/data.txt").read_text() == "a"


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    put(tmp_path, "a")
    (tmp_path / "period/edge/.version=2.dead").mkdir()
    (tmp_path / "period/edge/.current.json.dead").write_text("{")
    put(tmp_path, "b")
    assert sorted(path.name for path in (tmp_path / "period/edge").iterdir()) == [
        "current.json",
        "version=1",
        "version=2",
    ]


def test_the_pointer_is_the_only_thing_that_moves(tmp_path: Path) -> None:
    assert read_pointer(tmp_path / "period/edge") is None
    placed = put(tmp_path, "a")
    pointer = read_pointer(tmp_path / "period/edge")
    assert pointer is not None
    assert (pointer.version, pointer.bundle) == (1, placed.bundle)


def test_the_lock_gives_an_empty_scratch_folder_and_takes_it_away(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    (lake.work(f"publish-{PERIOD}") / "left").mkdir(parents=True)
    with publisher_lock(lake, PERIOD) as scratch:
        assert list(scratch.iterdir()) == []
        (scratch / "file").write_text("x")
    assert not scratch.exists()
