"""The house style as a test: text and syntax trees only, no import of the project, a second or two.

A rule stands here when a machine can decide it. The message of each finding says where and what instead.
CONTRIBUTING.md explains the rules to people; test_tidy_sql.py holds those of SQL.
"""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import pytest
import yaml

from tests.tidy import ROOT, code, imports, matches, names, report, text, tracked, tree

ROOM_FILES = {"README.md", "__init__.py", "columns.csv", "config.py", "export.py", "focus.sql", "totals.sql"}
PYTHON_LINES = 400
FUNCTION_LINES = 70
FILE_BYTES = 1_000_000

DECIMAL_OWNERS = ("pipelines/money.py", "pipelines/generator/truth")
DUCKDB_OWNERS = ("pipelines/lake.py",)
DAGSTER_OWNERS = ("pipelines/orchestration/", "pipelines/definitions.py")
PROVIDER_OWNERS = ("pipelines/providers/", "pipelines/generator/")
ENVIRONMENT_OWNERS = ("pipelines/lake.py", "pipelines/dbt.py", "pipelines/orchestration/", "dashboards/settings.py")
ENGINE_CALLERS = ("pipelines/__init__.py", "pipelines/cli", "pipelines/benchmark", *DAGSTER_OWNERS)

PROVIDER_NAME = re.compile(r"azure|microsoft|amazon|google|(?<![a-z])(?:aws|gcp)(?![a-z])", re.IGNORECASE)
BANNED_WORD = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}\"'`*)-])/(?:work|root|home|tmp)\b|[\"'`](?:/work|/root|/home|/tmp)\b")


def is_text(name: str) -> bool:
    return name not in ("tests/test_tidy.py", "LICENSE") and not name.endswith((".csv", ".lock.txt"))


# Sizes


def test_python_files_are_short() -> None:
    limit = PYTHON_LINES
    sizes = {name: text(name).count("\n") for name in names("pipelines/", "dashboards/", "tests/", suffix=".py")}
    report([f"{name}: {size} lines, at most {limit}" for name, size in sizes.items() if size > limit])


def test_functions_are_short() -> None:
    found = []
    for name in names("pipelines/", "dashboards/", "tests/", suffix=".py"):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    found.append(f"{name}:{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES}")
    report(found)


def test_files_are_small_text() -> None:
    found = []
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" in content[:8192]:
            found.append(f"{name}: binary files do not belong into the repository")
        if len(content) > FILE_BYTES:
            found.append(f"{name}: {len(content)} bytes, at most {FILE_BYTES}")
    report(found)


# Who may use what


@pytest.mark.parametrize(
    ("module", "owners"),
    [("dagster", DAGSTER_OWNERS), ("decimal", DECIMAL_OWNERS), ("pipelines.engine", ENGINE_CALLERS)],
)
def test_imported_by_its_owners_only(module: str, owners: tuple[str, ...]) -> None:
    report(
        [
            f"{name}:{line}: {module} is imported only in {', '.join(owners)}"
            for name in code()
            if not name.startswith(owners)
            for line, imported in imports(name)
            if f"{imported}.".startswith(f"{module}.")
        ]
    )


def test_duckdb_is_opened_in_one_place() -> None:
    found = []
    for name in code():
        if name.startswith(DUCKDB_OWNERS):
            continue
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "duckdb" and node.attr.islower():
                found.append(f"{name}:{node.lineno}: duckdb.{node.attr}: use pipelines.lake.connect")
        found += [
            f"{name}:{line}: import duckdb itself" for line, imported in imports(name) if imported.startswith("duckdb.")
        ]
    report(found)


def test_the_environment_is_read_in_few_places() -> None:
    report(
        [
            f"{name}:{node.lineno}: the environment is read only in {', '.join(ENVIRONMENT_OWNERS)}"
            for name in code()
            if not name.startswith(ENVIRONMENT_OWNERS)
            for node in ast.walk(tree(name))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.putenv")
        ]
    )


def test_the_oracle_shares_no_code_with_the_engine() -> None:
    """The truth may import the standard library and generator modules that do the same."""
    found, pending, seen = [], names("pipelines/generator/truth", suffix=".py"), set[str]()
    while pending:
        name = pending.pop()
        seen.add(name)
        for line, imported in imports(name):
            if not imported.startswith("pipelines"):
                continue
            source = next((f for f in _sources(imported) if f in tracked()), None)
            if source is None or not source.startswith("pipelines/generator/"):
                found.append(f"{name}:{line}: {imported} is the engine's; the truth must not use it")
            elif source not in seen:
                pending.append(source)
    report(found)


def _sources(imported: str) -> tuple[str, str]:
    path = imported.replace(".", "/")
    return f"{path}.py", f"{path.rpartition('/')[0]}.py"


def test_no_provider_is_named_after_focus() -> None:
    places = names("pipelines/", "dashboards/", suffix=".py") + names("dbt_project/models/", "dbt_project/macros/")
    report([hit for name in places if not name.startswith(PROVIDER_OWNERS) for hit in matches(PROVIDER_NAME, name)])


def test_provider_rooms_are_alike() -> None:
    """The same files in every room; what one provider alone needs lies in its folder quirks/."""
    rooms: dict[str, set[str]] = {}
    for name in names("pipelines/providers/"):
        _, _, room, *rest = Path(name).parts
        if rest and rest[0] != "quirks":
            rooms.setdefault(room, set()).add("/".join(rest))
    assert len(rooms) >= 3
    found = [f"pipelines/providers/{room} lacks {x}" for room, f in rooms.items() for x in sorted(ROOM_FILES - f)]
    for one, other in itertools.permutations(rooms, 2):
        found += [f"{one} has {x}, {other} has not" for x in sorted(rooms[one] - rooms[other] - ROOM_FILES)]
    report(found)


# Words


def test_nothing_is_left_half_done() -> None:
    report([hit for name in tracked() if is_text(name) for hit in matches(BANNED_WORD, name)])


def test_every_skip_has_a_reason() -> None:
    found = []
    for name in names("tests/", suffix=".py"):
        for call in (node for node in ast.walk(tree(name)) if isinstance(node, ast.Call)):
            function = ast.unparse(call.func)
            if not re.fullmatch(r"pytest\.(skip|mark\.skip|mark\.skipif|mark\.xfail)", function):
                continue
            has_reason = "reason" in {keyword.arg for keyword in call.keywords}
            if not has_reason and not (function == "pytest.skip" and call.args):
                found.append(f"{name}:{call.lineno}: {function} without a reason")
    report(found)


def test_no_path_of_a_machine() -> None:
    places = [name for name in tracked() if is_text(name) and not name.startswith("tests/")]
    report([hit for name in places for hit in matches(MACHINE_PATH, name)])


@pytest.mark.parametrize("name", ["requirements.lock.txt", "tests/validator/requirements.lock.txt"])
def test_the_lock_holds_hashes_and_no_addresses(name: str) -> None:
    lock = text(name)
    assert "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")


# Documents and schemas


def documents() -> list[str]:
    return [name for name in tracked() if name.endswith(".md")]


def test_paths_named_in_documents_exist() -> None:
    tops = {Path(name).parts[0] for name in tracked()} - {"data"}
    found = []
    for name in documents():
        for link in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text(name)):
            if not (ROOT / name).parent.joinpath(link).exists():
                found.append(f"{name}: link to {link}, which does not exist")
        for quoted in re.findall(r"(?<!`)`([\w./<>{},*-]+)`(?!`)", text(name)):
            if Path(quoted).parts and Path(quoted).parts[0] in tops and not _exists(quoted):
                found.append(f"{name}: names {quoted}, which does not exist")
    report(found)


def _exists(quoted: str) -> bool:
    """Whether a path, with <placeholders>, *stars* and {a,b} alternatives, names something."""
    options = re.search(r"\{([^}]*)\}", quoted)
    if options:
        return all(_exists(quoted.replace(options.group(0), option, 1)) for option in options.group(1).split(","))
    return any(ROOT.glob(re.sub(r"<[^>]*>", "*", quoted).rstrip("/")))


def test_every_schema_column_has_a_type_and_a_meaning() -> None:
    types = yaml.safe_load(text("focus_schemas/types.yml"))
    found = []
    for name in [*names("focus_schemas/v", suffix=".yml"), "focus_schemas/extensions.yml"]:
        columns = yaml.safe_load(text(name))["columns"]
        ids = [column["id"] for column in columns]
        found += [f"{name}: {column} twice" for column in sorted({x for x in ids if ids.count(x) > 1})]
        found += [f"{name}: {c['id']} has no sentence" for c in columns if not str(c["meaning"]).strip().endswith(".")]
        found += [f"{name}: {c['id']} has unknown type {c['type']}" for c in columns if c["type"] not in types]
    known = {c["id"] for c in yaml.safe_load(text("focus_schemas/v1_4/cost_and_usage.yml"))["columns"]}
    rate_key = yaml.safe_load(text("focus_schemas/extensions.yml"))["rate_key"]
    report(found + [f"rate_key names {column}, which FOCUS has not" for column in rate_key if column not in known])
