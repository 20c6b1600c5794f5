"""The house style of SQL as a test: exact money, the portable core, and the same shape for every model."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.tidy import matches, models, names, report, text

LAYERS_OF_DBT = ("rated", "marts")
MODEL_LINES = 120
MAPPING_LINES = 400  # a room's focus.sql names every FOCUS column once; a model never does

MONEY = {
    r"(?<!/)/(?!/)": "a division is a DOUBLE: use a macro of money.sql",
    r"\bavg\s*\(": "avg is a DOUBLE",
    r"\b(?:float|double|real)\b": "money is DECIMAL",
    r"\bround_even\b": "round_even is a DOUBLE: use round_money",
    r"\b\d+(?:\.\d*)?e[+-]?\d+\b": "an E-literal is a DOUBLE",
}
PORTABLE = {
    r"//": "integer division is not portable: use a macro of money.sql",
    r"::": "write cast(x as type)",
    r"\bqualify\b": "use row_number and where",
    r"\bgroup\s+by\s+(?:all\b|\d)": "name the columns",
    r"\border\s+by\s+(?:all\b|\d)": "name the columns",
    r"\bexclude\b": "name the columns",
    r"\bdistinct\s+on\b": "use row_number and where",
    r"\bunnest\b": "not portable",
    r"\brange\s*\(": "not portable",
    r'"': "no quoted identifiers",
}


def stripped(sql: str) -> tuple[str, str]:
    """SQL without comments, strings and Jinja; and the Jinja by itself, without comments."""
    sql = re.sub(r"\{#.*?#\}", " ", sql, flags=re.DOTALL)
    sql = re.sub(r"--[^\n]*", " ", sql)
    jinja = " ".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", sql, flags=re.DOTALL))
    sql = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " jinja ", sql, flags=re.DOTALL)
    return re.sub(r"'[^']*'", "''", sql), jinja


def found_in(name: str, tokens: dict[str, str], content: str) -> list[str]:
    return [
        f"{name}: {hit.group(0).strip()!r}: {why}"
        for pattern, why in tokens.items()
        for hit in re.finditer(pattern, content, re.IGNORECASE)
    ]


def test_models_keep_to_the_portable_core_of_sql() -> None:
    found = []
    for name in models() + names("dbt_project/tests/", suffix=".sql"):
        sql, jinja = stripped(text(name))
        found += found_in(name, MONEY | PORTABLE, sql) + found_in(name, MONEY, jinja)
    report(found)


def test_money_is_never_a_double_in_sql() -> None:
    found = []
    for name in names("dbt_project/macros/", "pipelines/providers/", suffix=".sql"):
        found += found_in(name, MONEY, " ".join(stripped(text(name))))
    report(found)


def test_sql_files_are_short() -> None:
    found = []
    for name in names("dbt_project/", "pipelines/", suffix=".sql"):
        limit = MAPPING_LINES if name.endswith("/focus.sql") else MODEL_LINES
        size = text(name).count("\n")
        if size > limit:
            found.append(f"{name}: {size} lines, at most {limit}")
    report(found)


def test_models_say_their_grain_and_end_in_final() -> None:
    found = [f"{name}:1: open with '-- Grain: ...'" for name in models() if not text(name).startswith("-- Grain: ")]
    found += [
        f"{name}: end in 'select * from final'"
        for name in models()
        if not text(name).rstrip().endswith("\nselect * from final")
    ]
    report(found)


def test_models_are_named_by_their_layer_and_described() -> None:
    found, described = [], dict[str, str]()
    for name in names("dbt_project/models/", suffix=".yml"):
        records = yaml.safe_load(text(name)) or {}
        described |= {record["name"]: record.get("description", "") for record in records.get("models", [])}
    for name in models():
        layer, stem = Path(name).parts[2], Path(name).stem
        if layer not in LAYERS_OF_DBT or not stem.startswith(f"{layer}_"):
            found.append(f"{name}: a model lies in one of {LAYERS_OF_DBT} and its name starts with it")
        if not described.pop(stem, "").strip():
            found.append(f"{name}: no description in a _*.yml beside it")
    report(found + [f"{name} is described but is no model" for name in described])


def test_no_backslash_because_engines_escape_differently() -> None:
    report([hit for name in models() for hit in matches(re.compile(r"\\"), name)])


def test_sources_are_read_by_name_only() -> None:
    report([hit for name in models() for hit in matches(re.compile(r"read_parquet|read_csv|read_json"), name)])
