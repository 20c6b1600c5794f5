"""The money rules of FOCUS as data: rules.yml, read once and given in SQL for one of the two views.

The buy view is what providers charge the operator, slice by slice; the sell view is what each buyer gets, edge by edge.
A rule says what must hold; what to do about a broken one is the gate's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.config.fields import currencies
from pipelines.hashing import sha256_json

HERE = Path(__file__).parent
BUY, SELL = "buy", "sell"
VIEWS = (BUY, SELL)
ROW, SUM, COLUMNS = "row", "sum", "columns"
FAIL, WARN = "fail", "warn"
SCOPES = {BUY: "x_Provider, BillingCurrency", SELL: "SellerTenantId, BuyerTenantId, BillingCurrency"}
# What a price may be off beside its 12th decimal, as a part of the cost: nothing, or what a converted price loses.
SHARES = {BUY: "cast('0' as decimal(6, 6))", SELL: "cast('0.00001' as decimal(6, 6))"}
FINAL = {BUY: "x_IsFinal", SELL: "true"}


@dataclass(frozen=True)
class Rule:
    """One rule: `sql` is the condition that breaks it (row) or the query for the groups that do (sum)."""

    id: str
    grain: str
    severities: tuple[tuple[str, str], ...]
    holds: str
    sql: str
    amount: str

    @property
    def requirement(self) -> str:
        """M1 to M16."""
        return self.id.partition("-")[0]

    @property
    def views(self) -> tuple[str, ...]:
        return tuple(view for view, _ in self.severities)

    def severity(self, view: str) -> str:
        """fail or warn."""
        return dict(self.severities)[view]

    def on(self, view: str) -> str:
        """The SQL for one view."""
        listed = ", ".join(f"'{code}'" for code in currencies())
        words = {"scope": SCOPES[view], "slack": SHARES[view], "final": FINAL[view], "currencies": listed}
        text = self.sql
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", value)
        return text


@cache
def rules(view: str | None = None, grain: str | None = None) -> tuple[Rule, ...]:
    """The rules in the order of the file; of one view and grain, if given."""
    records = yaml.safe_load((HERE / "rules.yml").read_text(encoding="utf-8"))["rules"]
    found = tuple(_rule(record) for record in records)
    return tuple(rule for rule in found if view in (None, *rule.views) and grain in (None, rule.grain))


def rule(name: str) -> Rule:
    """The rule with an id."""
    return next(found for found in rules() if found.id == name)


@cache
def rules_hash() -> str:
    """Changes with anything that decides what breaks a rule."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in ("rules.yml", "functions.sql", "scan.py")]
    return sha256_json([*texts, sorted(currencies())])


def define_functions(con: duckdb.DuckDBPyConnection) -> None:
    """Let a connection run rules."""
    con.execute((HERE / "functions.sql").read_text(encoding="utf-8"))


def _rule(record: dict[str, Any]) -> Rule:
    severity = record["severity"]
    views = tuple(record.get("views", VIEWS))
    by_view = severity if isinstance(severity, dict) else dict.fromkeys(views, severity)
    sql = str(record.get("broken", record.get("query", ""))).strip()
    severities = tuple((view, str(by_view[view])) for view in views)
    return Rule(
        record["id"], record["grain"], severities, record["holds"].strip(), sql, record.get("amount", "BilledCost")
    )
