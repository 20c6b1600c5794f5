"""To which invoice line and to which totals a row belongs."""

from __future__ import annotations

from typing import Any

from pipelines.generator.truth_charges import TAX, Charge, ChargeKey
from pipelines.generator.truth_model import Coverage, LineKey, Truth
from pipelines.generator.truth_terms import Contract

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


def line_key(contract: Contract, tenant: str, key: ChargeKey) -> LineKey:
    """The invoice line of a row on an edge: as fine as its contract says."""
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


def count_raw(truth: Truth, charge: Charge) -> None:
    """Add a booked row, uncut, to what its provider invoice states."""
    key = charge.key
    raw = truth.raw[key.provider, key.account, key.invoice or "", key.currency]
    raw.charges += 1
    raw.kept += charge.billed
    if key.category == TAX:
        raw.tax += charge.stated
    else:
        raw.net += charge.stated


def count(total: Coverage, charge: Charge) -> None:
    """Add a row, or its part, to what a disposition or a hold has."""
    total.billed += charge.billed
    total.benefit += charge.benefit
    total.charges += 1


def fine_line(tenant: str, key: ChargeKey) -> tuple[str, ...]:
    """The finest line of a row, among which what tiers leave is shared."""
    return (tenant, *(str(getattr(key, name) or "") for name in FINEST))
