"""The index of the traps: each of the thirty in docs/traps.md has a test named after it, `test_trap_NN_...`.

The table there gives number, name and rule; which tests prove it is found by their names anywhere below tests/.
"""

from __future__ import annotations

import ast
import re

from tests.tidy import names, report, text, tree

TABLE = "docs/traps.md"
COUNT = 30
ROW = re.compile(r"^\| (\d+) \| ([^|]+?) \| ([^|]+?) \|", re.MULTILINE)
NAME = re.compile(r"test_trap_(\w+)")
NUMBERED = re.compile(r"test_trap_(\d\d)_[a-z]\w+")


def table() -> dict[int, tuple[str, str]]:
    return {int(number): (name, rule) for number, name, rule in ROW.findall(text(TABLE))}


def proofs() -> dict[str, list[str]]:
    """Function name -> where it stands, for every test that calls itself a trap's."""
    found: dict[str, list[str]] = {}
    for name in names("tests/", suffix=".py"):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name):
                found.setdefault(node.name, []).append(f"{name}:{node.lineno}")
    return found


def test_the_table_has_every_trap_once() -> None:
    assert [int(number) for number, _, _ in ROW.findall(text(TABLE))] == list(range(1, COUNT + 1))


def test_every_trap_has_a_test() -> None:
    proven = {int(match[1]) for match in map(NUMBERED.fullmatch, proofs()) if match}
    report([f"trap {number}, {name}: no test_trap_{number:02}_*" for number, (name, _) in table().items()
            if number not in proven])  # fmt: skip


def test_no_test_names_a_trap_that_is_not_there() -> None:
    known = table()
    found = []
    for name, places in proofs().items():
        match = NUMBERED.fullmatch(name)
        if match is None or int(match[1]) not in known:
            found += [
                f"{place}: {name}: write test_trap_NN_words with one of the numbers in {TABLE}" for place in places
            ]
    report(found)


def test_traps_are_proven_not_only_named() -> None:
    """Each has an assertion, or expects an error."""
    found = []
    for name in names("tests/", suffix=".py"):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef) and NUMBERED.fullmatch(node.name):
                body = ast.unparse(node)
                if "assert " not in body and "pytest.raises" not in body and "assert_" not in body:
                    found.append(f"{name}:{node.lineno}: {node.name} asserts nothing")
    report(found)
