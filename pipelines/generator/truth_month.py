"""One period being billed, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from pipelines.generator import truth_margin
from pipelines.generator.truth_amounts import ZERO, round_minor
from pipelines.generator.truth_benefits import CreditLines, passed
from pipelines.generator.truth_centres import Centres
from pipelines.generator.truth_charges import Charge, ChargeKey
from pipelines.generator.truth_commitments import commitment_of
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_custom import Custom
from pipelines.generator.truth_decisions import BILLED, QUARANTINED, Decision, EdgePrice, Judge, accruing
from pipelines.generator.truth_lines import count, count_raw, fine_line, line_key
from pipelines.generator.truth_model import CoverageKey, Hold, Truth
from pipelines.generator.truth_owners import cut, owner
from pipelines.generator.truth_pricing import credited, folded, listed, measured, priced, prices, shares
from pipelines.generator.truth_reports import note_benefit, note_commitment
from pipelines.generator.truth_returns import Returns
from pipelines.generator.truth_states import ON_DEMAND, Place
from pipelines.generator.truth_terms import Contract
from pipelines.generator.truth_tiers import Groups, Placed

BENEFIT = "Partner benefit"
RETURNED = ("owner_only", "owner")


class Month:
    """One period being billed: first commitments and tiers are seen whole, then rows are priced, then lines rounded."""

    def __init__(self, config: Config, truth: Truth) -> None:
        self.config, self.truth = config, truth
        self.judge = Judge(config)
        self.groups = Groups()
        self.credits = CreditLines()
        self.returns = Returns(config, self.judge.policies)
        self.centres = Centres(config.directory, config.month)

    def bill(self, charges: Callable[[], Iterator[Charge]]) -> None:
        """Read the month's charges, twice, or three times if there are tiers."""

        def parts() -> Iterator[Charge]:
            return (part for charge in charges() for part in cut(self.config, charge))

        for part in parts():
            self.judge.observe(part)
        if any(rule.tiers for rule in self.config.plans.rules):
            for part in parts():
                self._accrue(part)
            self.groups.close()
        for charge in charges():
            count_raw(self.truth, charge)
            for part in cut(self.config, charge):
                self._book(part)
        self._close()

    def _accrue(self, charge: Charge) -> None:
        decision = self.judge.decision(charge.key)
        edges = {(step.contract.seller, step.contract.buyer) for step, _, _ in decision.billing}
        for step, place, counts in accruing(decision):
            if step.group is not None and step.rule is not None and step.rule.tiers is not None:
                measure = measured(charge, step.measure, place) if counts else ZERO
                self.groups.accrue(step.group, step.rule.tiers, step.into, measure, edges if counts else set())

    def _book(self, charge: Charge) -> None:
        truth, key = self.truth, charge.key
        decision = self.judge.decision(key)
        place = CoverageKey(decision.disposition, decision.reason, key.provider, key.invoice or "", key.currency)
        count(truth.coverage[place], charge)
        truth_margin.buy(truth, self.config, charge, decision)
        edges = priced(decision, charge, self.groups) if decision.disposition == BILLED else ()
        self._report(charge, decision, edges)
        if decision.disposition == QUARANTINED:
            self._hold(charge, decision)
        for edge in edges:
            self._bill(charge, decision.tenant or "", edge)
        if _is_passed_on(key) and decision.tenant:
            self._share_own_row(charge, decision.tenant)

    def _report(self, charge: Charge, decision: Decision, edges: Sequence[EdgePrice]) -> None:
        """What the operator's own sale of the row adds to its reports."""
        reports, policies, key = self.truth.reports, self.judge.policies, charge.key
        tenant, _ = owner(self.config, key)
        price: Decimal | None = None if decision.disposition == QUARANTINED else ZERO
        for edge in edges[:1]:
            home = self.config.rates.table(edge.step.contract.currency, self.config.home[self.config.operator])
            price = (prices(charge, edge, edge.coefficients).invoiced - folded(charge, edge).invoiced) * home
        note_commitment(reports, self.config, policies, charge, tenant, price)
        first = [edge.step.contract for edge in edges[:1] if shares(charge, edge)]
        if _is_passed_on(key) and tenant:
            first = (self.config.agreed(tenant, key.day) or [])[:1]
        note_benefit(reports, charge, tenant, first[0].benefit_share if first else ZERO)

    def _bill(self, charge: Charge, tenant: str, edge: EdgePrice) -> None:
        key, step, contract = charge.key, edge.step, edge.step.contract
        place = line_key(contract, tenant, key)
        line = self.truth.lines[place]
        if contract.span.start >= line.mode_since:
            line.mode, line.mode_since = contract.rounding, contract.span.start
        price, benefit = prices(charge, edge, edge.coefficients), folded(charge, edge)
        line.exact += price.invoiced - benefit.invoiced
        line.amortized += price.amortized - benefit.amortized
        truth_margin.pass_on(self.truth, contract, tenant, key.provider, key.service, benefit.invoiced)
        line.listed += listed(charge, edge.listed)
        line.moved += price.invoiced - prices(charge, edge, edge.pinned).invoiced
        line.charges += 1
        line.categories.add(key.service_category)
        line.publishers.add(key.publisher)
        if contract.buyer == tenant:
            self.centres.weigh(tenant, key, line, price.invoiced - benefit.invoiced)
        if step.group is not None:
            placed = self.groups.groups[step.group].lines.setdefault(fine_line(tenant, key), Placed(place))
            placed.measure += measured(charge, step.measure, edge.place)
            placed.priced += price.invoiced
        self._share(contract, tenant, charge, credited(charge, edge))
        self._collect(key, contract, edge.place, price.invoiced)

    def _collect(self, key: ChargeKey, contract: Contract, place: Place | None, price: Decimal) -> None:
        """What a commitment's use costs others where it turns on demand belongs to the owner, if the seller says so."""
        turned = place.turned_by if place is not None and place.state == ON_DEMAND else None
        commitment = commitment_of(key)
        if turned is not None and commitment is not None and (turned.name, turned.benefit_to) == RETURNED:
            self.returns.collect(contract, commitment, self.judge.states.owner(key), price)

    def _share_own_row(self, charge: Charge, tenant: str) -> None:
        """The provider's own row of a benefit is billed to nobody; what is shared of it is a line of its own."""
        contracts = self.config.agreed(tenant, charge.key.day) or []
        for contract, share in zip(contracts, passed(self.config, charge.key, contracts), strict=True):
            self._share(contract, tenant, charge, share.part)

    def _share(self, contract: Contract, tenant: str, charge: Charge, part: Decimal) -> None:
        """Credit a part of a row's benefit."""
        if part:
            key, amount = charge.key, part * charge.benefit
            self.credits.add(contract, tenant, key.provider, f"benefit {key.benefit_kind}", BENEFIT, amount)
            truth_margin.pass_on(self.truth, contract, tenant, key.provider, BENEFIT, amount)

    def _hold(self, charge: Charge, decision: Decision) -> None:
        """Every edge down to the held tenant, and every edge of who shares a group of tiers or a pool with it."""
        key, tenant = charge.key, decision.tenant
        path = (self.config.path(tenant, key.day) or []) if tenant else []
        contracts = [self.config.contract(seller, buyer, key.day) for seller, buyer in path]
        sharing = self.groups.pooled({contract.id for contract in contracts if contract is not None})
        sharing |= self.judge.pooled_with(tenant or "", {seller for seller, _ in path}, key.day)
        edges: list[tuple[str | None, str | None]] = [*dict.fromkeys([*path, *sorted(sharing)])]
        for seller, buyer in edges or [(None, None)]:
            hold = Hold(tenant, seller, buyer, decision.reason, key.provider, key.currency)
            count(self.truth.holds[hold], charge)

    def _close(self) -> None:
        """Place what tiers leave, round each line once, add what no provider charged, and add up invoices."""
        truth = self.truth
        for group in self.groups.groups.values():
            for key, residual in group.residuals():
                truth.lines[key].exact += residual
                truth.lines[key].amortized += residual
        for key, line in truth.lines.items():
            line.billed = round_minor(line.exact, key.currency, line.mode)
        self.returns.credit(self.credits, truth.reports)
        self.credits.bill(truth)
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
        truth_margin.close(truth, self.config)


def _is_passed_on(key: ChargeKey) -> bool:
    """The provider's own row of a benefit on a customer's account; the operator keeps what stands on its own."""
    return key.benefit_row and (key.customer is not None or key.sub_account is not None)
