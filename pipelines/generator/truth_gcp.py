"""The oracle reads Google months: the reseller rebilling export or, where there is none, the detailed export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.generator.truth_amortization import Bill, Bought, Used, amortize
from pipelines.generator.truth_amounts import ZERO, money, number, r12
from pipelines.generator.truth_charges import ADJUSTMENT, CREDIT, EARNED, PURCHASE, USAGE, USED, Charge, ChargeKey
from pipelines.generator.truth_deliveries import Export, accepted, best_kind, load_json
from pipelines.generator.truth_gcp_rows import (
    COMMITTED,
    OFFSET,
    Row,
    days_of,
    end_of,
    fee_commitment,
    has_offset,
    is_fee,
    is_flexible,
    key_of,
    subscription,
)

BATCH = 16_384
MARGIN = "RESELLER_MARGIN"
COVERING = "COMMITTED_USAGE"
CREDIT_KIND = {
    "PROMOTION": "promotional",
    "FREE_TIER": "free_tier",
    "SUSTAINED_USAGE_DISCOUNT": "sustained_use",
    "SPENDING_BASED_DISCOUNT": "volume",
    "COMMITTED_USAGE_DISCOUNT": "committed_use",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE": "committed_use",
    "FEE_UTILIZATION_OFFSET": "committed_use",
}
WANTED = frozenset(
    """payer_billing_account_id billing_account_id cost cost_type cost_at_list credits currency invoice project
    service sku usage location price adjustment_info adjustmentsInfo usage_start_time transaction_type seller_name
    subscription consumption_model usage_end_time currency_conversion_rate labels tags
    cost_at_effective_price_default""".split()
)


def read(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every booked row of the invoice month, one parent account after the other."""
    month = period.replace("-", "")
    exports = accepted(_exports(deliveries / "gcp", month))
    for export in best_kind(exports, ("rebilling", "detailed")):
        yield from _Month(export.unit, period, _sole(export)).charges(export)


def _exports(root: Path, month: str) -> Iterator[Export]:
    for path in sorted(root.rglob("export-manifest.json")):
        manifest = load_json(path)
        if str(manifest["invoiceMonth"]) == month:
            kind = "rebilling" if "reseller" in str(manifest["table"]) else "detailed"
            files = tuple(path.parent / entry["name"] for entry in manifest["files"])
            rows = int(manifest["rowCount"])
            yield Export(str(manifest["parentAccount"]), kind, str(manifest["maxExportTime"]), rows, files)


def _rows(export: Export) -> Iterator[Row]:
    for path in export.files:
        file = pq.ParquetFile(path)
        names = [name for name in file.schema_arrow.names if name in WANTED]
        for batch in file.iter_batches(batch_size=BATCH, columns=names):
            columns = [(name, batch.column(name).to_pylist()) for name in names]
            for index in range(batch.num_rows):
                yield {name: values[index] for name, values in columns}


def _sole(export: Export) -> dict[str, str | None]:
    """The spend commitment of each account that pays for just one."""
    accounts: dict[str | None, set[str]] = defaultdict(set)
    spend: set[str | None] = set()
    for row in _rows(export):
        if is_fee(row):
            accounts[fee_commitment(row)].add(str(row["billing_account_id"]))
            if has_offset(row):
                spend.add(fee_commitment(row))
    found: dict[str, list[str | None]] = defaultdict(list)
    for commitment, payers in accounts.items():
        if commitment in spend and len(payers) == 1:
            found[next(iter(payers))].append(commitment)
    return {payer: commitments[0] for payer, commitments in found.items() if len(commitments) == 1}


class _Month:
    """One parent's month: rows as they are booked, commitments held back until all of them were read."""

    def __init__(self, parent: str, period: str, sole: dict[str, str | None]) -> None:
        self._parent, self._label, self._sole = parent, period.replace("-", ""), sole
        self._first = date.fromisoformat(f"{period}-01")
        self._bought: list[Bought] = []
        self._used: list[Used] = []
        self._spend: set[str | None] = set()
        self._left: dict[tuple[str | None, str], tuple[Decimal, str]] = {}

    def charges(self, export: Export) -> Iterator[Charge]:
        for row in _rows(export):
            yield from self._row(row)
        bill = Bill(self._first, (self._first + timedelta(days=31)).replace(day=1))
        bought = [one._replace(is_spend=one.is_spend or self._is_spend(one)) for one in self._bought]
        yield from amortize(bill, bought, self._used)
        for (_, currency), (amount, service) in self._left.items():
            if amount:
                key = ChargeKey("gcp", self._parent, None, currency, self._first, ADJUSTMENT, service=service)
                yield Charge(key, amount, amount, amount, amount, ZERO, ZERO, amount)

    def _is_spend(self, one: Bought) -> bool:
        return one.charge.key.commitment_id in self._spend

    def _row(self, row: Row) -> Iterator[Charge]:
        """A row's own charge, then what its credits are."""
        key, end = key_of(row, self._parent, self._label), end_of(row)
        stated = number(row["cost"])
        if is_flexible(row):
            self._flexible(row, key, end)
        elif key.category == USAGE:
            yield from self._plain(row, key, end)
        elif key.category == PURCHASE:
            charge = Charge(key, r12(stated), r12(stated), r12(stated), ZERO, ZERO, _quantity(row), stated, end)
            if has_offset(row):
                self._spend.add(key.commitment_id)
            dollars = "dollar" in str((row.get("sku") or {}).get("description")).lower()
            self._bought.append(Bought(charge, days_of(row), dollars))
            yield charge
        else:
            yield Charge(key, r12(stated), r12(stated), r12(stated), r12(stated), ZERO, ZERO, stated, end)
        for credit in row.get("credits") or ():
            if credit["type"] == OFFSET and (is_fee(row) or is_flexible(row)):
                self._keep(key, fee_commitment(row) if is_fee(row) else self._of(row), money(credit["amount"]))
            elif not (COVERING in credit["type"] and _covers(row, credit)):
                yield _credit(key, credit)._replace(end=end)

    def _of(self, row: Row) -> str | None:
        """The commitment of usage at a committed price."""
        model = row.get("consumption_model") or {}
        sole = self._sole.get(str(row["billing_account_id"]))
        return subscription(row) or sole or model.get("id") or model.get("description")

    def _keep(self, key: ChargeKey, commitment: str | None, amount: Decimal) -> None:
        service = key.service or ""
        before, known = self._left.get((commitment, key.currency), (ZERO, service))
        self._left[commitment, key.currency] = (before + amount, min(known, service))

    def _flexible(self, row: Row, key: ChargeKey, end: date | None) -> None:
        cost = money(row["cost"])
        alone = row.get("cost_at_effective_price_default")
        listed = next((money(v) for v in (row.get("cost_at_list"), alone) if v is not None), cost)
        contracted = money(alone) if alone is not None else listed
        key = key._replace(commitment=COMMITTED, status=USED, commitment_id=self._of(row))
        charge = Charge(key, listed, contracted, ZERO, cost, ZERO, _quantity(row), ZERO, end)
        self._used.append(Used(charge, is_spend=True, is_stated=True))
        self._keep(key, key.commitment_id, cost)

    def _plain(self, row: Row, key: ChargeKey, end: date | None) -> Iterator[Charge]:
        """Ordinary usage; what credits of the older model cover of it is a row of its own, in proportion."""
        stated, quantity = number(row["cost"]), _quantity(row)
        cost = r12(stated)
        at_list = row.get("cost_at_list")
        listed = money(at_list) if at_list is not None else cost
        covers = [(credit, -money(credit["amount"])) for credit in row.get("credits") or () if _covers(row, credit)]
        total = sum((cover for _, cover in covers), ZERO)
        whole = max(abs(cost), abs(total))
        rest_listed, rest_quantity = listed, quantity
        for credit, cover in covers:
            part_listed, part_quantity = _share(listed, cover, whole), _share(quantity, cover, whole)
            rest_listed, rest_quantity = rest_listed - part_listed, rest_quantity - part_quantity
            name = subscription(row) or credit.get("id") or key.sku
            made = key._replace(commitment=COMMITTED, status=USED, commitment_id=name)
            charge = Charge(made, part_listed, cover, ZERO, ZERO, ZERO, part_quantity, ZERO, end)
            self._used.append(Used(charge, is_spend=credit["type"] != "COMMITTED_USAGE_DISCOUNT"))
        billed = cost - total
        if not covers or billed or rest_listed or rest_quantity:
            exact = stated + sum((number(credit["amount"]) for credit, _ in covers), ZERO)
            yield Charge(key, rest_listed, billed, billed, billed, ZERO, rest_quantity, exact, end)


def _covers(row: Row, credit: dict[str, Any]) -> bool:
    """A commitment's discount on plain usage, against the sign of its cost."""
    plain = str(row.get("cost_type") or "regular") == "regular" and not is_fee(row) and not is_flexible(row)
    return plain and COVERING in credit["type"] and money(row["cost"]) * money(credit["amount"]) < 0


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """amount x |part| / |whole| at 12 decimals, toward zero."""
    units, parts, total = (int(abs(value).scaleb(12)) for value in (amount, part, whole))
    found = Decimal(units * parts // total).scaleb(-12)
    return -found if amount < 0 else found


def _quantity(row: Row) -> Decimal:
    usage = row.get("usage") or {}
    return money(usage.get("amount_in_pricing_units", usage.get("amount_in_pricing_unit")))


def _credit(key: ChargeKey, credit: dict[str, Any]) -> Charge:
    stated = number(credit["amount"])
    amount = r12(stated)
    margin = credit["type"] == MARGIN
    kind = None if margin else CREDIT_KIND.get(credit["type"], "other")
    owner = key._replace(
        category=CREDIT,
        benefit_row=margin,
        benefit_kind=MARGIN if margin else None,
        benefit_status=EARNED if margin else None,
        commitment=None,
        commitment_id=None,
        commitment_owner=None,
        pricing_unit=None,
        credit_kind=kind,
    )
    if margin:
        return Charge(owner, ZERO, ZERO, amount, amount, -amount, ZERO, stated)
    return Charge(owner, amount, amount, amount, amount, ZERO, ZERO, stated)
