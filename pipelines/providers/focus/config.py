"""Settings of the FOCUS room: what a delivery's manifest says, and which versions are read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

NAME: Final = "focus"
ROOM: Final = Path(__file__).resolve().parent
SHARING: Final[tuple[tuple[str, date], ...]] = ()
"""Severity and first day of rules on commitments that reach several end customers: no vendor is known to have any."""

TAG_PREFIXES: Final[tuple[str, ...]] = ()
"""Beginnings of the keys of tags that a vendor itself sets: no file says which they are."""

KIND: Final = "focus"
MANIFEST: Final = "focus-manifest.json"
VENDOR: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4")
WITHOUT_INVOICES: Final = ("1.0", "1.1")
"""Versions that have no InvoiceId: the month is final once its invoice is known."""

REQUIRED: Final = ("vendor", "billingAccountId", "billingPeriod", "created")

WORDS: Final = (
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "PricingCategory",
    "CommitmentDiscountCategory",
    "CommitmentDiscountStatus",
    "CapacityReservationStatus",
)
"""Columns with a short list of words, recognised whatever their case, blanks and dashes."""

MOMENTS: Final = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
NEEDED: Final = ("BilledCost", "BillingAccountId", "BillingCurrency", "ChargeCategory", *MOMENTS)
"""Columns without which a row cannot be billed: nothing else says their value."""
