"""What others paid on demand for the use of a commitment, and how it comes back to the owner through the chain."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from pipelines.generator.truth_amounts import ZERO, r12
from pipelines.generator.truth_benefits import CreditLines
from pipelines.generator.truth_commitments import Commitment
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_policies import Policies
from pipelines.generator.truth_reports import Reports
from pipelines.generator.truth_terms import Contract


class Collected(NamedTuple):
    """Who sold the use of whose commitment on demand."""

    seller: str
    commitment: Commitment
    owner: str


class Returns:
    """The month's sums that sellers collected for owners."""

    def __init__(self, config: Config, policies: Policies) -> None:
        self._config, self._policies = config, policies
        self._collected: dict[Collected, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))

    def collect(self, contract: Contract, commitment: Commitment, owner: str, price: Decimal) -> None:
        """Note the on-demand price of one row."""
        self._collected[Collected(contract.seller, commitment, owner)][contract.currency] += price

    def credit(self, lines: CreditLines, reports: Reports) -> None:
        """Hand every sum down to its owner, as its seller's credit and then edge by edge."""
        config = self._config
        for item, sums in self._collected.items():
            contracts = self._below(item)
            for number, contract in enumerate(contracts):
                if number == 0:
                    into = self._config.rates.plain
                    amount = sum((r12(r12(total) * into(contract, name)) for name, total in sums.items()), ZERO)
                elif self._ends(item, contract):
                    break
                else:
                    amount = r12(amount * self._config.rates.plain(contract, contracts[number - 1].currency))
                name = f"commitment {item.commitment.id}"
                lines.add(contract, item.owner, item.commitment.provider, name, "Commitment benefit", amount)
                if contract.seller == config.operator:
                    home = config.rates.table(contract.currency, config.home[config.operator])
                    reports.returned[item.commitment] -= amount * home

    def _below(self, item: Collected) -> list[Contract]:
        """The contracts from the seller down to the owner on the month's last day, as far as there are any."""
        path = self._config.path(item.owner, self._config.last_day) or []
        sellers = [seller for seller, _ in path]
        found: list[Contract] = []
        for edge in path[sellers.index(item.seller) :] if item.seller in sellers else ():
            contract = self._config.contract(*edge, self._config.last_day)
            if contract is None:
                break
            found.append(contract)
        return found

    def _ends(self, item: Collected, contract: Contract) -> bool:
        """Whether the seller of an edge keeps what it got back."""
        day = self._config.last_day
        owner, _ = self._policies.owner(item.commitment, day)
        policy = self._policies.policy(item.commitment, owner, contract, day)
        return (policy.name, policy.benefit_to) == ("owner_only", "operator")
