"""Ways to harm FOCUS rows that the official validator notices, each with a rule it must then name.

It is a check of forms: it does not notice a wrong product, a doubled row or a lost one. Those are held by our own gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Damage:
    """In the first row where the column is filled, `value` instead; for `rows` = 0 in all of them."""

    column: str
    value: str | None
    rule: str
    rows: int = 1

    def harm(self, table: pa.Table) -> pa.Table:
        column = table[self.column]
        filled = pc.indices_nonzero(pc.is_valid(column)).to_pylist()
        hit = set(filled[: self.rows or None])
        wrong = pa.scalar(self.value).cast(column.type) if self.value is not None else pa.scalar(None, column.type)
        mask = pa.array([row in hit for row in range(len(table))])
        return table.set_column(table.column_names.index(self.column), self.column, pc.if_else(mask, wrong, column))


DAMAGES = {
    "a negative list price": Damage("ListUnitPrice", "-1", "ListUnitPrice-C-008-M"),
    "a currency that is none": Damage("BillingCurrency", "EURO", "BillingCurrency-C-"),
    "no cost": Damage("BilledCost", None, "BilledCost-C-"),
    "no billing account": Damage("BillingAccountId", None, "BillingAccountId-C-"),
    "a class of charge that is none": Damage("ChargeClass", "Refund", "ChargeClass-C-", rows=0),
    "a quantity without a unit": Damage("PricingUnit", None, "PricingUnit-C-"),
}
