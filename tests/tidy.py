"""Reading the project as text and syntax trees, for test_tidy*.py. Nothing of the project is imported."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def tracked() -> tuple[str, ...]:
    """Every file of the project, committed or about to be; without git, every file that is not hidden or data."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    else:
        parts = (path.relative_to(ROOT).parts for path in ROOT.rglob("*"))
        listed = ["/".join(p) for p in parts if not any(x[0] == "." or x in ("data", "__pycache__") for x in p)]
    return tuple(name for name in sorted(listed) if (ROOT / name).is_file())


def names(*prefixes: str, suffix: str = "") -> list[str]:
    """The files below the prefixes that end in `suffix`."""
    return [name for name in tracked() if name.startswith(prefixes) and name.endswith(suffix)]


def code() -> list[str]:
    return names("pipelines/", "dashboards/", suffix=".py")


def models() -> list[str]:
    return names("dbt_project/models/", suffix=".sql")


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(text(name), name)


def imports(name: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, at any depth of its code."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def matches(pattern: re.Pattern[str], name: str) -> list[str]:
    """`file:line: text` of every line that matches."""
    lines = enumerate(text(name).splitlines(), start=1)
    return [f"{name}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)]


def report(findings: list[str]) -> None:
    """Fail with one finding per line."""
    assert not findings, "\n" + "\n".join(findings)
