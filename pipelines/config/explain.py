"""Why a charge has its price: on every edge of a tenant's chain the rule that wins and why the others lose.

The rules, their order and the plans of an edge are those of the compiled tables; only the reasons are made
here. An attribute that nobody gave is unknown: a rule that asks for it may win, and is shown as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import duckdb

from pipelines.config.compile import build_plans
from pipelines.config.describe import action_text, digits, match_text
from pipelines.config.explain_commitments import CommitmentExplainer
from pipelines.config.explained import LOSES, MAY_WIN, WINS, Candidate, Charge, EdgeExplanation
from pipelines.config.files import nearest
from pipelines.config.matching import FIELDS, accepts, why_more_specific
from pipelines.config.models import Config
from pipelines.config.price_staging import LENGTHS
from pipelines.config.pricing import Rule
from pipelines.config.vocabulary import SEPARATOR
from pipelines.errors import BadConfig, Problem
from pipelines.lake import connect
from pipelines.period import BillingPeriod

SHOWN = 20  # rules that lose; a plan may hold thousands

EDGES = """
    select e.Depth, e.SellerTenantId, e.BuyerTenantId, e.ContractId, e.BillingCurrency, c.PlanId, c.RateCardId
    from edges as e
    left join edge_plans as h on h.TenantId = e.TenantId and h.Depth = e.Depth
    left join in_composites as c on c.Heads = h.Heads
    where e.TenantId = ?
    order by e.Depth
"""
# The order is that of rating; rules that are not in force on the day have no RuleOrder.
CANDIDATES = """
    select r.*, p.* exclude (PatternId), k.TagKey, c.Level as RuleLayer, f.RuleOrder
    from in_chains as c
    inner join in_rules as r on r.SourcePlanId = c.SourcePlanId
    inner join in_patterns as p on p.PatternId = r.PatternId
    left join in_tag_keys as k on k.TagNo = p.TagNo
    left join rules as f
        on f.PlanId = c.PlanId and f.SourcePlanId = r.SourcePlanId and f.Position = r.Position
    where c.PlanId = ?
    order by r.RulePriority desc, r.RuleSpecificity desc, c.Level, f.RuleOrder nulls last, r.Position
"""
CARD = """
    select Provider, SkuPrice, PricingUnit, UnitPrice, UnitPriceCurrency
    from card_prices
    where RateCardId = ? and Sku = ?
    order by case when SkuPrice = '' then 1 else 0 end, Provider, SkuPrice, PricingUnit
"""


class Explainer:
    """Explains charges of one day under one configuration. Raises BadConfig for a tenant without a path."""

    def __init__(self, config: Config, day: date) -> None:
        self.day = day
        self.rules = {(plan.plan, number): rule for plan in config.plans for number, rule in enumerate(plan.rules)}
        self.config = config
        self.con = connect()
        build_plans(self.con, config, BillingPeriod(f"{day:%Y-%m}"), [], day)
        self.ordered: dict[str, list[dict[str, Any]]] = {}
        self.commitments = CommitmentExplainer(config, day)

    def explain(self, tenant: str, charge: Charge) -> list[EdgeExplanation]:
        """Every edge from the operator down to the tenant."""
        edges = _rows(self.con, EDGES, [tenant])
        if not edges:
            raise BadConfig(self._no_path(tenant))
        said = (
            self._treatments(edges, charge)
            if charge.is_commitment and charge.commitment_id != ""
            else [""] * len(edges)
        )
        return [self._edge(edge, charge, words) for edge, words in zip(edges, said, strict=True)]

    def _treatments(self, edges: list[dict[str, Any]], charge: Charge) -> list[str]:
        owner = self.commitments.owner(charge)
        owner_edges = _rows(self.con, EDGES, [owner]) if owner else []
        return list(self.commitments.treatments(edges, owner_edges, charge))

    def _no_path(self, tenant: str) -> Problem:
        names = {row.tenant for row in self.config.tenants}
        if tenant == self.config.operator.operator:
            return Problem("--tenant", f"{tenant} is the operator: no contract prices what it buys", "name a buyer")
        if tenant not in names:
            return Problem("--tenant", f"unknown tenant {tenant!r}{nearest(tenant, names)}", "correct the id")
        what = f"{tenant} has no path of parents up to the operator on {self.day}"
        return Problem("--tenant", what, "ask for another day, or correct the dates of the tenants")

    def _edge(self, edge: dict[str, Any], charge: Charge, commitment: str) -> EdgeExplanation:
        found = list(self._candidates(edge["PlanId"], charge)) if edge["PlanId"] else []
        kept = [candidate for candidate in found if candidate is not None]
        shown = [candidate for candidate in kept if candidate.outcome == WINS]
        shown += [candidate for candidate in kept if candidate.outcome != WINS][:SHOWN]
        return EdgeExplanation(
            edge["Depth"],
            edge["SellerTenantId"],
            edge["BuyerTenantId"],
            edge["ContractId"],
            edge["BillingCurrency"],
            edge["PlanId"],
            _note(edge["ContractId"], kept),
            self._list_prices(edge["RateCardId"], charge),
            shown,
            len(found) - len(shown),
            commitment,
        )

    def _candidates(self, plan: str, charge: Charge) -> Iterator[Candidate | None]:
        """Every rule of a combination of plans in order; None for one that is far from matching."""
        winner: dict[str, Any] | None = None
        if plan not in self.ordered:
            self.ordered[plan] = _rows(self.con, CANDIDATES, [plan])
        for row in self.ordered[plan]:
            against, unknown = _differences(row, charge)
            reason, outcome = self._in_force(row, charge), LOSES
            if len(against) > 1 or (against and (reason or against[0].startswith("sku:"))):
                yield None
                continue
            reason = reason or " and ".join(against)
            if not reason and winner is not None:
                reason = _why_later(winner, row)
            elif not reason and unknown:
                reason, outcome = f"depends on what is not given: {' and '.join(unknown)}", MAY_WIN
            elif not reason:
                winner, outcome, reason = row, WINS, "first of the rules that match"
            yield self._candidate(row, outcome, reason)

    def _in_force(self, row: dict[str, Any], charge: Charge) -> str:
        """Why a rule does not count whatever the charge's attributes are; empty if it does."""
        if row["RuleOrder"] is None:
            return (
                f"dates: it begins on {row['ValidFrom']}"
                if row["ValidFrom"] > self.day
                else (f"dates: it ended before {row['ValidTo']}")
            )
        if charge.is_commitment and row["RuleAction"] in ("unit_price", "tiers"):
            return f"{row['RuleAction']} says nothing about a commitment's fee or what it covers"
        return ""

    def _candidate(self, row: dict[str, Any], outcome: str, reason: str) -> Candidate:
        rule: Rule = self.rules[row["SourcePlanId"], row["Position"]]
        names = ("FactorParent", "FactorList", "FactorContracted", "FactorCost", "UnitPrice")
        return Candidate(
            rule.rule,
            outcome,
            reason,
            action_text(rule),
            match_text(rule),
            rule.priority,
            row["SourcePlanId"],
            row["RuleLayer"],
            f"{rule.place.file}:{rule.place.line}",
            rule.basis,
            rule.floor,
            rule.cap,
            {name: digits(row[name]) for name in names if row[name]},
        )

    def _list_prices(self, card: str | None, charge: Charge) -> list[str]:
        """The prices of the rate card that the charge can have; the first that fits counts."""
        if card is None or charge.is_commitment:
            return []
        found = []
        for row in _rows(self.con, CARD, [card, charge.values.get("sku", "")]):
            wanted = (("provider", "Provider"), ("sku_price", "SkuPrice"), ("pricing_unit", "PricingUnit"))
            values = [(row[column], charge.values.get(name)) for name, column in wanted]
            if all(part in ("", value) or value is None for part, value in values):
                price = f"{digits(row['UnitPrice'])} {row['UnitPriceCurrency']} per {row['PricingUnit']}"
                found.append(f"{price} (rate card {card}{', SKU price ' + row['SkuPrice'] if row['SkuPrice'] else ''})")
                if all(value is not None for _, value in values):
                    break
        return found


def _differences(row: dict[str, Any], charge: Charge) -> tuple[list[str], list[str]]:
    """Fields in which the charge differs from the rule, and those nobody knows, each as a sentence part."""
    against, unknown = [], []
    for name, column, part in zip(FIELDS, LENGTHS, row["MatchValue"].split(SEPARATOR), strict=True):
        if row[column] is None:
            continue
        value = charge.value(name, row["TagKey"])
        label = f"tag {row['TagKey']}" if name == "tag" else name
        if value is None:
            unknown.append(f"{label} (the rule wants {part})")
        elif not accepts(part, row[column], value):
            against.append(f"{label}: the rule wants {part}, the charge has {value or 'none'}")
    return against, unknown


def _why_later(winner: dict[str, Any], row: dict[str, Any]) -> str:
    """What puts a rule that matches, or may match, behind the winner."""
    if row["RulePriority"] < winner["RulePriority"]:
        return f"lower priority: {row['RulePriority']} against {winner['RulePriority']}"
    specific = why_more_specific(winner["RuleSpecificity"], row["RuleSpecificity"])
    return specific or f"further layer: plan {row['SourcePlanId']} comes after {winner['SourcePlanId']}"


def _note(contract: str | None, candidates: Sequence[Candidate]) -> str:
    if contract is None:
        return "no contract on this day: the charge is held"
    outcomes = [candidate.outcome for candidate in candidates]
    if MAY_WIN in outcomes:
        return "which rule wins depends on attributes that were not given"
    return "" if WINS in outcomes else "no rule matches: the charge is held"


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    found = con.execute(query, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
