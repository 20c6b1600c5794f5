"""The oracle reads Microsoft CSP invoices: daily rated usage, reconciliation lines, tax and rounding rows."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from pipelines.generator.truth_amortization import Bill, Bought, Used, amortize
from pipelines.generator.truth_amounts import ZERO, number
from pipelines.generator.truth_azure_rows import (
    PlanKey,
    Row,
    flat,
    is_spend,
    last_day,
    plain,
    plan_key,
    purchase,
    purchase_key,
    said,
    usage,
)
from pipelines.generator.truth_charges import ADJUSTMENT, PURCHASE, TAX, USED, Charge, ChargeKey
from pipelines.generator.truth_deliveries import Export, accepted, controls, load_json

Group = tuple[str | None, PlanKey]
EXACT = json.JSONDecoder(parse_float=Decimal)


def read(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every booked row of the period's CSP invoices, one invoice after the other."""
    root = deliveries / "azure"
    exports = accepted(_exports(root, period, deliveries))
    earlier = list(_earlier(root, period))
    for invoice in sorted({unit for unit, _ in exports}):
        days = exports.get((invoice, "usage"))
        lines = exports.get((invoice, "reconciliation"))
        booked: dict[Group, Decimal] = defaultdict(lambda: ZERO)
        kind = next((export.invoice_type for export in (days, lines) if export is not None), None)
        bill = Bill(*_month(period), invoice, kind)
        bought, used, currencies = [], [], set()
        for charge in _invoice(days, lines, booked):
            charge = charge._replace(key=charge.key._replace(invoice_type=kind))
            currencies.add(charge.key.currency)
            if charge.key.status == USED:
                used.append(Used(charge, is_spend(charge.key.commitment)))
                continue
            if charge.key.category == PURCHASE and charge.key.commitment:
                bought.append(_bought(charge))
            yield charge
        # One invoice of a currency bears what earlier ones bought.
        before = [one for one in earlier if one.charge.key.currency in currencies]
        earlier = [one for one in earlier if one not in before]
        yield from amortize(bill, [*bought, *before], used)


def _bought(charge: Charge, *, earlier: bool = False) -> Bought:
    end = charge.end or charge.key.day + timedelta(days=1)
    return Bought(charge, max((end - charge.key.day).days, 1), is_spend(charge.key.commitment), earlier)


def _month(period: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{period}-01")
    return first, (first + timedelta(days=31)).replace(day=1)


def _earlier(root: Path, period: str) -> Iterator[Bought]:
    """Commitments that invoices of earlier months bought and that run into this one, oldest invoice first."""
    first, _ = _month(period)
    found: dict[str, list[Path]] = defaultdict(list)
    for path in root.rglob("invoice.json"):
        label = str(load_json(path)["billingPeriodStartDate"])[:7]
        if label < period:
            found[label].append(path)
    for label, records in sorted(found.items()):
        exports = accepted(export for path in records for export in _exports(path.parent, label, root.parent))
        for unit, _ in sorted(key for key in exports if key[1] == "reconciliation"):
            for row in _rows(exports[unit, "reconciliation"]):
                key = purchase_key(row)
                if key.category == PURCHASE and key.commitment:
                    purchase_made = _bought(purchase(row, key)._replace(end=last_day(row)), earlier=True)
                    if key.day + timedelta(days=purchase_made.days) > first:
                        yield purchase_made


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
