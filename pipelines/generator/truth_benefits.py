"""What partners pass on of their benefits: folded into the price of a row, or as a credit line of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, ZERO, r12, round_minor
from pipelines.generator.truth_charges import CREDIT, EARNED, PURCHASE, USAGE, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_fx import Conversion
from pipelines.generator.truth_model import InvoiceLine, LineKey, Truth
from pipelines.generator.truth_terms import Contract


class Passed(NamedTuple):
    """What a buyer gets of one unit of a row's benefit, in its contract's currency."""

    part: Decimal
    in_price: bool


NOTHING = Passed(ZERO, in_price=False)


def passed(config: Config, key: ChargeKey, contracts: Sequence[Contract]) -> list[Passed]:
    """Per edge, top down; an edge without a share leaves nothing for those below."""
    if key.benefit_status != EARNED:
        return [NOTHING for _ in contracts]
    found: list[Passed] = []
    part, above = ONE, None
    for contract in contracts:
        rate = Conversion(config.rates, contract, above, key, "plain").from_parent()
        part = r12(r12(part * contract.benefit_share) * rate)
        above = contract.currency
        found.append(Passed(part, contract.benefit_in_price and key.category in (USAGE, PURCHASE)))
    return found


class CreditLines:
    """Credits that no provider's row stands for: each is summed exactly and rounded once."""

    def __init__(self) -> None:
        self._lines: dict[LineKey, list[tuple[Contract, Decimal]]] = defaultdict(list)
        self._names: dict[LineKey, str] = {}

    def add(self, contract: Contract, tenant: str, provider: str, line: str, name: str, amount: Decimal) -> None:
        """Credit an amount on a contract's edge."""
        key = credit_key(contract, tenant, provider, line)
        self._lines[key].append((contract, amount))
        self._names[key] = name

    def bill(self, truth: Truth) -> None:
        """Add the lines to the month's."""
        for key, parts in self._lines.items():
            amount = sum((amount for _, amount in parts), ZERO)
            mode = max(parts, key=lambda item: item[0].span.start)[0].rounding
            billed = round_minor(-amount, key.currency, mode)
            line = truth.lines[key] = InvoiceLine(exact=-amount, billed=billed, amortized=-amount, mode=mode)
            line.name = self._names[key]


def credit_key(contract: Contract, tenant: str, provider: str, line: str) -> LineKey:
    """A line that says whose it is and of which provider, and nothing else of what it credits."""
    return LineKey(
        seller=contract.seller,
        buyer=contract.buyer,
        currency=contract.currency,
        tenant=tenant,
        provider=provider,
        sub_account=None,
        service=None,
        sku=None,
        pricing_unit=None,
        category=CREDIT,
        charge_class=None,
        corrected_invoice=None,
        custom_line=line,
    )
