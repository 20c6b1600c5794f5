"""The engine without dbt's start-up: the project's SQL is compiled once and run as it stands.

Everything but dbt's own run is the real code: slices, configuration, facts, mount and the marts of a build.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from pipelines import building, dbt
from pipelines.lake import connect
from pipelines.progress import Reporter, silent

DEPTH = 6  # edges that the compiled chain is unrolled to; a real build unrolls to the deepest tenant it has


@dataclass(frozen=True)
class Statement:
    """One model as the statement that makes it, or one test as the query that finds what is wrong."""

    name: str
    sql: str


@dataclass(frozen=True)
class Compiled:
    """The project in the order in which it is built; call `stand_in` to build with it instead of with dbt."""

    models: list[Statement]
    tests: list[Statement]

    def run(self, _: str, database: Path, _scratch: Path, _report: Reporter, *_arguments: str) -> None:
        """What dbt build does: every model in order, then every test of the project."""
        with connect(database, threads=1) as con:
            con.execute("begin; create schema rated; create schema marts")
            for statement in self.models:
                con.execute(statement.sql)
            failed = [test.name for test in self.tests if con.execute(test.sql).fetchall()]
            con.execute("commit")
        assert not failed, f"the project's own tests fail: {failed}"

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Let builds run this SQL. Their code is what was compiled, whatever happens to the files meanwhile."""
        patch.setattr(building, "run_dbt", self.run)
        patch.setattr(building, "code_hash", lambda: "compiled once")


def compile_project(scratch: Path) -> Compiled:
    """Compile every model and test of the dbt project, for a database file named work.duckdb."""
    dbt.run_dbt("compile", scratch / "work.duckdb", scratch, silent, "--vars", json.dumps({"max_depth": DEPTH}))
    manifest = json.loads((scratch / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes: dict[str, Any] = manifest["nodes"]
    order = TopologicalSorter({key: node["depends_on"]["nodes"] for key, node in sorted(nodes.items())}).static_order()
    wanted = [nodes[key] for key in order if key in nodes]
    models = [_create(node) for node in wanted if node["resource_type"] == "model"]
    tests = [
        Statement(node["name"], node["compiled_code"])
        for node in wanted
        if node["resource_type"] == "test" and node.get("compiled_code") and not node.get("test_metadata")
    ]
    return Compiled(models, tests)


def _create(node: dict[str, Any]) -> Statement:
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    return Statement(node["name"], f"create {kind} {node['relation_name']} as {node['compiled_code']}")
