"""Settings of the AWS room: names in the file drop, and the words that bills use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAME: Final = "aws"
ROOM: Final = Path(__file__).resolve().parent
MANIFESTS: Final = ("-Manifest.json",)
"""Endings of manifest names, of both report kinds."""

TAG_FAMILY: Final = "resourcetags/"
KNOWN_FAMILIES: Final = ("costcategory/", "product_", "discount_")
"""Legacy header families that are open by design: their members are not extras."""

LINE_TYPES: Final = frozenset(
    {
        "Usage",
        "DiscountedUsage",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "SavingsPlanUpfrontFee",
        "RIFee",
        "Fee",
        "Tax",
        "Credit",
        "Refund",
        "Discount",
        "BundledDiscount",
        "RiVolumeDiscount",
        "EdpDiscount",
        "PrivateRateDiscount",
        "SppDiscount",
        "FlatRateSubscription",
    }
)
"""Kinds of line that focus.sql books. Another one is refused: nobody has decided what it means."""
