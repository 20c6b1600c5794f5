"""Hand-written focus slices: a test gives the few columns it is about, the rest gets plain defaults."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.lake import Lake, connect
from pipelines.ledger import CONTROL_INVOICES, SLICES, Ledger, now
from pipelines.schemas import rate_key_columns, slice_columns

DEFAULTS = {
    "BillingAccountId": "payer-1",
    "BillingCurrency": "EUR",
    "BillingPeriodStart": "2026-10-01",
    "BillingPeriodEnd": "2026-11-01",
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodStart": "2026-10-05",
    "ChargePeriodEnd": "2026-10-06",
    "HostProviderName": "Microsoft",
    "InvoiceIssuerName": "Microsoft",
    "InvoiceId": "INV-1",
    "PricingCategory": "Standard",
    "PricingQuantity": "1",
    "PricingUnit": "Hours",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "ServiceProviderName": "Microsoft",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "SKU-1",
    "SubAccountId": "account-1",
    "x_PartnerBenefitAmount": "0",
    "x_PartnerBenefitMissed": "0",
    "x_Provider": "azure",
    "x_SourceFile": "1",
    "x_SourcePart": "0",
}
MONEY = ("ListCost", "ContractedCost", "BilledCost", "EffectiveCost")


def complete(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str | None]]:
    """Fill each row's defaults: every money column not given equals BilledCost, prices are in the billing currency.

    A benefit is an earned one unless its row says otherwise.
    """
    full: list[dict[str, str | None]] = []
    for number, row in enumerate(rows):
        given = {key: value for key, value in row.items() if value not in ("", None)}
        billed = given.get("BilledCost", "0")
        values: dict[str, str | None] = {column.id: None for column in slice_columns()}
        values |= DEFAULTS | dict.fromkeys(MONEY, billed) | {"x_SourceRow": str(number)} | given
        if "x_PartnerBenefitKind" in given:
            values["x_PartnerBenefitStatus"] = given.get("x_PartnerBenefitStatus", "earned")
        values["PricingCurrency"] = given.get("PricingCurrency", values["BillingCurrency"])
        values |= {name: None for name, value in row.items() if value == "null"}
        full.append(values)
    return full


def add_slice(lake: Lake, rows: Sequence[Mapping[str, str]], *, unit: str = "INV-1", period: str = "2026-10") -> None:
    """Write rows as the current slice of the period, with control invoices that they tie to."""
    full = complete(rows)
    provider, account = str(full[0]["x_Provider"]), str(full[0]["BillingAccountId"])
    directory = lake.slice(provider, account, period, unit)
    directory.mkdir(parents=True, exist_ok=True)
    with connect() as con:
        _write_parquet(con, full, directory)
        totals = con.execute(
            "select InvoiceId, BillingCurrency, cast(sum(case when ChargeCategory <> 'Tax' then BilledCost else 0 end) "
            "as varchar), cast(sum(case when ChargeCategory = 'Tax' then BilledCost else 0 end) as varchar), count(*) "
            "from typed group by all order by all"
        ).fetchall()
        days = con.execute("select min(ChargePeriodStart), max(ChargePeriodStart) from typed").fetchone()
    assert days is not None
    manifest = {
        "SliceId": unit, "Provider": provider, "Account": account, "Period": period, "Unit": unit, "IsFinal": True,
        "SourceVersion": "1", "Deliveries": [], "RowCount": len(full), "MappingHash": "",
        "ChargeDateMin": str(days[0].date()), "ChargeDateMax": str(days[1].date()),
        "RawTotals": [
            {"InvoiceId": t[0], "BillingCurrency": t[1], "Net": t[2], "Tax": t[3], "Rows": t[4], "Beyond12": "0"}
            for t in totals
        ],
    }  # fmt: skip
    (directory / "slice.json").write_text(json.dumps(manifest), encoding="utf-8")
    _record(Ledger(lake), manifest)


def _write_parquet(con: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, str | None]], directory: Path) -> None:
    keys = ", ".join(rate_key_columns())
    given = [column for column in slice_columns() if column.id != "x_RateKey"]
    casts = ", ".join(f"cast({column.id} as {column.storage}) as {column.id}" for column in given)
    source = directory / "rows.json"
    source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    texts = "{" + ", ".join(f"'{column.id}': 'VARCHAR'" for column in slice_columns()) + "}"
    con.execute(f"create table typed as select {casts} from read_json('{source}', columns={texts})")
    con.execute(
        f"create table keys as select cast(row_number() over (order by {keys}) - 1 as integer) as x_RateKey, * "
        f"from (select distinct {keys} from typed)"
    )
    on = " and ".join(f"t.{name} is not distinct from k.{name}" for name in rate_key_columns())
    columns = ", ".join("k.x_RateKey" if c.id == "x_RateKey" else f"t.{c.id}" for c in slice_columns())
    con.execute(
        f"copy (select {columns} from typed t join keys k on {on} order by x_SourceRow) "
        f"to '{directory / 'charges.parquet'}'"
    )
    con.execute(f"copy (select x_RateKey, {keys} from keys order by 1) to '{directory / 'keys.parquet'}'")


def _record(ledger: Ledger, manifest: Mapping[str, Any]) -> None:
    scope = {"provider": manifest["Provider"], "period": manifest["Period"]}
    account, unit = manifest["Account"], manifest["Unit"]
    with ledger.transaction() as connection:
        ledger.put(
            connection, SLICES, **scope, account=account, unit=unit, slice_id=unit, row_count=manifest["RowCount"],
            is_final=True, updated_at=now(),
        )  # fmt: skip
        for total in manifest["RawTotals"]:
            ledger.put(
                connection, CONTROL_INVOICES, **scope, invoice_id=total["InvoiceId"], billing_account_id=account,
                issuer="Microsoft", currency=total["BillingCurrency"], net=total["Net"], tax=total["Tax"],
                total=total["Net"], source_hash="",
            )  # fmt: skip


def read_csv(path: Path) -> list[dict[str, str]]:
    """A small CSV as dictionaries."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
