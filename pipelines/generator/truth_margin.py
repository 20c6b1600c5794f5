"""What each seller earned: its revenue and its cost in its home currency, and what rates and rounding did to them."""

from __future__ import annotations

from decimal import Decimal

from pipelines.generator.truth_amounts import ZERO, r12
from pipelines.generator.truth_charges import Charge
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_decisions import ABSORBED, BILLED, Decision
from pipelines.generator.truth_model import InvoiceLine, LineKey, Margin, MarginKey, Truth
from pipelines.generator.truth_terms import Contract


def buy(truth: Truth, config: Config, charge: Charge, decision: Decision) -> None:
    """A provider's row as the operator's own cost."""
    if decision.disposition not in (BILLED, ABSORBED):
        return
    key, operator = charge.key, config.operator
    path = config.path(decision.tenant, key.day) if decision.tenant else None
    place = MarginKey(
        operator, path[0][1] if path else operator, decision.tenant or operator, key.provider, key.service
    )
    rate = config.rates.table(key.currency, config.home[operator])
    truth.margin[place].cost += charge.billed * rate
    truth.margin[place].benefit += charge.benefit * rate


def sell(truth: Truth, config: Config) -> None:
    """Every line but payments is its seller's revenue and, where its buyer sells on, the buyer's cost."""
    lower: dict[tuple[str, str], str] = {}
    earning = {key: line for key, line in truth.lines.items() if not line.is_payment}
    for key in earning:
        sold = (key.seller, key.tenant)
        lower[sold] = min(lower.get(sold, key.buyer), key.buyer)
    for key, line in earning.items():
        own = truth.margin[MarginKey(key.seller, key.buyer, key.tenant, key.provider, key.service or line.name)]
        _book(own, line, key, config, key.seller, Decimal(1))
        buyer = key.buyer
        if config.kinds[buyer] != "customer":
            onward = lower.get((buyer, key.tenant), buyer)
            place = MarginKey(buyer, onward, key.tenant, key.provider, key.service or line.name)
            _book(truth.margin[place], line, key, config, buyer, Decimal(-1))


def _book(margin: Margin, line: InvoiceLine, key: LineKey, config: Config, party: str, side: Decimal) -> None:
    rate = config.rates.table(key.currency, config.home[party])
    if side > 0:
        margin.revenue += line.billed * rate
    else:
        margin.cost += line.billed * rate
    margin.fx += side * r12(line.moved) * rate
    margin.rounding += side * r12(line.billed - line.exact) * rate


def pass_on(truth: Truth, contract: Contract, tenant: str, provider: str, service: str | None, amount: Decimal) -> None:
    """Note what a seller passes on of a benefit: in the price of a service, or as a line of its own."""
    if amount:
        place = MarginKey(contract.seller, contract.buyer, tenant, provider, service)
        truth.passed_on[contract.id, place] += amount


def close(truth: Truth, config: Config) -> None:
    """Figures at 12 decimals."""
    for (contract, place), amount in truth.passed_on.items():
        rate = config.rates.table(config.contracts[contract].currency, config.home[place.seller])
        truth.margin[place].shared += r12(amount) * rate
    for margin in truth.margin.values():
        for name in ("revenue", "cost", "benefit", "shared", "fx", "rounding"):
            setattr(margin, name, r12(getattr(margin, name)))


def price_effect(margin: Margin) -> Decimal:
    """What is left of a margin without rates and rounding."""
    return margin.revenue - margin.cost - margin.fx - margin.rounding or ZERO
