"""The independent oracle: bills a month line by line with plain decimals, from the same files as the engine.

It shares no code with the engine and no idea of speed with it: one loop over the provider's rows, one
price per row and edge, one rounding per invoice line. What both say must agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path

from pipelines.generator import truth_aws, truth_azure, truth_gcp
from pipelines.generator.truth_amounts import WIDE, ZERO, round_minor
from pipelines.generator.truth_charges import PURCHASE, TAX, Charge, ChargeKey
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_deliveries import controls
from pipelines.generator.truth_files import write_truth
from pipelines.generator.truth_model import Coverage, CoverageKey, Hold, LineKey, Truth
from pipelines.generator.truth_pricing import QUARANTINED, Decision, EdgePrice, decide, held_edges
from pipelines.generator.truth_rules import Coefficients

__all__ = ["Truth", "booked", "compute", "prices", "write_truth"]

DAY = ChargeKey._fields.index("day")


def compute(deliveries: Path, config: Path, period: str) -> Truth:
    """Bill one period (YYYY-MM) from a delivery drop and a configuration directory.

    Raises OSError for a file that a manifest names and is not there, ValueError for what it cannot read.
    """
    with localcontext(WIDE):
        truth = Truth(period, controls=controls(deliveries, period))
        settings = Config(config, period)
        decisions: dict[tuple[object, ...], Decision] = {}
        for charge in booked(deliveries, period):
            key = charge.key
            known = (settings.segment(key.day), key[:DAY], key[DAY + 1 :])
            decision = decisions.get(known)
            if decision is None:
                decision = decisions[known] = decide(settings, key)
            _cover(truth, charge, decision)
            if decision.disposition == QUARANTINED:
                _hold(truth, charge, decision, settings)
            for edge in decision.edges:
                _bill(truth, charge, decision.tenant or "", edge)
        _close(truth)
    return truth


def booked(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every row that the period's deliveries book, provider by provider."""
    for room in (truth_aws, truth_azure, truth_gcp):
        yield from room.read(deliveries, period)


def prices(charge: Charge, take: Coefficients) -> tuple[Decimal, Decimal]:
    """The invoiced and the amortized price of one row on one edge.

    A covered or unused row is invoiced 0, its commitment's purchase was invoiced; in the amortized view
    both it and the purchase have their effective cost in place of every base.
    """
    key = charge.key
    spread = (take.listed + take.contracted + take.cost) * charge.effective
    if key.status:
        return ZERO, spread
    fixed = take.listed * charge.list_cost + take.contracted * charge.contracted + take.quantity * charge.quantity
    invoiced = fixed + take.cost * (charge.billed + charge.benefit)
    if key.commitment and key.category == PURCHASE:
        return invoiced, spread
    return invoiced, fixed + take.cost * (charge.effective + charge.benefit)


def _bill(truth: Truth, charge: Charge, tenant: str, edge: EdgePrice) -> None:
    key, contract = charge.key, edge.contract
    line = truth.lines[
        LineKey(
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
    ]
    if contract.span.start >= line.mode_since:
        line.mode, line.mode_since = contract.rounding, contract.span.start
    invoiced, amortized = prices(charge, edge.coefficients)
    line.exact += invoiced
    line.amortized += amortized
    line.charges += 1


def _cover(truth: Truth, charge: Charge, decision: Decision) -> None:
    key = charge.key
    place = CoverageKey(decision.disposition, decision.reason, key.provider, key.invoice or "", key.currency)
    _count(truth.coverage[place], charge)
    raw = truth.raw[key.provider, key.account, key.invoice or "", key.currency]
    raw.charges += 1
    raw.kept += charge.billed
    if key.category == TAX:
        raw.tax += charge.stated
    else:
        raw.net += charge.stated


def _hold(truth: Truth, charge: Charge, decision: Decision, config: Config) -> None:
    key = charge.key
    edges: list[tuple[str | None, str | None]] = [*held_edges(config, decision.tenant, key.day)]
    for seller, buyer in edges or [(None, None)]:
        hold = Hold(decision.tenant, seller, buyer, decision.reason, key.provider, key.currency)
        _count(truth.holds[hold], charge)


def _count(total: Coverage, charge: Charge) -> None:
    total.billed += charge.billed
    total.benefit += charge.benefit
    total.charges += 1


def _close(truth: Truth) -> None:
    """Round each invoice line once and add the lines up to invoices."""
    held = {(hold.seller, hold.buyer) for hold in truth.holds}
    for key, line in truth.lines.items():
        line.billed = round_minor(line.exact, key.currency, line.mode)
        edge = truth.edges[key.seller, key.buyer, key.currency]
        edge.exact += line.exact
        edge.billed += line.billed
        edge.amortized += line.amortized
        edge.charges += line.charges
        edge.held = (key.seller, key.buyer) in held
