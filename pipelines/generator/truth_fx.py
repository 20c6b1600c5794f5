"""What one unit of a currency is worth in another: the period's table, fixed contract rates, the row's own rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, divided, number, r12
from pipelines.generator.truth_charges import ChargeKey
from pipelines.generator.truth_records import records, span
from pipelines.generator.truth_terms import Contract

HUNDRED = Decimal(100)


class Rates:
    """The rates of one billing period. Raises ValueError for a pair that nothing states."""

    def __init__(self, directory: Path, period: str) -> None:
        self._period = period
        self._table: dict[tuple[str, str], Decimal] = {}
        self._fixed: dict[tuple[str, str], Decimal] = {}
        for record in records(directory, "fx_rates"):
            if record["billing_period"] == period:
                self._table[record["from_currency"], record["to_currency"]] = number(record["rate"])
        for record in records(directory, "contract_rates"):
            if span(record).covers(date.fromisoformat(f"{period}-01")):
                self._fixed[record["contract"], record["from_currency"]] = number(record["rate"])

    def table(self, source: str, target: str) -> Decimal:
        """Units of `target` per unit of `source` as the table has it, inverted once if need be."""
        if source == target:
            return ONE
        if (source, target) in self._table:
            return r12(self._table[source, target])
        if (target, source) in self._table:
            return divided(ONE, self._table[target, source])
        raise ValueError(f"no FX rate {source} -> {target} for {self._period}")

    def plain(self, contract: Contract, source: str) -> Decimal:
        """Into a contract's currency as agreed or as the table has it, without its markup."""
        if source != contract.currency and (contract.id, source) in self._fixed:
            return r12(self._fixed[contract.id, source])
        return self.table(source, contract.currency)

    def price(self, contract: Contract, source: str) -> Decimal:
        """Into a contract's currency with its markup."""
        return marked(contract, source, self.plain(contract, source))


def marked(contract: Contract, source: str, rate: Decimal) -> Decimal:
    """A rate with the contract's markup; there is none where nothing is converted."""
    if source == contract.currency:
        return rate
    return r12(rate * r12(ONE + WIDE.divide(contract.fx_markup, HUNDRED)))


class Conversion(NamedTuple):
    """The conversions of one edge for one row: `kind` is price (marked up), plain, or pinned (the table's)."""

    rates: Rates
    contract: Contract
    above: str | None
    """Currency of the edge above; None on the first edge, whose seller buys from the provider."""
    key: ChargeKey
    kind: str = "price"

    def of(self, currency: str) -> Decimal:
        """From any currency that the terms name."""
        if self.kind == "pinned":
            return self.rates.table(currency, self.contract.currency)
        return (self.rates.plain if self.kind == "plain" else self.rates.price)(self.contract, currency)

    def from_provider(self) -> Decimal:
        key, own = self.key, self.contract.currency
        stated = key.exchange_rate or ZERO
        stands = stated > 0 and key.pricing_currency == own and key.currency != own
        if stands and self.contract.own_rate and self.kind != "pinned":
            rate = divided(ONE, stated)
            return rate if self.kind == "plain" else marked(self.contract, key.currency, rate)
        return self.of(key.currency)

    def from_parent(self) -> Decimal:
        return self.from_provider() if self.above is None else self.of(self.above)
