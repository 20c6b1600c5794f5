"""Two runs at once, readers in between, and death at any moment: the published bytes are those of one quiet run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from pipelines.errors import EXIT_HELD
from pipelines.hashing import sha256_file
from pipelines.publishing.versions import MANIFEST, POINTER, hash_directory, read_pointer
from tests.integration.desk import Desk, published
from tests.tidy import ROOT

pytestmark = pytest.mark.slow
COMMAND = "from pipelines.cli import main; main()"
KILLS = 5
SEED = 1
# A run that stops itself the hard way when it is about to say its n-th word: each stage at a known point.
STOPPING = """
import os, signal, sys
from pathlib import Path
from pipelines import engine
period, lake, config, deliveries, layer, start = sys.argv[1:]

def report(stage, message):
    if stage == layer and message.startswith(start):
        os.kill(os.getpid(), signal.SIGKILL)

engine.run(period, lake=Path(lake), config=Path(config), deliveries=Path(deliveries), report=report)
"""
LEVELS = ("operator", "status", "seller=*/buyer=*")
POINTS = [("raw", "azure"), ("focus", "gcp"), ("marts", "marts_coverage: "), ("marts", "gate"), ("published", "cost")]


def start(billed: Desk, lake: Path, code: str = COMMAND, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that runs the month into a lake."""
    places = [str(lake), str(billed.config), str(billed.deliveries)]
    if code == COMMAND:
        names = ("--lake", "--config", "--deliveries")
        given = ["run", "2026-10", *(text for pair in zip(names, places, strict=True) for text in pair)]
    else:
        given = ["2026-10", *places, *arguments]
    return subprocess.Popen(
        [sys.executable, "-c", code, *given], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def look(lake: Path) -> int:
    """Read every current bundle as a reader does; returns how many. Fails if one is not whole."""
    count = 0
    periods = [path for path in (lake / "published").glob("period=*") if path.is_dir()]
    # Level by level: "**" would walk into the scratch folders that a publisher renames under the reader's feet.
    for pointer in [path for period in periods for level in LEVELS for path in period.glob(f"{level}/{POINTER}")]:
        said = read_pointer(pointer.parent)
        assert said is not None
        folder = pointer.parent / f"version={said.version}"
        assert hash_directory(folder) == said.bundle, folder
        if (folder / MANIFEST).exists():
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            assert manifest["Bundle"] == said.bundle
            assert all(sha256_file(folder / name) == file["Sha256"] for name, file in manifest["Files"].items())
        count += 1
    return count


@contextmanager
def reader(lake: Path) -> Iterator[list[int]]:
    """Look all the time, beside whatever happens in the block; yields the counts seen."""
    seen: list[int] = []
    failures: list[BaseException] = []
    done = Event()

    def watch() -> None:
        while not done.is_set():
            try:
                seen.append(look(lake))
            except BaseException as error:  # a thread's failure must fail the test
                failures.append(error)
                return
            time.sleep(0.01)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
    assert not failures, failures


def leftovers(lake: Path) -> list[str]:
    """What a killed run left that a reader could take for data, once another run has passed."""
    found = [
        path
        for layer in ("raw", "focus", "published")
        for path in (lake / layer).rglob("*")
        if path.name.startswith(".") or path.name.endswith(".part")
    ]
    found += [path for path in (lake / "marts").glob("period=*/build=*") if not (path / "build.json").is_file()]
    return [path.relative_to(lake).as_posix() for path in found]


def test_two_runs_at_once_end_like_one(billed: Desk, tmp_path: Path) -> None:
    """On one empty lake, while somebody reads it."""
    lake = tmp_path / "lake"
    with reader(lake) as seen:
        processes = [start(billed, lake) for _ in range(2)]
        outputs = [process.communicate(timeout=500)[0] for process in processes]
    assert [process.returncode for process in processes] == [EXIT_HELD, EXIT_HELD], outputs
    assert published(lake) == published(billed.lake)
    assert seen[-1] > 0
    assert leftovers(lake) == []


def stated(lake: Path) -> dict[str, Any]:
    """What the operator's bundle says it was made from, key by key."""
    (manifest,) = (lake / "published").glob("period=*/operator/version=1/manifest.json")
    said: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return said["Inputs"] | {"Content": said["Content"], "Verdict": said["Verdict"]}


def finish(billed: Desk, lake: Path) -> None:
    """The undisturbed run after the disturbed ones."""
    report = Desk(lake.parent)
    (lake.parent / "config").symlink_to(billed.config)
    (lake.parent / "deliveries").symlink_to(billed.deliveries)
    result = report.run()
    assert result.exit_code == EXIT_HELD, result.problems
    assert stated(lake) == stated(billed.lake)
    assert published(lake) == published(billed.lake)
    assert leftovers(lake) == []
    assert look(lake) > 0


def whole_or_absent(billed: Desk, lake: Path) -> None:
    """What a reader sees after a kill: nothing, or final bytes."""
    look(lake)
    final = published(billed.lake)
    seen = {name: digest for name, digest in published(lake).items() if "/." not in f"/{name}"}
    pointers = {name for name in seen if name.endswith("current.json")}
    assert {name: digest for name, digest in seen.items() if name not in pointers}.items() <= final.items()


def test_killed_at_known_points_and_run_again(billed: Desk, tmp_path: Path) -> None:
    """In every stage once; each run finds what the killed one left."""
    lake = tmp_path / "lake"
    for layer, words in POINTS:
        process = start(billed, lake, STOPPING, layer, words)
        output, _ = process.communicate(timeout=500)
        assert process.returncode == -signal.SIGKILL, (layer, words, output)
        whole_or_absent(billed, lake)
    finish(billed, lake)


def test_killed_at_random_moments_and_run_again(billed: Desk, tmp_path: Path) -> None:
    """Seeded shares of what a run takes here and now."""
    lake = tmp_path / "lake"
    dice = random.Random(SEED)
    begun = time.monotonic()
    timed = start(billed, tmp_path / "timed")
    output, _ = timed.communicate(timeout=500)
    assert timed.returncode == EXIT_HELD, output
    seconds = time.monotonic() - begun
    for _ in range(KILLS):
        process = start(billed, lake)
        try:
            process.wait(timeout=seconds * dice.uniform(0.2, 0.95))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        whole_or_absent(billed, lake)
    finish(billed, lake)
