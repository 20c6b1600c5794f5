"""What a contract tells its buyer by itself, read from the configuration's own files.

A buyer knows its contract. Where the price is something on what the seller pays, the seller's price follows from it;
where a part of the benefit is shared, its amount does. Everything else has to stay hidden.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Record = dict[str, Any]
FROM_PARENT = {"pass_through", "margin", "uplift"}
AT_COST = {"(adjustment at cost)", "(credit at cost)", "(tax at cost)"}
BASES = {"parent": "price", "cost": "price", "contracted": "contracted"}


@dataclass(frozen=True)
class Terms:
    """What the contracts of one edge tell: by rule what of the seller's side shows in its price, and benefits."""

    told: dict[str, frozenset[str]]  # rule -> "price": what the seller pays; "contracted": the provider's contracted
    shared: str  # "" nothing of the benefit, "credit_line" its totals, "price" what each row has of it

    def tells(self, rule: str) -> frozenset[str]:
        """What a charge priced by this rule (as the engine names it) shows."""
        name, _, bound = rule.partition(" (")
        if rule in AT_COST:
            return frozenset({"price"})
        told = BASES.get(bound.partition(" ")[0])
        return self.told.get(name, frozenset()) | ({told} if told else set())


def read_terms(config: Path) -> dict[tuple[str, str], Terms]:
    """Edge -> its terms, over all contracts and overrides that ever hold on it."""
    plans = {str(plan["plan"]): plan for plan in map(_yaml, sorted((config / "plans").glob("*.y*ml")))}
    operator = _yaml(config / "operator.yaml")
    overrides = _csv(config / "overrides.csv")
    found: dict[tuple[str, str], Terms] = {}
    for contract in _csv(config / "contracts.csv"):
        edge = contract["seller"], contract["buyer"]
        names = [contract["plan"], *(o["plan"] for o in overrides if o["contract"] == contract["contract"])]
        if contract["seller"] == operator["operator"] and operator.get("plan"):
            names.append(str(operator["plan"]))
        share = contract.get("partner_benefit_share", "") not in ("", "0")
        shown = (contract.get("partner_benefit_shown") or "credit_line") if share else ""
        before = found.get(edge, Terms({}, ""))
        told = dict(before.told)
        for rule in (rule for name in names for rule in _rules(plans, name)):
            told[str(rule["rule"])] = told.get(str(rule["rule"]), frozenset()) | _told(rule)
        found[edge] = Terms(told, max(before.shared, shown))
    return found


def _told(rule: Record) -> frozenset[str]:
    basis = BASES.get(str(rule.get("basis")))
    return frozenset(({basis} if basis else set()) | ({"price"} if rule["action"] in FROM_PARENT else set()))


def _rules(plans: dict[str, Record], name: str) -> Iterator[Record]:
    while name:
        plan = plans[name]
        yield from plan.get("rules") or []
        name = str(plan.get("extends") or "")


def _yaml(path: Path) -> Record:
    loaded: Record = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _csv(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))
