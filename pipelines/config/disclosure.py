"""What a contract's own terms tell its buyer of the seller's side, and contracts that declare it.

A price that rests on what the seller pays tells that price; a shared benefit tells the benefit. Nothing else may tell
either. A contract that declares what it `discloses` is refused as soon as its terms disclose more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipelines.config.intervals import grouped
from pipelines.config.layers import compose
from pipelines.config.models import Contract
from pipelines.config.pricing import Plan, Rule
from pipelines.config.reading import Tables
from pipelines.config.terms import BENEFIT, PARENT_PRICE
from pipelines.errors import Problem

FROM_PARENT = ("pass_through", "margin", "uplift")
SELLERS_BASES = ("parent", "cost", "contracted")


def disclosed(contract: Contract, plans: Iterable[Plan]) -> Iterator[tuple[str, str]]:
    """(parent_price or benefit, the term that tells it), for every such term of a contract and its plans."""
    for plan in plans:
        yield from ((PARENT_PRICE, f"rule {rule.rule} of {plan.plan}") for rule in plan.rules if _tells(rule))
    if contract.tax == "at_cost":
        # Provider tax is taken of the price after benefits.
        yield from ((word, "tax at_cost") for word in (PARENT_PRICE, BENEFIT))
    if contract.partner_benefit_share:
        yield BENEFIT, f"partner_benefit_share {contract.partner_benefit_share}"


def _tells(rule: Rule) -> bool:
    """Whether the price rests on the seller's own; where a bound binds, it does."""
    return rule.action in FROM_PARENT or any(base in SELLERS_BASES for base in (rule.basis, rule.floor, rule.cap))


def check_disclosure(tables: Tables, problems: list[Problem]) -> None:
    """Append a problem for each thing that a contract discloses beyond what it declares, naming the first such term."""
    plans = {plan.plan: plan for plan in tables.plans.rows}
    overrides = grouped(tables.overrides.rows, lambda row: row.contract)
    operator = tables.operator.rows[0] if tables.operator.rows else None
    for contract in tables.contracts.rows:
        if contract.discloses is None:
            continue
        heads = [*(row.plan for row in overrides.get(contract.contract, [])), contract.plan]
        if operator and operator.plan and operator.operator == contract.seller:
            heads.append(operator.plan)
        terms: dict[str, str] = {}
        for word, term in disclosed(contract, compose(heads, plans).chain):
            terms.setdefault(word, term)
        for word in sorted(terms.keys() - set(contract.discloses.split(";"))):
            what = f"{contract.contract} discloses {contract.discloses}, but {terms[word]} tells the buyer {word}"
            problems.append(contract.place.problem(what, f"add {word} to discloses, or change that term", "discloses"))
