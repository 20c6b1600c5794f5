"""Google Cloud deliveries: the reseller rebilling export of the parent account, as BigQuery exports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import lake
from pipelines.generator import catalog, controls, engine, gcp_fees
from pipelines.generator.accounts import Account
from pipelines.generator.controls import Invoice
from pipelines.generator.dice import Dice
from pipelines.generator.gcp_fees import Books, Total
from pipelines.generator.scene import Scene
from pipelines.money import ZERO

TABLE = "reseller_billing_detailed_export_v1"
CHANNEL = "C01nrdlcht"
LINKS = f"accounts/{CHANNEL}/channelPartnerLinks"
CONVERSION = "0.9153"
SELLERS = {"MongoDB Atlas (Private Offer)": "MongoDB, Inc.", "Elastic Cloud": "Elasticsearch B.V."}
ACCOUNT_TYPES = {
    "account_no": pa.int32(), "billing_account": pa.string(), "project_id": pa.string(), "project_number": pa.string(),
    "project_name": pa.string(), "organization": pa.string(), "domain": pa.string(), "negotiated": pa.bool_(),
    "promoted": pa.bool_(), "cud_id": pa.string(), "flex_id": pa.string(), "customer_key": pa.string(),
    "entitlement": pa.string(), "channel_partner": pa.string(), "correlation": pa.string(),
}  # fmt: skip
PRODUCT_TYPES = {
    "product_no": pa.int32(), "service_id": pa.string(), "service": pa.string(), "sku_id": pa.string(),
    "sku": pa.string(), "usage_unit": pa.string(), "pricing_unit": pa.string(), "per_unit": pa.int64(),
    "resource": pa.string(), "seller": pa.string(), "region": pa.string(), "zone": pa.string(),
    "unit_price": pa.decimal128(18, 10), "low": pa.int64(), "high": pa.int64(), "step": pa.int64(), "flag": pa.string(),
}  # fmt: skip


def write(scene: Scene) -> int:
    """Write the export of the parent account below `root`; returns the number of rows booked."""
    accounts = scene.estate.of("gcp")
    dice = Dice(f"{scene.dice.seed}/gcp")
    products = catalog.products("gcp")
    pacific = pacific_hours(scene)
    closed = scene.period.end + timedelta(days=4)
    variables = engine.month_variables(scene.period, dice.seed) | {
        "parent": scene.estate.parent, "invoice_month": scene.period.label.replace("-", ""), "pacific": pacific,
        "conversion": CONVERSION, "export_time": f"{closed:%Y-%m-%d} 17:23:45.123456+00", "channel": CHANNEL,
    }  # fmt: skip
    commitments = _commitments(scene, accounts)
    flexible = _flexible(scene, accounts, commitments)
    tables = {
        "resources": engine.resources("gcp", accounts, products, variables, lambda account: account.number % 3),
        "accounts": _account_table(scene, accounts, commitments, flexible),
        "products": _product_table(products),
        "systems": engine.systems(),
    }
    month = variables["invoice_month"]
    folder = scene.root / scene.estate.parent / TABLE / f"invoice_month={month}" / dice.hexadecimal(16, "export")
    count = engine.parts(tables["resources"])
    results = engine.parallel(
        [partial(_write_usage, folder / _name(part), part, tables, variables) for part in range(count)]
    )
    totals = [total for found in results for total in found]
    fees = gcp_fees.all_fees(Books(scene.period, pacific, accounts, commitments, flexible, totals, dice))
    _write_fees(folder / _name(count), fees, tables, variables)
    rows = [sum(total.line_count for total in found) for found in results] + [len(fees)]
    _write_manifest(scene, folder, rows, closed.isoformat())
    controls.write(scene.root / "invoices.csv", scene.period, [_invoice(scene, totals, fees, dice)])
    return sum(rows)


def pacific_hours(scene: Scene) -> int:
    """Hours from UTC midnight to Pacific midnight; daylight saving is taken as April to October."""
    return 7 if 4 <= scene.period.start.month <= 10 else 8


def _commitments(scene: Scene, accounts: Sequence[Account]) -> dict[int, str]:
    """Projects that own a commitment: the biggest and every sixth."""
    biggest = max(accounts, key=lambda account: account.quota).number
    return {
        account.number: str(scene.dice.integer("cud", account.id, low=10**17, high=10**18 - 1))
        for account in accounts
        if account.number == biggest or account.number % 6 == 4
    }


def _flexible(scene: Scene, accounts: Sequence[Account], commitments: Mapping[int, str]) -> dict[int, str]:
    """Projects with a spend commitment of the newer model: the two biggest without another one, and every sixth.

    A customer has at most one, so that usage need not say of which commitment it is.
    """
    found: dict[str, int] = {}
    others = (account for account in accounts if account.quota and account.number not in commitments)
    for account in sorted(others, key=lambda account: -account.quota):
        if account.customer not in found and (len(found) < 2 or account.number % 6 == 2):
            found[account.customer] = account.number
    return {
        number: str(scene.dice.integer("flexible", number, low=10**17, high=10**18 - 1))
        for number in sorted(found.values())
    }


def _account_table(
    scene: Scene, accounts: Sequence[Account], commitments: Mapping[int, str], flexible: Mapping[int, str]
) -> pa.Table:
    dice, operator = scene.dice, scene.tree.operator.id
    rows = []
    for account in accounts:
        owner = account.owner
        rows.append(
            {
                "account_no": account.number, "billing_account": account.customer, "project_id": account.id,
                "project_number": dice.digits(12, "project", account.id), "project_name": account.name,
                "organization": dice.digits(12, "organization", owner.id), "domain": f"{owner.id}.example",
                "negotiated": account.number % 4 == 3, "promoted": account.number % 9 == 0,
                "cud_id": commitments.get(account.number), "flex_id": flexible.get(account.number),
                "customer_key": "S" + dice.hexadecimal(8, owner.id),
                "entitlement": dice.hexadecimal(12, "entitlement", owner.id), "correlation": owner.id,
                "channel_partner": None if owner.parent == operator else f"{LINKS}/{owner.parent}",
            }
        )  # fmt: skip
    return engine.table(rows, ACCOUNT_TYPES)


def _product_table(products: Sequence[catalog.Product]) -> pa.Table:
    rows = []
    for product in products:
        fields = product.fields
        parts = [catalog.code("gcp", 4, product.key, product.region, part) for part in range(3)]
        rows.append(
            {name: fields.get(name) for name in PRODUCT_TYPES}
            | {
                "product_no": product.number, "sku_id": "-".join(parts), "per_unit": int(fields["per_unit"]),
                "seller": SELLERS.get(fields["service"]), "region": product.region, "zone": product.region_name,
                "unit_price": product.price, "low": product.low, "high": product.high,
                "step": 10 ** (8 - product.scale),
            }
        )  # fmt: skip
    return engine.table(rows, PRODUCT_TYPES)


def _connection(tables: Mapping[str, pa.Table], variables: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    con = engine.connect(variables)
    for name, content in tables.items():
        con.register(name, content)
    con.execute(engine.sql("gcp_lines"))
    con.execute(engine.sql("gcp_wide"))
    return con


def _write_usage(path: Path, part: int, tables: Mapping[str, pa.Table], variables: Mapping[str, object]) -> list[Total]:
    con = _connection(tables, {**variables, "part": part})
    con.execute("insert into lines by name " + engine.sql("gcp_usage"))
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy (select * from wide) to '{path}' (format parquet)")
    totals = [Total(*values) for values in con.execute(engine.sql("gcp_totals")).fetchall()]
    con.close()
    return totals


def _write_fees(
    path: Path, fees: Sequence[gcp_fees.Line], tables: Mapping[str, pa.Table], variables: Mapping[str, object]
) -> None:
    con = _connection(tables, variables)
    schema = con.execute("select * from lines limit 0").to_arrow_table().schema
    used = {name for fee in fees for name in fee}
    types = {name: kind for name, kind in zip(schema.names, schema.types, strict=True) if name in used}
    con.register("fees", engine.table(({"for_parent": False, "without_project": False} | fee for fee in fees), types))
    con.execute("insert into lines by name select * from fees")
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy (select * from wide) to '{path}' (format parquet)")
    con.close()


def _name(part: int) -> str:
    return f"{part:012d}.parquet"


def _write_manifest(scene: Scene, folder: Path, rows: Sequence[int], closed: str) -> None:
    manifest = {
        "table": TABLE, "exportId": folder.name, "parentAccount": scene.estate.parent,
        "invoiceMonth": scene.period.label.replace("-", ""), "maxExportTime": f"{closed}T17:23:45.123456Z",
        "rowCount": sum(rows), "files": [{"name": _name(part), "rows": count} for part, count in enumerate(rows)],
    }  # fmt: skip
    lake.write_json(folder / "export-manifest.json", manifest)


def _invoice(scene: Scene, totals: Sequence[Total], fees: Sequence[gcp_fees.Line], dice: Dice) -> Invoice:
    """The one invoice of the parent account: cost and credits without tax, then tax."""
    net = sum((total.net for total in totals), ZERO)
    tax = ZERO
    for fee in fees:
        if fee["cost_type"] == "tax":
            tax += fee["cost"]
        else:
            net += fee["cost"] + fee.get("utilized", ZERO)
    return Invoice(dice.digits(10, "invoice"), scene.estate.parent, "Google", "EUR", net, tax)
