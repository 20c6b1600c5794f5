"""Microsoft CSP deliveries: one invoice per currency with its record, daily usage and reconciliation lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from pipelines import lake
from pipelines.generator import azure_lines, azure_purchases, azure_usage, catalog, controls, engine
from pipelines.generator.accounts import Account
from pipelines.generator.azure_lines import Bill, Line, Party
from pipelines.generator.azure_tables import account_table, is_bought_before, is_reserved, product_table
from pipelines.generator.azure_usage import Group
from pipelines.generator.controls import Invoice
from pipelines.generator.dice import Dice
from pipelines.generator.scene import Scene
from pipelines.money import ONE, ZERO, Decimal, parse

LINES_PER_PART = 100_000
HOURS = 24


def write(scene: Scene) -> int:
    """Write all CSP invoices below `root`; returns the number of lines booked (usage days and purchases)."""
    invoices, rows = [], 0
    for currency in ("EUR", "USD"):
        accounts = [account for account in scene.estate.of("azure") if account.billing == currency]
        if accounts:
            found, booked = _write_invoice(scene, currency, accounts)
            invoices += found
            rows += booked
    controls.write(scene.root / "invoices.csv", scene.period, invoices)
    return rows


def _write_invoice(scene: Scene, currency: str, accounts: list[Account]) -> tuple[list[Invoice], int]:
    """Write the month's invoice, and the one before it where it bought what still runs: (invoices, lines booked)."""
    dice, number = scene.dice, scene.dice.integer("invoice", currency, low=10_000_000, high=89_999_999)
    rate = ONE if currency == "USD" else parse(f"0.{dice.integer('rate', low=8401, high=9499)}")
    bill = Bill(
        f"G0{number}", f"G0{number - 4321}", scene.estate.partner, dice.digits(7, "mpn"), currency, rate, scene.period
    )
    parties = _parties(scene, accounts)
    groups = _write_usage(scene, bill, accounts, parties)
    reserved = _reserved(scene, parties, groups)
    invoice, written = _write_lines(scene, bill, _lines(scene, bill, parties, groups, reserved))
    booked = sum(group.usage_days for group in groups) + written - len(groups)
    before = [number for number in reserved if is_bought_before(number, scene)]
    if not before:
        return [invoice], booked
    earlier = replace(bill, id=bill.previous, previous="", period=scene.period.previous)
    bought = (azure_purchases.reservation(earlier, parties[number], reserved[number], dice) for number in before)
    return [_write_lines(scene, earlier, bought)[0], invoice], booked


def _reserved(scene: Scene, parties: Mapping[int, Party], groups: list[Group]) -> dict[int, int]:
    """How many machines a customer reserved: what it uses of them on an average day, and one more."""
    hours = {number: ZERO for number in parties if is_reserved(number, scene)}
    for group in groups:
        if group.covered:
            hours[group.customer_no] += group.quantity
    days = (scene.period.end - scene.period.start).days
    return {number: 1 + max(int(covered) // (HOURS * days), 0) for number, covered in hours.items()}


def _write_lines(scene: Scene, bill: Bill, lines: Iterator[Line]) -> tuple[Invoice, int]:
    """Write an invoice's reconciliation and its record: (invoice, how many lines)."""
    total = {"net": ZERO, "tax": ZERO}
    counted = _counted(lines, total)
    folder = scene.root / bill.id
    files: list[str] = []
    written = 0
    while chunk := list(islice(counted, LINES_PER_PART)):
        name = _part_name(scene.dice, bill, "reconciliation", len(files))
        engine.write_json_lines(folder / "reconciliation" / name, chunk)
        files.append(name)
        written += len(chunk)
    _write_manifest(scene, bill, "reconciliation", files)
    invoice = Invoice(bill.id, bill.partner, "Microsoft", bill.currency, total["net"], total["tax"], bill.period)
    _write_record(folder / "invoice.json", invoice, bill)
    return invoice, written


def _parties(scene: Scene, accounts: list[Account]) -> dict[int, Party]:
    """Customers of the invoice by number, in order of appearance."""
    numbers = {customer.id: number for number, customer in enumerate(scene.tree.customers)}
    found: dict[str, Party] = {}
    for account in accounts:
        if account.customer not in found:
            mpn = "" if account.owner.parent == scene.tree.operator.id else scene.dice.digits(7, account.owner.parent)
            number = numbers[account.owner.id]
            found[account.customer] = Party(number, account.owner, account.customer, account.plan, mpn)
    return {party.number: party for party in found.values()}


def _write_usage(scene: Scene, bill: Bill, accounts: list[Account], parties: Mapping[int, Party]) -> list[Group]:
    """Write the daily usage of one invoice; returns what it adds up to."""
    products = catalog.products("azure")
    variables = engine.month_variables(scene.period, f"{scene.dice.seed}/azure") | {
        "invoice": bill.id, "partner": bill.partner, "mpn": bill.mpn, "currency": bill.currency, "fx": str(bill.rate),
    }  # fmt: skip
    numbers = {party.id: party.number for party in parties.values()}
    found = engine.resources("azure", accounts, products, variables, partial(_home_region, scene, numbers))
    tables = {
        "resources": found,
        "accounts": account_table(scene, accounts, parties, numbers),
        "products": product_table(products),
        "systems": engine.systems(),
    }
    folder = scene.root / bill.id / "usage"
    names = [_part_name(scene.dice, bill, "usage", part) for part in range(engine.parts(found))]
    results = engine.parallel(
        [partial(azure_usage.write_part, folder / name, part, tables, variables) for part, name in enumerate(names)]
    )
    _write_manifest(scene, bill, "usage", names)
    return _merged(results)


def _merged(results: list[list[Group]]) -> list[Group]:
    """Groups of several parts added up."""
    sums: dict[tuple[object, ...], Group] = {}
    for group in (group for groups in results for group in groups):
        key = group[:6]
        known = sums.get(key)
        if known:
            group = group._replace(
                quantity=known.quantity + group.quantity, usage_days=known.usage_days + group.usage_days
            )
        sums[key] = group
    return [sums[key] for key in sorted(sums)]


def _home_region(scene: Scene, numbers: Mapping[str, int], account: Account) -> int:
    return 0 if is_reserved(numbers[account.customer], scene) else account.number % 4


def _lines(
    scene: Scene, bill: Bill, parties: Mapping[int, Party], groups: list[Group], reserved: Mapping[int, int]
) -> Iterator[Line]:
    products = catalog.products("azure")
    for group in groups:
        party = parties[group.customer_no]
        yield azure_lines.usage_line(bill, party, products[group.product_no], group, scene.dice)
    for party in parties.values():
        yield from azure_purchases.lines(bill, party, scene.dice)
        if party.number in reserved and not is_bought_before(party.number, scene):
            yield azure_purchases.reservation(bill, party, reserved[party.number], scene.dice)


def _counted(lines: Iterator[Line], total: dict[str, Decimal]) -> Iterator[Line]:
    for line in lines:
        total["net"] += line["Subtotal"]
        total["tax"] += line["TaxTotal"]
        yield line


def _part_name(dice: Dice, bill: Bill, kind: str, part: int) -> str:
    return f"part-{part:05d}-{dice.guid(bill.id, kind, part)}.c000.json.gz"


def _write_manifest(scene: Scene, bill: Bill, kind: str, names: list[str]) -> None:
    created = f"{bill.period.end + timedelta(days=6):%Y-%m-%d}T04:12:{17 if kind == 'usage' else 43}.12Z"
    month = bill.period.label.replace("-", "")
    root = (
        f"https://adlsreconbuprodweeu.blob.core.windows.net/{kind}/v1/PartnerTenantId={bill.partner}/BillingMonth={month}"
        f"/InvoiceId={bill.id}/InvoiceVersion={month}08/Fragment=full/PartitionType=default"
    )
    manifest = {
        "id": scene.dice.guid("manifest", bill.id, kind), "schemaVersion": "2", "dataFormat": "compressedJSON",
        "createdDateTime": created, "eTag": scene.dice.code(22, "etag", bill.id, kind),
        "partnerTenantId": bill.partner, "rootDirectory": root, "sasToken": "", "partitionType": "default",
        "blobCount": len(names), "blobs": [{"name": name, "partitionValue": "default"} for name in names],
    }  # fmt: skip
    lake.write_json(scene.root / bill.id / kind / "manifest.json", manifest)


def _write_record(path: Path, invoice: Invoice, bill: Bill) -> None:
    """The invoice record of Partner Center; totalCharges includes tax."""
    end = bill.period.end
    record = {
        "id": invoice.id, "invoiceDate": f"{end + timedelta(days=6):%Y-%m-%d}T00:00:00Z",
        "billingPeriodStartDate": azure_lines.stamp(bill.period.start),
        "billingPeriodEndDate": f"{end - timedelta(days=1):%Y-%m-%d}T23:59:59Z",
        "totalCharges": "<total>", "paidAmount": 0, "currencyCode": invoice.currency,
        "currencySymbol": {"EUR": "€", "USD": "$"}[invoice.currency], "pdfDownloadLink": "",
        "invoiceDetails": [
            {"billingProvider": "one_time", "invoiceLineItemType": kind}
            for kind in ("billing_line_items", "usage_line_items")
        ],
        "amendments": [], "documentType": "Invoice", "amendsOf": None, "invoiceType": "one_time",
    }  # fmt: skip
    text = json.dumps(record, indent=2, ensure_ascii=False)
    # A JSON number with all its digits, which Python would only write as a float.
    lake.write_text(path, text.replace('"<total>"', engine.json_value(invoice.total)) + "\n")
