"""Price plans in their layers: overrides of tenants, the contract's plan, what it extends, the operator's plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipelines.generator.truth_amounts import number
from pipelines.generator.truth_charges import PURCHASE, USAGE, ChargeKey, bought_ahead
from pipelines.generator.truth_records import Record, Span, document, records, span, text
from pipelines.generator.truth_terms import Card, Contract, Rule, read_rule

CardKey = tuple[str, str, str, str, str]


class Override(NamedTuple):
    """A plan that comes before the contract's for one tenant and those below it."""

    span: Span
    plan: str


class Layers(NamedTuple):
    """The rules that may price a charge on an edge, nearest layer first, and the rate card of its list prices."""

    rules: tuple[tuple[int, Rule], ...]
    card: str | None


class Plans:
    """Every plan, override and rate card of a configuration directory."""

    def __init__(self, directory: Path, operator: Record) -> None:
        self.spans: set[Span] = set()
        self._plans = {plan["plan"]: plan for plan in _plan_documents(directory / "plans")}
        self._rules = {name: self._read_rules(plan) for name, plan in self._plans.items()}
        self._operator, self._last = str(operator["operator"]), text(operator, "plan")
        self._overrides: dict[tuple[str, str], list[Override]] = {}
        for record in records(directory, "overrides"):
            override = Override(self._seen(span(record)), record["plan"])
            self._overrides.setdefault((record["contract"], record["tenant"]), []).append(override)
        self._cards: dict[CardKey, list[Card]] = {}
        for record in records(directory, "rate_cards"):
            fields = (text(record, name).lower() for name in ("rate_card", "provider", "sku", "sku_price", "unit"))
            card = Card(self._seen(span(record)), number(record["price"]), record["currency"])
            self._cards.setdefault(tuple(fields), []).append(card)  # type: ignore[arg-type]
        self._layers: dict[tuple[str, ...], Layers] = {}

    @property
    def rules(self) -> Iterable[Rule]:
        """Every rule of every plan."""
        return (rule for rules in self._rules.values() for rule in rules)

    def layers(self, contract: Contract, chain: Iterable[str], day: date) -> Layers:
        """What prices the charges of a tenant on an edge; `chain` is the tenant and those above it, nearest first."""
        plans: list[str] = []
        for tenant in chain:
            for override in self._overrides.get((contract.id, tenant), ()):
                if override.span.covers(day):
                    plans += self._chain(override.plan)
        plans += self._chain(contract.plan)
        if contract.seller == self._operator and self._last:
            plans += self._chain(self._last)
        names = tuple(dict.fromkeys(plans))
        if names not in self._layers:
            rules = tuple((layer, rule) for layer, name in enumerate(names) for rule in self._rules[name])
            cards = (text(self._plans[name], "rate_card") for name in names)
            self._layers[names] = Layers(rules, next((card for card in cards if card), None))
        return self._layers[names]

    def card(self, name: str | None, key: ChargeKey) -> Card | None:
        """The operator's own list price of a charge: of its exact price first, else of any price of the product."""
        if not name or key.category not in (USAGE, PURCHASE) or bought_ahead(key) or not key.sku:
            return None
        place = (name.lower(), key.provider.lower(), key.sku.lower())
        unit = (key.pricing_unit or "").lower()
        for sku_price in dict.fromkeys(((key.sku_price or "").lower(), "")):
            for card in self._cards.get((*place, sku_price, unit), ()):
                if unit and card.span.covers(key.day):
                    return card
        return None

    def _chain(self, plan: str) -> list[str]:
        """A plan and those it extends, nearest first."""
        names: list[str] = []
        while plan and plan not in names:
            names.append(plan)
            plan = text(self._plans[plan], "extends")
        return names

    def _read_rules(self, plan: Record) -> list[Rule]:
        read = [(record, read_rule(record, order)) for order, record in enumerate(plan.get("rules") or ())]
        for _, rule in read:
            self._seen(rule.span)
        starts: dict[str, list[tuple[date, bool]]] = {}
        for record, rule in sorted(read, key=lambda item: item[1].span.start):
            starts.setdefault(rule.id, []).append((rule.span.start, text(record, "continues").lower() == "true"))
        return [_continued(rule, starts[rule.id]) for _, rule in read]

    def _seen(self, days: Span) -> Span:
        self.spans.add(days)
        return days


def _continued(rule: Rule, versions: list[tuple[date, bool]]) -> Rule:
    """A rule with tiers and the versions before it, as far back as each continues the one before."""
    if rule.tiers is None:
        return rule
    before: list[date] = []
    for start, continues in versions:
        before = before if continues else []
        if start == rule.span.start:
            break
        before.append(start)
    return rule._replace(tiers=rule.tiers._replace(before=tuple(before)))


def _plan_documents(directory: Path) -> Iterable[Record]:
    for path in sorted((*directory.glob("*.yaml"), *directory.glob("*.yml"))):
        plans = document(path) or []
        yield from plans if isinstance(plans, list) else [plans]
