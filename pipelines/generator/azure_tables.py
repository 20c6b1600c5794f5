"""What Azure usage is made of, as tables: subscriptions with their customers, products with their prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipelines.generator import azure_lines, azure_usage, catalog, engine
from pipelines.generator.accounts import Account
from pipelines.generator.azure_lines import Party
from pipelines.generator.dice import Dice
from pipelines.generator.scene import Scene

NEVER = 99


def is_reserved(party_number: int, scene: Scene) -> bool:
    """Whether a customer bought a reservation this month: the biggest, and some others."""
    return party_number == scene.tree.biggest or party_number % 9 == 4


def is_bought_before(party_number: int, scene: Scene) -> bool:
    """Whether the reservation is one of the month before: only where that month's deliveries are written too."""
    return scene.history and party_number % 9 == 4


def account_table(
    scene: Scene, accounts: Sequence[Account], parties: Mapping[int, Party], numbers: Mapping[str, int]
) -> pa.Table:
    """One row per subscription; the smallest one runs on an Azure credit."""
    dice = scene.dice
    credited = min((a for a in accounts if a.quota >= 5), key=lambda a: (a.quota, a.number), default=accounts[0])
    rows = []
    for account in accounts:
        party = parties[numbers[account.customer]]
        rows.append(
            {
                "account_no": account.number, "customer_no": party.number, "quota": account.quota,
                "customer_id": party.id, "customer_name": party.tenant.name, "domain": party.domain,
                "country": party.tenant.country, "reseller_mpn": party.reseller_mpn, "plan_id": party.plan,
                "subscription_id": account.id, "subscription_name": account.name, "credited": account is credited,
                "reserved": is_reserved(party.number, scene),
                "reservation_order": dice.guid("reservation order", party.number),
                "reservation_id": dice.guid("reservation", party.number),
                "access_from": _access_from(dice, account),
                "lapse": dice.integer("lapse", account.id, high=40),
            }
        )  # fmt: skip
    return engine.table(rows, azure_usage.ACCOUNT_TYPES)


def _access_from(dice: Dice, account: Account) -> int:
    """Seven of ten subscriptions are managed all month, two from some day on, one never."""
    drawn = dice.integer("access", account.number, high=9)
    return 0 if drawn < 7 else NEVER if drawn == 9 else dice.integer("since", account.id, low=4, high=20)


def product_table(products: Sequence[catalog.Product]) -> pa.Table:
    """One row per product and region; prices in USD."""
    rows = []
    for product in products:
        fields = product.fields
        ids = azure_lines.product_ids(product)
        rows.append(
            {name: fields.get(name) for name in azure_usage.PRODUCT_TYPES}
            | {
                "product_no": product.number, "product_id": ids[0], "sku_id": ids[1], "availability_id": ids[2],
                "meter_id": Dice("azure").guid(product.key, product.region), "product_name": fields["product"],
                "meter_region": product.region_name, "region": product.region, "unit_price": product.price,
                "low": product.low, "high": product.high, "step": 10 ** (8 - product.scale),
                "pec": fields["pec"] == "1", "reserved": product.flag == "reserved", "tiny": product.flag == "tiny",
            }
        )  # fmt: skip
    return engine.table(rows, azure_usage.PRODUCT_TYPES)
