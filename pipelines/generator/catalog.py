"""What the providers sell: the price catalogs of this folder, one record per product and region.

Prices are in USD for Microsoft and AWS and in EUR for Google, exact decimals with up to 10 places.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipelines.generator.dice import Dice
from pipelines.money import Decimal, parse, round_to

FOLDER = Path(__file__).parent / "catalog"
# Google states prices as BigQuery NUMERIC.
PRICE_DECIMALS = {"azure": 10, "aws": 10, "gcp": 9}
# Region, the provider's other spelling of it, and its price level.
REGIONS = {
    "azure": (
        ("westeurope", "EU West", "1"),
        ("germanywestcentral", "DE West Central", "1.08"),
        ("northeurope", "EU North", "0.96"),
        ("eastus", "US East", "0.9173"),
    ),
    "aws": (
        ("eu-central-1", "EUC1-", "1.1"),
        ("eu-west-1", "EU-", "1.05"),
        ("us-east-1", "", "1"),
    ),
    "gcp": (
        ("europe-west3", "a", "1"),
        ("europe-west1", "b", "0.94"),
        ("us-central1", "c", "0.87"),
    ),
}


@dataclass(frozen=True)
class Product:
    """One line of a catalog in one region. `fields` are the catalog's own columns; lo..hi is in 10^-scale units."""

    number: int
    fields: dict[str, str]
    region: str
    region_name: str
    price: Decimal
    low: int
    high: int
    scale: int
    weight: int
    flag: str

    @property
    def key(self) -> str:
        """What makes the product, without its region."""
        return "|".join(value for name, value in self.fields.items() if name not in ("price", "lo", "hi", "weight"))


def products(provider: str) -> tuple[Product, ...]:
    """All products of a provider in all its regions; number = product * regions + region."""
    found: list[Product] = []
    for record in read(f"{provider}.csv"):
        for region, region_name, level in REGIONS[provider]:
            found.append(
                Product(
                    len(found), record, region, region_name,
                    round_to(parse(record["price"]) * parse(level), PRICE_DECIMALS[provider], "half_up"),
                    int(record["lo"]), int(record["hi"]), int(record["scale"]), int(record["weight"]), record["flag"],
                )
            )  # fmt: skip
    return tuple(found)


def read(name: str) -> list[dict[str, str]]:
    """The records of one catalog file, as text."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def code(provider: str, length: int, *name: object) -> str:
    """A catalog id: the same in every generated month, whatever its seed."""
    return Dice(provider).code(length, *name)
