"""The only caller of dbt: runs the project in this process against one mounted work database."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from pipelines.errors import GateRefused, Problem
from pipelines.progress import Reporter
from pipelines.schemas import ROOT

PROJECT = ROOT / "dbt_project"
ENVIRONMENT = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
_one_at_a_time = threading.Lock()  # dbt keeps global state: one invocation per process at a time
_parsed: list[Any] = []  # the project's manifest: parsing takes seconds and the files do not change meanwhile


def run_dbt(command: str, database: Path, scratch: Path, report: Reporter, *arguments: str) -> None:
    """Run one dbt command. Raises GateRefused naming every model or test that failed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner  # imported late: it costs seconds that most verbs need not pay

    problems: list[Problem] = []

    def listen(event: Any) -> None:
        _listen(event, report, problems)

    options = [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
        "--log-level", "none", "--log-level-file", "info",
    ]  # fmt: skip
    with _one_at_a_time:
        os.environ.update(ENVIRONMENT, REBILL_WORK_DATABASE=str(database))
        if not _parsed:
            parsed = dbtRunner(callbacks=[listen]).invoke(["parse", *options])
            if parsed.success:
                _parsed.append(parsed.result)
        manifest = _parsed[0] if _parsed else None
        # The manifest of every build would be the same megabytes again; `compile` is asked for just that.
        artifacts = () if command == "compile" else ("--no-write-json",)
        result = dbtRunner(manifest=manifest, callbacks=[listen]).invoke([command, *options, *artifacts, *arguments])
        DuckDBConnectionManager.close_all_connections()  # the marts are read from the same file next
    if not result.success:
        if result.exception is not None:
            problems.append(Problem("dbt_project", str(result.exception), "see the dbt log in the run's work folder"))
        raise GateRefused(problems or [Problem("dbt_project", f"dbt {command} failed", "see the dbt log")])


def _listen(event: Any, report: Reporter, problems: list[Problem]) -> None:
    name = event.info.name
    if name == "LogModelResult" and event.data.status not in {"ERROR", "error"}:
        model = event.data.node_info.node_name
        report(model.split("_", 1)[0], f"{model} in {event.data.execution_time:.1f} s")
    elif name == "RunResultError":
        problems.append(Problem("dbt_project", event.data.msg.strip(), "see the message; the month is not built"))
    elif name == "LogTestResult" and event.data.status in {"fail", "error"}:
        problems.append(
            Problem(f"dbt test {event.data.name}", f"{event.data.num_failures} rows fail", "look at the failing rows")
        )
