"""Evidence: the few measured facts about a build that the gate judges, one row per check and scope.

SQL measures (evidence.sql: proof and totals; columns.sql: money columns; sharing.sql: commitments that reach several
end customers; rules.sql: FOCUS rules); nothing here decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.config.fields import currencies
from pipelines.conformance.rules import rules
from pipelines.errors import Problem, RebillError
from pipelines.lake import connect

HERE = Path(__file__).parent
# The marts that a build writes: what is judged is what is written.
MARTS = (
    "marts_invoice_lines",
    "marts_invoices",
    "marts_balances",
    "marts_cost_centres",
    "marts_margin",
    "marts_daily_costs",
    "marts_coverage",
    "marts_reconciliation",
    "marts_holds",
    "marts_commitments",
    "marts_commitment_sharing",
    "marts_partner_benefits",
    "marts_bundles",
    "marts_contract_commitments",
    "marts_conformance",
)
# What a violation means: `fail` refuses the month, `warn` is stated beside the figures, `note` is kept with them.
SEVERITIES = {
    "proof_all_tied": "fail",
    "coverage_complete": "fail",
    "invoice_equals_lines": "fail",
    "conservation_per_edge": "fail",
    "no_null_money": "fail",
    "sums_within_type": "fail",
    "line_ids_unique": "fail",
    "rounding_residual_bounded": "fail",
    "commitments_shared_in_breach": "fail",
    "commitments_shared": "warn",
    "estimates_present": "warn",
    "untied_invoices": "warn",
    "holds_present": "warn",
    "focus_rules_examined": "fail",
    "focus_rules_of_charges": "fail",
    "focus_rules_of_bills": "warn",
    "focus_rules_warned": "warn",
    "focus_rules_waived": "note",
}


@dataclass(frozen=True)
class Check:
    """One measured fact: how often a check is violated in a scope, and by what."""

    name: str
    scope: str
    severity: str
    violations: int
    measured: str
    example: str | None

    def __str__(self) -> str:
        text = f"{self.name} [{self.scope}]: {self.violations} violations; {self.measured}"
        return f"{text}; e.g. {self.example}" if self.example else text


def open_marts(build_dir: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with each mart of a build as a view. Raises RebillError naming every missing file."""
    missing = [name for name in MARTS if not (build_dir / f"{name}.parquet").is_file()]
    if missing:
        raise RebillError(
            [
                Problem(f"{build_dir.name}/{name}.parquet", "the mart is missing", "build the period again")
                for name in missing
            ]
        )
    con = connect()
    for name in MARTS:
        path = str(build_dir / f"{name}.parquet").replace("'", "''")
        con.execute(f"create view {name} as select * from read_parquet('{path}', hive_partitioning = false)")
    return con


def measure(build_dir: Path, estimates: Sequence[str] = ()) -> list[Check]:
    """Measure a build; `estimates` names its slices that are not final. Ordered by check and scope."""
    with open_marts(build_dir) as con:
        con.execute("create table estimates (Name varchar)")
        for name in estimates:
            con.execute("insert into estimates values (?)", [name])
        con.execute("create table currencies (Currency varchar, HalfUnit decimal(38, 24))")
        half_units = [[code, "0." + "0" * units + "5"] for code, units in currencies().items()]
        con.executemany("insert into currencies select ?, exact(?)", half_units)
        con.execute("create table focus_rules (View varchar, RuleId varchar)")
        con.executemany("insert into focus_rules values (?, ?)", [[v, r.id] for r in rules() for v in r.views])
        found = [
            Check(name, scope, SEVERITIES[name], int(violations), measured, example)
            for query in ("evidence.sql", "columns.sql", "sharing.sql", "rules.sql")
            for name, scope, violations, measured, example in con.execute(
                (HERE / query).read_text(encoding="utf-8")
            ).fetchall()
        ]
    return sorted(found, key=lambda check: (check.name, check.scope))
