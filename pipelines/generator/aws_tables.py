"""What AWS usage is made of, as tables: accounts with their commitments, products with their rates."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.generator import catalog, engine
from pipelines.generator.accounts import Account
from pipelines.generator.aws_books import Commitments
from pipelines.generator.dice import Dice
from pipelines.generator.scene import Scene

ACCOUNT_TYPES = {
    "account_no": pa.int32(), "account_id": pa.string(), "account_name": pa.string(), "discounted": pa.bool_(),
    "sp_arn": pa.string(), "sp_payment": pa.string(), "ri_arn": pa.string(),
}  # fmt: skip
PRODUCT_TYPES = {
    "product_no": pa.int32(), "service": pa.string(), "product": pa.string(), "usage_type": pa.string(),
    "operation": pa.string(), "family": pa.string(), "instance_type": pa.string(), "unit": pa.string(),
    "resource": pa.string(), "description": pa.string(), "region": pa.string(), "sku": pa.string(),
    "rate_code": pa.string(), "rate_id": pa.string(), "unit_price": pa.decimal128(18, 10), "low": pa.int64(),
    "high": pa.int64(), "step": pa.int64(), "flag": pa.string(), "tiny": pa.bool_(),
}  # fmt: skip


def commitments_of(scene: Scene, accounts: Sequence[Account]) -> Commitments:
    """The payer's biggest customer and every fifth own a savings plan, the biggest and every sixth a reservation."""
    customers: dict[str, Account] = {}
    for account in accounts:
        if account.id != scene.estate.unlinked:
            customers.setdefault(account.owner.id, account)
    biggest = max(customers.values(), key=lambda account: account.weight).owner.id
    customers = {biggest: customers[biggest]} | customers
    plans, reserved = {}, {}
    for turn, (customer, account) in enumerate(customers.items()):
        if customer == biggest or turn % 5 == 2:
            arn = f"arn:aws:savingsplans::{account.id}:savingsplan/{scene.dice.guid('plan', customer)}"
            plans[customer] = (account.number, arn)
        if customer == biggest or turn % 6 == 3:
            arn = f"arn:aws:rds:eu-central-1:{account.id}:ri:{scene.dice.guid('ri', customer)}"
            reserved[customer] = (account.number, arn)
    return Commitments(plans, reserved)


def account_table(accounts: Sequence[Account], commitments: Commitments, *, discounted: bool) -> pa.Table:
    """One row per account, with the commitments of its owner; some use the savings plan of the biggest customer.

    AWS applies a plan to every account of the organization, whoever owns it.
    """
    shared = next(iter(commitments.plans.values()), (0, None))[1]
    payments = ("Partial Upfront", "No Upfront")
    payment = {arn: payments[turn % 2] for turn, (_, arn) in enumerate(commitments.plans.values())}
    rows = []
    for account in accounts:
        # An account without quota of its own customer's commitments, e.g. a stray one, has none.
        stray = account.weight == 0
        open_to = shared if account.number % 4 == 2 else None
        plan = None if stray else commitments.plans.get(account.owner.id, (0, open_to))[1]
        rows.append(
            {
                "account_no": account.number, "account_id": account.id, "account_name": account.name,
                "discounted": discounted, "sp_arn": plan, "sp_payment": payment.get(plan or ""),
                "ri_arn": None if stray else commitments.reservations.get(account.owner.id, (0, None))[1],
            }
        )  # fmt: skip
    return engine.table(rows, ACCOUNT_TYPES)


def product_table(products: Sequence[catalog.Product]) -> pa.Table:
    """One row per product and region; prices in USD."""
    rows = []
    for product in products:
        sku = catalog.code("aws", 16, product.key, product.region)
        rows.append(
            {name: product.fields.get(name) for name in PRODUCT_TYPES}
            | {
                "product_no": product.number, "usage_type": product.region_name + product.fields["usage_type"],
                "region": product.region, "sku": sku, "rate_code": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
                "rate_id": str(Dice("aws").integer(product.key, product.region, high=10**9)),
                "unit_price": product.price, "low": product.low, "high": product.high,
                "step": 10 ** (8 - product.scale), "tiny": product.flag == "tiny",
            }
        )  # fmt: skip
    return engine.table(rows, PRODUCT_TYPES)
