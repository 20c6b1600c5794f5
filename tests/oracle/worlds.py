"""A small world out of plain dictionaries: a configuration directory and FOCUS rows, for engine and oracle alike."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.generator.truth import Truth, bill

PERIOD = "2026-10"
Record = dict[str, Any]
MONEY = ("ListCost", "ContractedCost", "EffectiveCost")
DEFAULTS = {
    "BillingAccountId": "payer-1",
    "BillingCurrency": "EUR",
    "ChargeCategory": "Usage",
    "ChargePeriodStart": "2026-10-05",
    "InvoiceId": "INV-1",
    "PricingQuantity": "1",
    "PricingUnit": "Hours",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "SkuId": "SKU-1",
    "SubAccountId": "acc-cus",
    "x_PartnerBenefitAmount": "0",
    "x_Provider": "azure",
}


def row(cost: str, **values: str | None) -> dict[str, str | None]:
    """A FOCUS row of the account `acc-cus`; bases that are not given equal the cost, None makes a column null."""
    base: dict[str, str | None] = DEFAULTS | {"BilledCost": cost} | dict.fromkeys(MONEY, cost) | values
    base.setdefault("PricingCurrency", base["BillingCurrency"])
    base.setdefault("ChargePeriodEnd", _next_day(str(base["ChargePeriodStart"])))
    return {name: value for name, value in base.items() if value is not None}


def _next_day(day: str) -> str:
    return f"{day[:8]}{int(day[8:10]) + 1:02d}"


def rule(name: str, action: str, **fields: Any) -> Record:
    return {"rule": name, "action": action, **fields}


def rate(source: str, target: str, value: str) -> Record:
    """One record of the period's table."""
    base = {"billing_period": PERIOD, "from_currency": source, "to_currency": target, "rate": value}
    return base | {"source": "ECB", "as_of": "2026-10-30"}


@dataclass(repr=False)
class World:
    """A configuration: each kind of record by its file's name, and what is charged under it.

    Without tenants it is the chain op -> res -> cus in one currency, with the contracts C1 and C2 and the plans
    `first` and `second`, and the sub-account `acc-cus` belongs to cus.
    """

    plans: list[Record] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=dict)
    operator: Record = field(default_factory=lambda: {"operator": "op", "home_currency": "EUR"})
    rows: list[dict[str, str | None]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"World of {len(self.plans)} plans and {len(self.rows)} rows"

    def story(self) -> str:
        """All of it as text, to build a golden case from."""
        kinds = [f"{name}: {json.dumps(record)}" for name, records in self.records.items() for record in records]
        plans = [f"plan: {json.dumps(plan)}" for plan in self.plans]
        rows = [f"row: {json.dumps({k: v for k, v in row.items() if v is not None})}" for row in self.rows]
        return "\n".join([f"operator: {json.dumps(self.operator)}", *kinds, *plans, *rows])

    def write(self, folder: Path) -> Path:
        """Write the configuration directory."""
        (folder / "plans").mkdir(parents=True, exist_ok=True)
        (folder / "operator.yaml").write_text(json.dumps(self.operator), encoding="utf-8")
        for plan in self.plans:
            (folder / "plans" / f"{plan['plan']}.yaml").write_text(json.dumps(plan), encoding="utf-8")
        for name, records in self.records.items():
            if name == "subtotals":
                (folder / f"{name}.yaml").write_text(json.dumps(records), encoding="utf-8")
            else:
                _write_csv(folder / f"{name}.csv", records)
        return folder

    def truth(self, folder: Path) -> Truth:
        """What the oracle makes of it."""
        return bill(self.rows, self.write(folder), PERIOD)


def _write_csv(path: Path, records: list[Record]) -> None:
    names = list(dict.fromkeys(name for record in records for name in record))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def chain(
    first: list[Record],
    second: list[Record] | None = None,
    *,
    rows: list[dict[str, str | None]],
    c1: Mapping[str, str] | None = None,
    c2: Mapping[str, str] | None = None,
    more: Mapping[str, list[Record]] | None = None,
) -> World:
    """The chain op -> res -> cus; without `second` it is op -> cus, with C1 only."""
    tiers = second is not None
    tenants = [{"tenant": "op", "name": "Op", "kind": "operator", "parent": ""}]
    if tiers:
        tenants.append({"tenant": "res", "name": "Res", "kind": "reseller", "parent": "op"})
    tenants.append({"tenant": "cus", "name": "Cus", "kind": "customer", "parent": "res" if tiers else "op"})
    one = {"contract": "C1", "seller": "op", "buyer": "res" if tiers else "cus", "currency": "EUR", "plan": "first"}
    two = {"contract": "C2", "seller": "res", "buyer": "cus", "currency": "EUR", "plan": "second"}
    contracts = [one | dict(c1 or {}), *([two | dict(c2 or {})] if tiers else [])]
    links = [{"provider": "azure", "scope": "sub_account", "scope_id": "acc-cus", "tenant": "cus"}]
    plans: list[Record] = [{"plan": "first", "rules": first}]
    if second is not None:
        plans.append({"plan": "second", "rules": second})
    records: dict[str, list[Record]] = {"tenants": tenants, "account_links": links, "contracts": contracts}
    records["fx_rates"] = [rate("EUR", "USD", "1.25"), rate("EUR", "JPY", "160"), rate("KWD", "EUR", "3")]
    for name, extra in (more or {}).items():
        records[name] = [*records.get(name, []), *extra]
    return World(plans, records, rows=rows)
