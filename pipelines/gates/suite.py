"""The Great Expectations suite over the evidence frame: thresholds and severities as JSON in git.

Great Expectations takes seconds to import, so it is imported when a build is judged and nowhere else. It
judges a small frame in memory: no network, no project directory, no data docs.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.gates.evidence import Check

SUITE = Path(__file__).parent / "suites" / "evidence.json"


def read_suite() -> dict[str, Any]:
    """The committed suite."""
    loaded: dict[str, Any] = json.loads(SUITE.read_text(encoding="utf-8"))
    return loaded


def judge_evidence(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Validate the evidence frame: one result per expectation with check, severity, success and figures."""
    validated = _validate(_frame(checks), read_suite())
    results = []
    for outcome in validated["results"]:
        config, figures = outcome["expectation_config"], outcome["result"]
        failed_to_run = bool(outcome["exception_info"].get("raised_exception"))
        results.append(
            {
                "check": config["meta"]["check"],
                "expectation": config["type"],
                "severity": config["severity"],
                "success": bool(outcome["success"]) and not failed_to_run,
                "scopes": figures.get("element_count"),
                "scopes_in_violation": figures.get("unexpected_count"),
            }
        )
    return sorted(results, key=lambda result: (result["check"], result["expectation"]))


def _frame(checks: Sequence[Check]) -> Any:
    import pandas as pd

    return pd.DataFrame(
        [(c.name, c.scope, c.severity, c.violations, c.measured, c.example) for c in checks],
        columns=["CheckName", "Scope", "Severity", "Violations", "Measured", "Example"],
    )


def _validate(frame: Any, suite: dict[str, Any]) -> dict[str, Any]:
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), analytics_enabled=False
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("evidence").add_dataframe_asset("evidence")
    batch = asset.add_batch_definition_whole_dataframe("evidence").get_batch({"dataframe": frame})
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bars are not this command's progress
        validated: dict[str, Any] = batch.validate(gx.ExpectationSuite(**suite)).to_json_dict()
    return validated
