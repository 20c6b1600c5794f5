"""Settings of the AWS room: names in the file drop, and the words that bills use."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

NAME: Final = "aws"
ROOM: Final = Path(__file__).resolve().parent
SHARING: Final[tuple[tuple[str, date], ...]] = (("warn", date(2025, 6, 1)),)
"""Severity and first day of rules on commitments that reach several end customers: resellers may not share them."""

TAG_PREFIXES: Final = ("aws:", "aws_")
"""Beginnings of the keys of tags that AWS itself sets; its legacy exports write the colon as an underscore."""

MANIFESTS: Final = ("-Manifest.json",)
"""Endings of manifest names, of both report kinds."""

TAG_FAMILY: Final = "resourcetags/"
FAMILIES: Final = {
    TAG_FAMILY: "resource_tags",
    "resource_tags_": "resource_tags",
    "discount_": "discount",
    "product_": "product",
}
"""Beginnings of legacy columns whose rest is a key of a map in CUR 2.0."""
KNOWN_FAMILIES: Final = ("costcategory/", "cost_category_", *FAMILIES)
"""Header families that are open by design: their members are not extras."""
PRODUCT_KEYS: Final = frozenset(
    {
        "database_engine",
        "deployment_option",
        "gpu",
        "license_model",
        "memory",
        "region",
        "storage_class",
        "tenancy",
        "vcpu",
        "volume_api_name",
    }
)
"""Product attributes that focus.sql reads of the map; a legacy report may have a hundred more."""

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
