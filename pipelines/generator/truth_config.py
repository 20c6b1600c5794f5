"""The oracle's reading of a configuration directory: tenants, links, contracts, plans, rates, all by day."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipelines.generator.truth_amounts import ONE, WIDE, number, r12

Record = dict[str, Any]


class Span(NamedTuple):
    """Half-open interval of days; an open end is the end of time."""

    start: date
    end: date

    def covers(self, day: date) -> bool:
        return self.start <= day < self.end


class Link(NamedTuple):
    """A provider scope's tenant; `own_only` leaves rows with a narrower key to other links."""

    span: Span
    tenant: str
    own_only: bool


class Contract(NamedTuple):
    """What a seller and a buyer agreed, as far as it moves money."""

    span: Span
    id: str
    seller: str
    buyer: str
    currency: str
    plan: str
    rounding: str
    tax: str
    credits: str


class Rule(NamedTuple):
    """One price rule; `percent` as written (10 is a tenth), `price` in `currency`."""

    span: Span
    id: str
    match: dict[str, str]
    priority: int
    order: int
    action: str
    basis: str | None
    percent: Decimal
    price: Decimal
    currency: str | None


class Config:
    """One configuration directory for one billing period. All lookups are by charge day."""

    def __init__(self, directory: Path, period: str) -> None:
        # BaseLoader keeps every scalar as the text that was written, so no number becomes a float.
        operator = yaml.load((directory / "operator.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        self.operator = str(operator["operator"])
        self._period = period
        self._parents: dict[str, list[tuple[Span, str]]] = defaultdict(list)
        self._links: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
        self._contracts: dict[tuple[str, str], list[Contract]] = defaultdict(list)
        self._rates: dict[tuple[str, str], Decimal] = {}
        self._boundaries: set[date] = set()
        for record in _records(directory, "tenants"):
            self._parents[record["tenant"]].append((self._span(record), _text(record, "parent")))
        for record in _records(directory, "account_links"):
            self._add_link(record)
        for record in _records(directory, "contracts"):
            self._add_contract(record)
        for record in _records(directory, "fx_rates"):
            if record["billing_period"] == period:
                self._rates[record["from_currency"], record["to_currency"]] = number(record["rate"])
        self._rules = self._read_plans(directory / "plans")
        self._days = sorted(self._boundaries)

    def segment(self, day: date) -> int:
        """Number of the stretch of days around `day` in which nothing in this directory changes."""
        return bisect_right(self._days, day)

    def link(self, provider: str, scope: str, scope_id: str | None, day: date) -> Link | None:
        """The link of one provider scope on a day."""
        links = self._links.get((provider, scope, (scope_id or "").lower()), ())
        return next((link for link in links if link.span.covers(day)), None)

    def path(self, tenant: str, day: date) -> list[tuple[str, str]] | None:
        """The edges (seller, buyer) from the operator down to a tenant; None if the tree is broken that day."""
        edges: list[tuple[str, str]] = []
        while tenant != self.operator:
            parent = next((parent for span, parent in self._parents[tenant] if span.covers(day)), "")
            if not parent or len(edges) > len(self._parents):
                return None
            edges.insert(0, (parent, tenant))
            tenant = parent
        return edges

    def contract(self, seller: str, buyer: str, day: date) -> Contract | None:
        """The contract in force on an edge."""
        return next((item for item in self._contracts.get((seller, buyer), ()) if item.span.covers(day)), None)

    def rules(self, plan: str) -> list[Rule]:
        """The rules of a plan in order of appearance."""
        return self._rules.get(plan, [])

    def rate(self, source: str, target: str) -> Decimal:
        """Units of `target` per unit of `source` in the billing period. Raises ValueError if none is given."""
        if source == target:
            return ONE
        if (source, target) in self._rates:
            return r12(self._rates[source, target])
        if (target, source) in self._rates:
            return r12(WIDE.divide(ONE, self._rates[target, source]))
        raise ValueError(f"no FX rate {source} -> {target} for {self._period}")

    def _span(self, record: Record) -> Span:
        start, end = _text(record, "valid_from"), _text(record, "valid_to")
        span = Span(date.fromisoformat(start) if start else date.min, date.fromisoformat(end) if end else date.max)
        self._boundaries.update(span)
        return span

    def _add_link(self, record: Record) -> None:
        scope = record["scope"]
        covers = _text(record, "covers") or ("own" if scope == "billing_account" else "all")
        link = Link(self._span(record), record["tenant"], covers == "own")
        self._links[record["provider"], scope, record["scope_id"].lower()].append(link)

    def _add_contract(self, record: Record) -> None:
        contract = Contract(
            span=self._span(record),
            id=record["contract"],
            seller=record["seller"],
            buyer=record["buyer"],
            currency=record["currency"],
            plan=record["plan"],
            rounding=_text(record, "rounding") or "half_up",
            tax=_text(record, "tax") or "exclude",
            credits=_text(record, "credits") or "keep",
        )
        self._contracts[contract.seller, contract.buyer].append(contract)

    def _read_plans(self, directory: Path) -> dict[str, list[Rule]]:
        plans: dict[str, list[Rule]] = defaultdict(list)
        for path in sorted((*directory.glob("*.yaml"), *directory.glob("*.yml"))):
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
            for record in document["rules"]:
                plan = plans[document["plan"]]
                plan.append(self._rule(record, len(plan)))
        return plans

    def _rule(self, record: Record, order: int) -> Rule:
        return Rule(
            span=self._span(record),
            id=record["rule"],
            match={name: str(value).lower() for name, value in (record.get("match") or {}).items()},
            priority=int(_text(record, "priority") or 0),
            order=order,
            action=record["action"],
            basis=_text(record, "basis") or None,
            percent=number(record.get("percent")),
            price=number(record.get("price")),
            currency=_text(record, "currency") or None,
        )


def _text(record: Record, name: str) -> str:
    return str(record.get(name) or "").strip()


def _records(directory: Path, name: str) -> list[Record]:
    """A record file as CSV or YAML; every value is the text that was written."""
    table = directory / f"{name}.csv"
    if table.exists():
        with table.open(encoding="utf-8-sig", newline="") as stream:
            return [dict(record) for record in csv.DictReader(stream)]
    for suffix in (".yaml", ".yml"):
        path = directory / f"{name}{suffix}"
        if path.exists():
            return list(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or [])
    return []
