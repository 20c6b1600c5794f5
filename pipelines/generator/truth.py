"""The independent oracle: bills a month line by line with plain decimals, from the same files as the engine.

It shares no code with the engine and no idea of speed with it: one loop over the provider's rows, one
price per row and edge, one rounding per invoice line. What both say must agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import localcontext
from pathlib import Path
from typing import Any

from pipelines.generator import truth_aws, truth_azure, truth_gcp, truth_margin, truth_rows
from pipelines.generator.truth_amounts import WIDE, round_minor
from pipelines.generator.truth_centres import Centres
from pipelines.generator.truth_charges import TAX, Charge, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_custom import Custom
from pipelines.generator.truth_deliveries import controls
from pipelines.generator.truth_files import write_truth
from pipelines.generator.truth_model import Coverage, CoverageKey, Hold, LineKey, Truth
from pipelines.generator.truth_owners import cut
from pipelines.generator.truth_pricing import (
    BILLED,
    QUARANTINED,
    Decision,
    EdgePrice,
    amortized,
    decide,
    invoiced,
    measured,
    priced,
)
from pipelines.generator.truth_terms import Contract
from pipelines.generator.truth_tiers import Groups, Placed

__all__ = ["Truth", "bill", "booked", "compute", "write_truth"]

DAY = ChargeKey._fields.index("day")
# What a line of each grain says nothing of.
COARSER: dict[str, tuple[str, ...]] = {
    "sku": (),
    "service": ("sku", "pricing_unit"),
    "account": ("sku", "pricing_unit", "service"),
    "provider": ("sku", "pricing_unit", "service", "sub_account"),
    "customer": ("sku", "pricing_unit", "service", "sub_account", "provider"),
}
FINEST = (
    "provider",
    "sub_account",
    "service",
    "sku",
    "pricing_unit",
    "category",
    "charge_class",
    "corrected_invoice",
)


def compute(deliveries: Path, config: Path, period: str) -> Truth:
    """Bill one period (YYYY-MM) from a delivery drop and a configuration directory.

    Raises OSError for a file that a manifest names and is not there, ValueError for what it cannot read.
    """
    with localcontext(WIDE):
        truth = Truth(period, controls=controls(deliveries, period))
        _Month(Config(config, period), truth).bill(lambda: booked(deliveries, period))
    return truth


def bill(charges: Iterable[truth_rows.FocusRow], config: Path, period: str) -> Truth:
    """Bill one period from FOCUS rows: dictionaries of text under the names of a focus slice's columns.

    Raises KeyError for a row without a column that none can lack, ValueError for what it cannot read.
    """
    with localcontext(WIDE):
        truth = Truth(period)
        rows = [truth_rows.charge(row) for row in charges]
        _Month(Config(config, period), truth).bill(lambda: iter(rows))
    return truth


def booked(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every row that the period's deliveries book, provider by provider."""
    for room in (truth_aws, truth_azure, truth_gcp):
        yield from room.read(deliveries, period)


class _Month:
    """One period being billed: first all tiers accrue, then every row is priced, then lines are rounded."""

    def __init__(self, config: Config, truth: Truth) -> None:
        self.config, self.truth = config, truth
        self.groups = Groups()
        self.centres = Centres(config.directory, config.month)
        self._decisions: dict[tuple[object, ...], Decision] = {}

    def bill(self, charges: Callable[[], Iterator[Charge]]) -> None:
        """Read the month's charges, twice if there are tiers."""
        if any(rule.tiers for rule in self.config.plans.rules):
            for charge in charges():
                for part in cut(self.config, charge):
                    self._accrue(part)
            self.groups.close()
        for charge in charges():
            _count_raw(self.truth, charge)
            for part in cut(self.config, charge):
                self._book(part)
        self._close()

    def _decision(self, key: ChargeKey) -> Decision:
        known = (self.config.segment(key.day), key[:DAY], key[DAY + 1 :])
        decision = self._decisions.get(known)
        if decision is None:
            decision = self._decisions[known] = decide(self.config, key)
        return decision

    def _accrue(self, charge: Charge) -> None:
        decision = self._decision(charge.key)
        for step in decision.steps:
            if step.group is not None and step.rule is not None and step.rule.tiers is not None:
                edges = {(other.contract.seller, other.contract.buyer) for other in decision.steps}
                self.groups.accrue(step.group, step.rule.tiers, step.into, measured(charge, step.measure), edges)

    def _book(self, charge: Charge) -> None:
        truth, decision = self.truth, self._decision(charge.key)
        key = charge.key
        place = CoverageKey(decision.disposition, decision.reason, key.provider, key.invoice or "", key.currency)
        _count(truth.coverage[place], charge)
        truth_margin.buy(truth, self.config, charge, decision)
        if decision.disposition == QUARANTINED:
            self._hold(charge, decision)
        if decision.disposition == BILLED:
            for edge in priced(decision, charge, self.groups):
                self._bill(charge, decision.tenant or "", edge)

    def _bill(self, charge: Charge, tenant: str, edge: EdgePrice) -> None:
        key, step, contract = charge.key, edge.step, edge.step.contract
        place = _line_key(contract, tenant, key)
        line = self.truth.lines[place]
        if contract.span.start >= line.mode_since:
            line.mode, line.mode_since = contract.rounding, contract.span.start
        price = invoiced(charge, edge.coefficients)
        line.exact += price
        line.amortized += amortized(charge, edge.coefficients)
        line.listed += measured(charge, edge.listed)
        line.moved += price - invoiced(charge, edge.pinned)
        line.charges += 1
        line.categories.add(key.service_category)
        line.publishers.add(key.publisher)
        if contract.buyer == tenant:
            self.centres.weigh(tenant, key, line, price)
        if step.group is not None:
            fine = (tenant, *(str(getattr(key, name) or "") for name in FINEST))
            placed = self.groups.groups[step.group].lines.setdefault(fine, Placed(place))
            placed.measure += measured(charge, step.measure)
            placed.priced += price

    def _hold(self, charge: Charge, decision: Decision) -> None:
        """Every edge down to the held tenant, and every edge of who shares a group of tiers with it."""
        key, tenant = charge.key, decision.tenant
        path = (self.config.path(tenant, key.day) or []) if tenant else []
        contracts = [self.config.contract(seller, buyer, key.day) for seller, buyer in path]
        pooled = self.groups.pooled({contract.id for contract in contracts if contract is not None})
        edges: list[tuple[str | None, str | None]] = [*dict.fromkeys([*path, *sorted(pooled)])]
        for seller, buyer in edges or [(None, None)]:
            hold = Hold(tenant, seller, buyer, decision.reason, key.provider, key.currency)
            _count(self.truth.holds[hold], charge)

    def _close(self) -> None:
        """Place what tiers leave, round each line once, add what no provider charged, and add up invoices."""
        truth = self.truth
        for group in self.groups.groups.values():
            for key, residual in group.residuals():
                truth.lines[key].exact += residual
                truth.lines[key].amortized += residual
        for key, line in truth.lines.items():
            line.billed = round_minor(line.exact, key.currency, line.mode)
        Custom(self.config).bill(truth)
        held = {(hold.seller, hold.buyer) for hold in truth.holds}
        for key, line in truth.lines.items():
            edge = truth.edges[key.seller, key.buyer, key.currency]
            edge.exact += line.exact
            edge.billed += line.billed
            edge.amortized += line.amortized
            edge.charges += line.charges
            edge.held = (key.seller, key.buyer) in held
        self.centres.divide(truth)
        truth_margin.sell(truth, self.config)
        truth_margin.close(truth)


def _line_key(contract: Contract, tenant: str, key: ChargeKey) -> LineKey:
    line = LineKey(
        seller=contract.seller,
        buyer=contract.buyer,
        currency=contract.currency,
        tenant=tenant,
        provider=key.provider,
        sub_account=key.sub_account,
        service=key.service,
        sku=key.sku,
        pricing_unit=key.pricing_unit,
        category=key.category,
        charge_class=key.charge_class,
        corrected_invoice=key.corrected_invoice,
    )
    silent: dict[str, Any] = dict.fromkeys(COARSER[contract.grain])
    return line._replace(**silent)


def _count_raw(truth: Truth, charge: Charge) -> None:
    key = charge.key
    raw = truth.raw[key.provider, key.account, key.invoice or "", key.currency]
    raw.charges += 1
    raw.kept += charge.billed
    if key.category == TAX:
        raw.tax += charge.stated
    else:
        raw.net += charge.stated


def _count(total: Coverage, charge: Charge) -> None:
    total.billed += charge.billed
    total.benefit += charge.benefit
    total.charges += 1
