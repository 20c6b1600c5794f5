"""The oracle reads Microsoft CSP invoices: daily rated usage, reconciliation lines, tax and rounding rows."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from pipelines.generator.truth_amounts import ZERO, number
from pipelines.generator.truth_azure_rows import (
    PlanKey,
    Row,
    flat,
    last_day,
    plain,
    plan_key,
    purchase,
    purchase_key,
    said,
    usage,
)
from pipelines.generator.truth_charges import ADJUSTMENT, TAX, Charge, ChargeKey
from pipelines.generator.truth_deliveries import Export, accepted, controls, load_json

Group = tuple[str | None, PlanKey]
EXACT = json.JSONDecoder(parse_float=Decimal)


def read(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every booked row of the period's CSP invoices, one invoice after the other."""
    root = deliveries / "azure"
    exports = accepted(_exports(root, period, deliveries))
    for invoice in sorted({unit for unit, _ in exports}):
        days = exports.get((invoice, "usage"))
        lines = exports.get((invoice, "reconciliation"))
        booked: dict[Group, Decimal] = defaultdict(lambda: ZERO)
        kind = next((export.invoice_type for export in (days, lines) if export is not None), None)
        for charge in _invoice(days, lines, booked):
            yield charge._replace(key=charge.key._replace(invoice_type=kind))


def _invoice(days: Export | None, lines: Export | None, booked: dict[Group, Decimal]) -> Iterator[Charge]:
    if days is not None:
        yield from _usage(days, booked)
    if lines is not None:
        yield from _reconciliation(lines, booked)


def _exports(root: Path, period: str, deliveries: Path) -> Iterator[Export]:
    months = {control.invoice for control in controls(deliveries, period) if control.provider == "azure"}
    for path in sorted(root.rglob("manifest.json")):
        manifest = load_json(path)
        record = path.parent.parent / "invoice.json"
        invoice = load_json(record) if record.exists() else {}
        unit = str(invoice.get("id") or path.parent.parent.name)
        if unit in months or str(invoice.get("billingPeriodStartDate", "")).startswith(period):
            files = tuple(path.parent / blob["name"] for blob in manifest["blobs"])
            kind = str(invoice.get("invoiceType") or "") or None
            yield Export(unit, path.parent.name, str(manifest["createdDateTime"]), None, files, kind)


def _rows(export: Export) -> Iterator[Row]:
    for path in export.files:
        with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
            for line in stream:
                if line.strip():
                    yield {name.casefold(): value for name, value in EXACT.decode(line).items()}


def _usage(export: Export, booked: dict[Group, Decimal]) -> Iterator[Charge]:
    """The days, added up in `booked` by what the reconciliation adds them up by."""
    for row in _rows(export):
        charge = usage(row)
        booked[charge.key.customer, plan_key(row)] += charge.stated
        yield charge


def _reconciliation(export: Export, booked: dict[Group, Decimal]) -> Iterator[Charge]:
    """Lines that are not usage are purchases; usage lines only control the daily file; tax is its own row."""
    plans = {plan for _, plan in booked}
    controlled: dict[Group, Decimal] = defaultdict(lambda: ZERO)
    lines: dict[Group, ChargeKey] = {}
    last: ChargeKey | None = None
    for row in _rows(export):
        key = purchase_key(row)
        group = (key.customer, plan_key(row))
        if group[1] in plans or said(row, "meterdescription"):
            controlled[group] += number(row["subtotal"])
            lines[group] = key._replace(service=said(row, "subscriptiondescription") or key.service)
        else:
            yield purchase(row, key)._replace(end=last_day(row))
        tax = number(row.get("taxtotal"))
        if tax:
            yield flat(plain(key, TAX), tax)._replace(end=last_day(row))
        last = key
    for group in {**controlled, **booked} if last else ():
        gap = controlled[group] - booked[group]
        if gap and last:
            owner = plain(lines.get(group, last), ADJUSTMENT)
            yield flat(owner._replace(customer=None, sub_account=None, publisher=None), gap)
